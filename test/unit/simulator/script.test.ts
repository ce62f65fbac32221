import { describe, expect, test } from "vitest";
import { seconds } from "../../../src/lib/duration.ts";
import { MODELS } from "../../../src/simulator/living/models.ts";
import { startCallback } from "../../support/simulator-callback.ts";
import { type SimulatorHarness, startSimulator } from "../../support/simulator-harness.ts";

const ID = "veh-1";
const SOC = "tractionbattery-stateofcharge";
const CAR = { vehicleId: ID, userId: "user-1", signals: { [SOC]: { value: 57, unit: "percent" } } };

const script = (harness: SimulatorHarness, path: string, body?: unknown) =>
  harness.send("POST", `/_sim/${path}`, { token: "", ...(body === undefined ? {} : { body: body as never }) });

describe("/_sim", () => {
  test("refuses what it does not understand, with the reason", async () => {
    const harness = await startSimulator({ cars: [CAR] });
    for (const [path, body] of [
      ["faults", { kind: "gremlin" }],
      ["faults", { kind: "error", status: 99 }],
      ["advance", { seconds: -1 }],
      ["cars", { year: "old" }],
      ["cars", { wheels: 4 }],
      ["webhook", { callbackUrl: "ftp://x" }],
      ["deliver", { generation: "Z" }],
    ] as const) {
      const reply = await script(harness, path, body);
      expect([path, reply.status, typeof reply.body.error]).toEqual([path, 400, "string"]);
    }
    expect((await script(harness, "cars/none/signals", { code: SOC, body: { value: 1 } })).status).toBe(404);
    const tooLarge = await script(harness, "deliver", { payload: "x".repeat(1_100_000) });
    expect(tooLarge.status).toBe(413);
  });

  test("lists requests without Authorization, and forgets them", async () => {
    const harness = await startSimulator({ cars: [CAR] });
    await harness.asOwner("GET", ID, "/signals");
    const { body } = await harness.get("/_sim/requests");
    expect(body).toHaveLength(2);
    expect(body[1]).toMatchObject({
      method: "GET",
      path: `/v3/vehicles/${ID}/signals`,
      status: 200,
      billed: true,
      at: harness.clock.now(),
      headers: { "sc-user-id": "user-1" },
    });
    expect(body[1].headers).not.toHaveProperty("authorization");
    await script(harness, "reset-requests");
    expect((await harness.get("/_sim/requests")).body).toEqual([]);
  });

  test("adds, changes and removes cars", async () => {
    const harness = await startSimulator();
    const added = await script(harness, "cars", { living: "petrol", vehicleId: "veh-9" });
    expect(added.body).toMatchObject({ vehicleId: "veh-9", make: "TOYOTA", powertrainType: "ICE" });
    const patched = await script(harness, "cars/veh-9", { connect: "conn-new", revoke: ["read_vin"], callsUsed: 499 });
    expect(patched.body).toMatchObject({ connectionId: "conn-new", callsUsed: 499 });
    expect(patched.body.permissions).not.toContain("read_vin");
    expect((await harness.get("/_sim/cars")).body).toHaveLength(1);
    expect((await harness.send("DELETE", "/_sim/cars/veh-9")).body).toEqual({ removed: true });
    expect((await harness.get("/v3/connections")).body.data).toEqual([]);
  });

  test("sets signals, with and without a delivery, and sends errors", async () => {
    const callback = await startCallback();
    const harness = await startSimulator({ cars: [CAR] });
    const webhook = await script(harness, "webhook", { callbackUrl: callback.url, subscribe: "all" });
    expect(webhook.body.verified).toBe(true);
    await callback.arrived(1);
    const quiet = { code: SOC, body: { value: 1, unit: "percent" }, deliver: false };
    await script(harness, `cars/${ID}/signals`, quiet);
    expect(harness.bodyOf(ID, SOC).value).toBe(1);
    await script(harness, `cars/${ID}/signals`, { code: SOC, error: { type: "SERVER", code: "INTERNAL" } });
    await callback.arrived(2);
    expect(callback.last?.body.data.signals[0].status.error).toEqual({ type: "SERVER", code: "INTERNAL" });
    await script(harness, `cars/${ID}/errors`, { type: "VEHICLE_STATE", code: "ASLEEP" });
    await callback.arrived(3);
    expect(callback.last?.body.eventType).toBe("VEHICLE_ERROR");
    const list = (await harness.get("/_sim/deliveries")).body;
    expect(list.map(({ eventType }: { eventType: string }) => eventType)).toEqual([
      "VEHICLE_STATE",
      "VEHICLE_STATE",
      "VEHICLE_ERROR",
    ]);
    await script(harness, `cars/${ID}/signals`, { code: SOC, release: true });
    expect(harness.bodyOf(ID, SOC)).toBeUndefined();
  });

  test("delivers by hand and verifies", async () => {
    const callback = await startCallback();
    const harness = await startSimulator({ cars: [CAR] });
    await script(harness, "webhook", { callbackUrl: callback.url, verify: false });
    expect((await harness.get("/_sim/webhook")).body[0].verified).toBe(false);
    expect((await script(harness, "verify", { form: "bare", challenge: "abc" })).body).toMatchObject({
      verified: true,
      challenge: "abc",
    });
    const results = await script(harness, "deliver", { list: [{ vehicleId: ID }, { vehicleId: ID, times: 2 }] });
    expect(results.body.map(({ status }: { status: number }) => status)).toEqual([200, 200, 200]);
  });

  test("injects and clears faults, limits calls, revokes tokens", async () => {
    const harness = await startSimulator({ cars: [CAR] });
    const { body } = await script(harness, "faults", [
      { kind: "error", status: 500, times: null },
      { kind: "latency" },
    ]);
    expect(body.ids).toHaveLength(2);
    expect((await harness.get("/_sim/faults")).body[0]).toMatchObject({ id: body.ids[0], left: null });
    await script(harness, "faults/clear");
    await script(harness, "limits", { bucket: 0 });
    expect((await harness.get("/v3/connections")).status).toBe(429);
    await script(harness, "revoke-tokens");
    expect((await harness.get("/v3/connections")).status).toBe(401);
  });

  test("moves the cars' world", async () => {
    const harness = await startSimulator({ cars: [{ living: "battery" }] });
    const { vehicleId } = MODELS.battery.identity;
    const before = harness.bodyOf(vehicleId, SOC).value;
    await script(harness, "advance", { seconds: 3_600 });
    expect(harness.bodyOf(vehicleId, SOC).value).toBeGreaterThan(before + 10);
    expect(harness.bodyOf(vehicleId, SOC).value).toBeLessThanOrEqual(80);
  });
});

