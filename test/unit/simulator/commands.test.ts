import { describe, expect, test } from "vitest";
import { seconds } from "../../../src/lib/duration.ts";
import { startSimulator } from "../../support/simulator-harness.ts";

const ID = "veh-1";
const SIGNALS = {
  "charge-ischarging": { value: false },
  "charge-detailedchargingstatus": { value: "NOT_CHARGING" },
  "charge-ischargingcableconnected": { value: true },
  "charge-ischargingportflapopen": { value: true },
  "charge-chargelimits": { values: [{ type: "GLOBAL", limit: 80, condition: null }], activeLimit: 80, unit: "percent" },
  "charge-chargetimers": { values: [] },
  "closure-islocked": { value: true },
  "motion-currentspeed": { value: 0, unit: "kph" },
};
const CAR = { vehicleId: ID, signals: SIGNALS };
const percent = (n: unknown) => ({ data: { attributes: { percent: n } } }) as never;

describe("commands", () => {
  test.each([
    ["charge/start", undefined, "charge-ischarging", { value: true }],
    ["charge-port/close", undefined, "charge-ischargingportflapopen", { value: false }],
    ["security/unlock", undefined, "closure-islocked", { value: false }],
    ["charge/set-limit", percent(90), "charge-chargelimits", expect.objectContaining({ activeLimit: 90 })],
  ])("%s shows its effect two seconds later", async (path, body, code, expected) => {
    const harness = await startSimulator({ cars: [CAR] });
    const before = harness.bodyOf(ID, code);
    const reply = await harness.asOwner("POST", ID, `/commands/${path}`, body);
    expect(reply.status).toBe(200);
    expect(reply.body.data).toMatchObject({
      type: "command-execution",
      attributes: { commandType: path.replace("/", "-"), status: { value: "SUCCESS" }, executionMode: "sync" },
    });
    await harness.clock.advance(seconds(2) - 1);
    expect(harness.bodyOf(ID, code)).toEqual(before);
    await harness.clock.advance(1);
    expect(harness.bodyOf(ID, code)).toEqual(expected);
  });

  test.each([
    ["charge/stop", { "charge-ischarging": { value: true } }, "charge-ischarging", { value: false }],
    [
      "charge-port/open",
      { "charge-ischargingportflapopen": { value: false } },
      "charge-ischargingportflapopen",
      { value: true },
    ],
    ["security/lock", { "closure-islocked": { value: false } }, "closure-islocked", { value: true }],
  ])("%s undoes what the other did", async (path, given, code, expected) => {
    const harness = await startSimulator({ cars: [{ ...CAR, signals: { ...SIGNALS, ...given } }] });
    expect((await harness.asOwner("POST", ID, `/commands/${path}`)).status).toBe(200);
    await harness.clock.advance(seconds(2));
    expect(harness.bodyOf(ID, code)).toEqual(expected);
  });

  test("set-destination repeats its parameters", async () => {
    const harness = await startSimulator({ cars: [CAR] });
    const place = { latitude: 50.1, longitude: 8.6 };
    const body = { data: { attributes: place } };
    const reply = await harness.asOwner("POST", ID, "/commands/navigation/set-destination", body);
    expect(reply.body.data.attributes.parameters).toEqual(place);
  });

  test.each([49, 101, 80.5, "80", undefined])("refuses the charge limit %j", async (limit) => {
    const harness = await startSimulator({ cars: [CAR] });
    const reply = await harness.asOwner("POST", ID, "/commands/charge/set-limit", percent(limit));
    expect(reply.status).toBe(400);
    expect(reply.body.errors[0]).toMatchObject({ status: "400", type: "VALIDATION", code: "PARAMETER" });
    expect(harness.simulator.cars()[0]?.callsUsed, "not billed").toBe(0);
  });

  test.each([
    ["charge/start", { "charge-ischargingcableconnected": { value: false } }, "CHARGING_PLUG_NOT_CONNECTED"],
    ["charge/start", { "charge-ischarging": { value: true } }, "CHARGING_IN_PROGRESS"],
    ["charge/start", { "charge-detailedchargingstatus": { value: "FULLY_CHARGED" } }, "FULLY_CHARGED"],
    ["charge/stop", { "charge-ischargingcableconnected": { value: false } }, "CHARGING_PLUG_NOT_CONNECTED"],
    ["charge/stop", {}, "NOT_CHARGING"],
    ["charge-port/open", { "motion-currentspeed": { value: 30, unit: "kph" } }, "IN_MOTION"],
    ["charge-port/close", { "charge-ischarging": { value: true } }, "CHARGING_IN_PROGRESS"],
    ["security/lock", { "motion-currentspeed": { value: 30, unit: "kph" } }, "IN_MOTION"],
    ["security/lock", { "closure-doors": { values: [{ row: 0, column: 0, isOpen: true }] } }, "DOOR_OPEN"],
    ["security/unlock", { "motion-currentspeed": { value: 30, unit: "kph" } }, "IN_MOTION"],
  ])("%s is refused by a car with %j", async (path, given, code) => {
    const harness = await startSimulator({ cars: [{ ...CAR, signals: { ...SIGNALS, ...given } }] });
    const reply = await harness.asOwner("POST", ID, `/commands/${path}`);
    expect(reply.status).toBe(409);
    expect(reply.body.errors[0]).toMatchObject({ type: "VEHICLE_STATE", code });
  });

  test("need the permission, and a car that can", async () => {
    const harness = await startSimulator({ cars: [{ ...CAR, capabilities: ["security"] }] });
    const incapable = await harness.asOwner("POST", ID, "/commands/charge/start");
    expect(incapable.status).toBe(501);
    expect(incapable.body.errors[0]).toMatchObject({ type: "COMPATIBILITY", code: "VEHICLE_NOT_CAPABLE" });
    harness.simulator.patchCar(ID, { revoke: ["control_security"] });
    const forbidden = await harness.asOwner("POST", ID, "/commands/security/lock");
    expect(forbidden.status).toBe(403);
    expect(forbidden.body.errors[0]).toMatchObject({
      type: "PERMISSION",
      resolution: { type: "REAUTHENTICATE" },
    });
  });

  test("need the owner's user id", async () => {
    const harness = await startSimulator({ cars: [CAR] });
    const reply = await harness.send("POST", `/v3/vehicles/${ID}/commands/security/lock`);
    expect(reply.body.errors[0]).toMatchObject({ type: "VALIDATION", code: "MISSING_PARAMETER" });
  });

  test("do nothing any more after the simulator stopped", async () => {
    const harness = await startSimulator({ cars: [CAR] });
    await harness.asOwner("POST", ID, "/commands/security/unlock");
    await harness.simulator.stop();
    await harness.clock.advance(seconds(10));
    expect(harness.bodyOf(ID, "closure-islocked")).toEqual({ value: true });
  });
});

