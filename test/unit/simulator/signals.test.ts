import { describe, expect, test } from "vitest";
import { MODELS } from "../../../src/simulator/living/models.ts";
import { KNOWN_SIGNALS } from "../../../src/simulator/signal-names.ts";
import { startCallback } from "../../support/simulator-callback.ts";
import { type Loose, startSimulator } from "../../support/simulator-harness.ts";

const ID = "veh-1";
const CAR = { vehicleId: ID, userId: "user-1" };
const SOC = { value: 57, unit: "percent" };

const byCode = (body: Loose, code: string): Loose => body.data.find((signal: { id: string }) => signal.id === code);

describe("signals over REST", () => {
  test("carry body, status and ISO times", async () => {
    const harness = await startSimulator({ cars: [{ ...CAR, signals: { "tractionbattery-stateofcharge": SOC } }] });
    const { status, headers, body } = await harness.asOwner("GET", ID, "/signals");
    expect(status).toBe(200);
    expect(headers.get("sc-unit-system")).toBe("metric");
    expect(body.meta).toEqual({ totalCount: 1, pageSize: 1, pageNumber: 1 });
    expect(body.included.vehicle).toMatchObject({ id: ID, attributes: { make: "VOLKSWAGEN" } });
    const at = new Date(harness.clock.now()).toISOString();
    expect(body.data[0]).toMatchObject({
      id: "tractionbattery-stateofcharge",
      type: "signal",
      attributes: {
        code: "tractionbattery-stateofcharge",
        name: "StateOfCharge",
        group: "TractionBattery",
        status: { value: "SUCCESS" },
        body: SOC,
      },
      meta: { oemUpdatedAt: at, retrievedAt: at, ingestedAt: at },
    });
  });

  test("can be any of the 96, and ones that nobody knows yet", async () => {
    const codes = [...KNOWN_SIGNALS.map(({ code }) => code), "novelty-firstsignal"];
    expect(codes).toHaveLength(97);
    const signals = Object.fromEntries(codes.map((code) => [code, { value: 1 }]));
    const harness = await startSimulator({ cars: [{ ...CAR, signals }] });
    const { body } = await harness.asOwner("GET", ID, "/signals");
    expect(body.data.map(({ id }: { id: string }) => id).sort()).toEqual([...codes].sort());
    expect(byCode(body, "novelty-firstsignal").attributes).toMatchObject({ group: "Novelty", name: "Firstsignal" });
    expect(body.data.every((signal: Loose) => signal.attributes.status.value === "SUCCESS")).toBe(true);
  });

  test("are read one by one, and 404 when not stored", async () => {
    const harness = await startSimulator({ cars: [{ ...CAR, signals: { "tractionbattery-stateofcharge": SOC } }] });
    const one = await harness.asOwner("GET", ID, "/signals/tractionbattery-stateofcharge");
    expect(one.body.data.attributes.body).toEqual(SOC);
    const none = await harness.asOwner("GET", ID, "/signals/tractionbattery-range");
    expect(none.status).toBe(404);
    expect(none.body.errors[0]).toMatchObject({ type: "RESOURCE_NOT_FOUND", code: "SIGNAL_NOT_FOUND" });
  });

  test("need the owner's user id", async () => {
    const harness = await startSimulator({ cars: [CAR] });
    const missing = await harness.get(`/v3/vehicles/${ID}/signals`);
    expect(missing.status).toBe(400);
    expect(missing.body.errors[0]).toMatchObject({ type: "VALIDATION", code: "MISSING_PARAMETER" });
    const foreign = await harness.get(`/v3/vehicles/${ID}/signals`, { "sc-user-id": "someone" });
    expect(foreign.status).toBe(403);
    expect(foreign.body.errors[0]).toMatchObject({ type: "AUTHENTICATION", code: "ACCESS_DENIED" });
  });

  test("hide what was not granted behind PERMISSION/UNKNOWN", async () => {
    const signals = { "tractionbattery-stateofcharge": SOC, "odometer-traveleddistance": { value: 1, unit: "km" } };
    const harness = await startSimulator({ cars: [{ ...CAR, signals, permissions: ["read_odometer"] }] });
    const { body } = await harness.asOwner("GET", ID, "/signals");
    const hidden = byCode(body, "tractionbattery-stateofcharge").attributes;
    expect(hidden.status).toMatchObject({ value: "ERROR", error: { type: "PERMISSION", code: "UNKNOWN" } });
    expect(hidden).not.toHaveProperty("body");
    expect(byCode(body, "odometer-traveleddistance").attributes.status.value).toBe("SUCCESS");
  });

  test("come in imperial units when asked", async () => {
    const signals = {
      "odometer-traveleddistance": { value: 100, unit: "km" },
      "climate-externaltemperature": { value: 20, unit: "celsius" },
      "wheel-tires": { values: [{ row: 0, column: 0, tirePressure: 250 }], rowCount: 2, columnCount: 2, unit: "bar" },
      "charge-voltage": { value: 230, unit: "volts" },
    };
    const harness = await startSimulator({ cars: [{ ...CAR, signals }] });
    const headers = { "sc-user-id": "user-1", "sc-unit-system": "imperial" };
    const { body, headers: answered } = await harness.get(`/v3/vehicles/${ID}/signals`, headers);
    expect(answered.get("sc-unit-system")).toBe("imperial");
    expect(byCode(body, "odometer-traveleddistance").attributes.body).toEqual({ value: 62.1, unit: "miles" });
    expect(byCode(body, "climate-externaltemperature").attributes.body).toEqual({ value: 68, unit: "fahrenheit" });
    expect(byCode(body, "wheel-tires").attributes.body).toMatchObject({
      values: [{ tirePressure: 36.3 }],
      unit: "psi",
    });
    expect(byCode(body, "charge-voltage").attributes.body).toEqual({ value: 230, unit: "volts" });
  });

  test("are absent without a delivering webhook when the store is told to be empty", async () => {
    const callback = await startCallback();
    const harness = await startSimulator({
      cars: [{ ...CAR, signals: { "tractionbattery-stateofcharge": SOC } }],
      emptyStoreWithoutWebhook: true,
    });
    const empty = await harness.asOwner("GET", ID, "/signals");
    expect(empty.status).toBe(200);
    expect(empty.body).toMatchObject({ data: [], meta: { totalCount: 0 } });
    await harness.simulator.setWebhook({ callbackUrl: callback.url, subscribe: "all" });
    expect((await harness.asOwner("GET", ID, "/signals")).body.data).toHaveLength(1);
  });

  test("keep scripted times as they were written", async () => {
    const harness = await startSimulator({ cars: [CAR] });
    const meta = { oemUpdatedAt: 0, retrievedAt: 1_780_000_000 };
    harness.simulator.setSignal(ID, "tractionbattery-stateofcharge", { body: SOC, meta });
    expect((await harness.asOwner("GET", ID, "/signals")).body.data[0].meta).toEqual(meta);
  });
});