describe("a living car under a script", () => {
  test("keeps a scripted signal until it is given back, or a command moves it", async () => {
    const harness = await startSimulator({ cars: [{ living: "battery" }], speed: 60 });
    const { vehicleId } = MODELS.battery.identity;
    harness.simulator.setSignal(vehicleId, SOC, { body: { value: 3, unit: "percent" } });
    await harness.clock.advance(seconds(5));
    expect(harness.bodyOf(vehicleId, SOC).value).toBe(3);
    harness.simulator.setSignal(vehicleId, SOC, null);
    expect(harness.bodyOf(vehicleId, SOC).value).toBeGreaterThan(55);
    harness.simulator.setSignal(vehicleId, "closure-islocked", { body: { value: true } });
    await harness.asOwner("POST", vehicleId, "/commands/security/unlock");
    await harness.clock.advance(seconds(3));
    expect(harness.bodyOf(vehicleId, "closure-islocked").value).toBe(false);
  });

  test("stops and starts charging, and obeys a new limit", async () => {
    const harness = await startSimulator({ cars: [{ living: "battery" }] });
    const { vehicleId } = MODELS.battery.identity;
    expect((await harness.asOwner("POST", vehicleId, "/commands/charge/stop")).status).toBe(200);
    await harness.clock.advance(seconds(2));
    expect(harness.bodyOf(vehicleId, "charge-ischarging").value).toBe(false);
    expect((await harness.asOwner("POST", vehicleId, "/commands/charge/start")).status).toBe(200);
    await harness.clock.advance(seconds(2));
    expect(harness.bodyOf(vehicleId, "charge-ischarging").value).toBe(true);
    const body = { data: { attributes: { percent: 50 } } };
    await harness.asOwner("POST", vehicleId, "/commands/charge/set-limit", body);
    await harness.clock.advance(seconds(2));
    expect(harness.bodyOf(vehicleId, "charge-detailedchargingstatus").value).toBe("FULLY_CHARGED");
  });
});