describe("charge schedules", () => {
  const location = { latitude: 50.1, longitude: 8.6 };
  const night = { startTime: "22:00", stopTime: "06:30" };

  test.each([
    [
      "daily",
      { location, ...night },
      [{ start: "22:00:00", end: "06:30:00", days: expect.arrayContaining(["SUNDAY"]) }],
    ],
    ["weekly", { location, days: { monday: night } }, [{ start: "22:00:00", end: "06:30:00", days: ["MONDAY"] }]],
    ["workweek", { location, weekends: night }, [{ start: "22:00:00", end: "06:30:00", days: ["SATURDAY", "SUNDAY"] }]],
  ])("%s is read back through the charge timers and can be deleted", async (type, attributes, schedules) => {
    const harness = await startSimulator({ cars: [CAR] });
    const created = await harness.asOwner("POST", ID, `/charge-schedules/${type}`, { data: { attributes } });
    expect(created.body.data).toMatchObject({
      type: "charge-schedule-execution",
      attributes: { action: "create", scheduleType: type.toUpperCase(), status: { value: "SUCCESS" } },
    });
    await harness.clock.advance(seconds(2));
    const { scheduleId } = created.body.data.attributes;
    expect(harness.bodyOf(ID, "charge-chargetimers").values[0]).toMatchObject({
      type: "LOCATION",
      scheduleId,
      scheduleType: type.toUpperCase(),
      schedules,
    });
    expect((await harness.asOwner("DELETE", ID, `/charge-schedules/${scheduleId}`)).status).toBe(200);
    await harness.clock.advance(seconds(2));
    expect(harness.bodyOf(ID, "charge-chargetimers").values).toEqual([]);
    expect((await harness.asOwner("DELETE", ID, `/charge-schedules/${scheduleId}`)).status).toBe(404);
  });

  test.each([
    ["daily", { location, startTime: "25:00", stopTime: "06:00" }],
    ["daily", night],
    ["weekly", { location, days: { caturday: night } }],
    ["weekly", { location, days: {} }],
    ["workweek", { location }],
  ])("%s refuses %j", async (type, attributes) => {
    const harness = await startSimulator({ cars: [CAR] });
    const reply = await harness.asOwner("POST", ID, `/charge-schedules/${type}`, { data: { attributes } });
    expect(reply.status).toBe(400);
    expect(reply.body.errors[0].type).toBe("VALIDATION");
  });

  test("are for cars that know them", async () => {
    const harness = await startSimulator({ cars: [{ ...CAR, capabilities: ["schedule_daily"] }] });
    const body = { data: { attributes: { location, days: { monday: night } } } };
    expect((await harness.asOwner("POST", ID, "/charge-schedules/weekly", body)).status).toBe(501);
  });
});