describe("the living cars", () => {
  test("show every kind of status", async () => {
    const harness = await startSimulator({ cars: "living" });
    const { vehicleId } = MODELS.petrol.identity;
    const { body } = await harness.asOwner("GET", vehicleId, "/signals");
    const statusOf = (code: string) => byCode(body, code).attributes.status;
    expect(statusOf("odometer-traveleddistance")).toEqual({ value: "SUCCESS" });
    expect(statusOf("tractionbattery-stateofcharge").error).toMatchObject({
      type: "COMPATIBILITY",
      code: "VEHICLE_NOT_CAPABLE",
    });
    expect(statusOf("service-isinservice").error).toMatchObject({ type: "PERMISSION" });
    expect(byCode(body, "vehicleidentification-vin").meta).toEqual({ oemUpdatedAt: 0 });
  });

  test("give charging figures only while charging", async () => {
    const harness = await startSimulator({ cars: "living" });
    const battery = await harness.asOwner("GET", MODELS.battery.identity.vehicleId, "/signals");
    const hybrid = await harness.asOwner("GET", MODELS.hybrid.identity.vehicleId, "/signals");
    for (const code of ["charge-chargerate", "charge-wattage", "charge-timetocomplete"]) {
      expect(byCode(battery.body, code).attributes.status.value).toBe("SUCCESS");
      expect(byCode(hybrid.body, code).attributes.status.error).toMatchObject({
        type: "VEHICLE_STATE",
        code: "NOT_CHARGING",
      });
    }
    // The trap of real cars: an error with the last body beside it.
    expect(byCode(hybrid.body, "charge-wattage").attributes.body).toMatchObject({ unit: "watts" });
  });

  test("label tyre pressures bar on one car, with kPa numbers all the same", async () => {
    const harness = await startSimulator({ cars: "living" });
    const tires = harness.bodyOf(MODELS.hybrid.identity.vehicleId, "wheel-tires");
    expect(tires.unit).toBe("bar");
    expect(tires.values[0].tirePressure).toBeGreaterThan(200);
  });
});
