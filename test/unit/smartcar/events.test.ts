import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEvent, readVerify } from "../../../src/smartcar/events.ts";
import { fixture } from "./support.ts";

const NOW = 1_780_400_000_000;
const T = 1_780_300_800_000;
const event = (payload: unknown) => readEvent(Buffer.from(JSON.stringify(payload)), NOW);
const vehicle = (name: string) => {
  const read = readEvent(fixture(name), NOW);
  if (read.kind !== "vehicle") throw new Error(`${name} is ${read.kind}`);
  return read;
};

describe("the generations of VEHICLE_STATE", () => {
  it("A: no status, empty meta, triggers as text", () => {
    const read = vehicle("state-a.json");
    expect(read.head).toEqual({
      eventId: "ev-a",
      eventType: "VEHICLE_STATE",
      vehicleId: "veh-1",
      deliveredAt: T + 6_000,
      sequence: null,
    });
    expect(read.triggers).toEqual(["odometer-traveleddistance"]);
    expect(read.batch.observations).toMatchObject([
      { code: "odometer-traveleddistance", status: "SUCCESS", oemUpdatedAt: null, toldAt: T + 6_000, receivedAt: NOW },
    ]);
  });

  it("B: the main form, with errors, a stale body and a sequence as text", () => {
    const read = vehicle("state-b.json");
    expect(read).toMatchObject({ first: true, triggers: ["tractionbattery-stateofcharge"], skipped: 0 });
    expect(read.batch).toMatchObject({ vehicleId: "veh-1", source: "webhook", receivedAt: NOW, problems: [] });
    expect(read.batch.observations).toMatchObject([
      {
        status: "SUCCESS",
        body: { value: 57, unit: "percent" },
        oemUpdatedAt: T,
        retrievedAt: T + 5_000,
        sequence: T + 5_500,
      },
      { code: "closure-islocked", status: "ERROR", error: { type: "PERMISSION", code: null }, body: null },
      { code: "charge-wattage", status: "ERROR", error: { type: "VEHICLE_STATE", code: "NOT_CHARGING" } },
      { code: "vehicleidentification-vin", oemUpdatedAt: null, retrievedAt: T + 5_000 },
    ]);
  });

  it("C: vehicle id at the top, flat triggers inside data, fetchedAt, seconds", () => {
    const read = vehicle("state-c.json");
    expect(read).toMatchObject({ first: true, triggers: ["tractionbattery-stateofcharge"] });
    expect(read.batch).toMatchObject({
      vehicleId: "veh-1",
      observations: [{ oemUpdatedAt: T, retrievedAt: T + 5_000, sequence: 42 }],
    });
  });

  it("D: meta inside data, a delivery timestamp", () => {
    const read = vehicle("state-d.json");
    expect(read).toMatchObject({ first: false, triggers: ["tractionbattery-stateofcharge"] });
    expect(read.batch.observations).toMatchObject([{ toldAt: T + 6_000, sequence: 7 }]);
  });

  it("E: signals as a map, triggers as text", () => {
    const read = vehicle("state-e.json");
    expect(read.triggers).toEqual(["charge-ischarging"]);
    expect(read.batch.observations).toMatchObject([
      { code: "charge-ischarging", status: "SUCCESS", body: { value: true }, oemUpdatedAt: T, toldAt: NOW },
      { code: "tractionbattery-stateofcharge", status: "SUCCESS" },
    ]);
  });
});

describe("VEHICLE_ERROR", () => {
  it("becomes problem reports", () => {
    expect(vehicle("error.json").batch).toMatchObject({ observations: [], vehicleId: "veh-1" });
    expect(vehicle("error.json").batch.problems).toEqual([
      {
        state: "ERROR",
        type: "CONNECTED_SERVICES_ACCOUNT",
        code: "AUTHENTICATION_FAILED",
        message: "Please sign in again",
        action: "REAUTHENTICATE",
        url: "https://connect.smartcar.com/oauth/reauthenticate?vehicle_id=veh-1",
        at: T,
        signals: ["closure-islocked", "tractionbattery-range"],
      },
      {
        state: "RESOLVED",
        type: "PERMISSION",
        code: null,
        message: null,
        action: null,
        url: null,
        at: T,
        signals: ["closure-islocked", "wheel-tires"],
      },
      {
        state: "ERROR",
        type: "VEHICLE_STATE",
        code: "ASLEEP",
        message: "asleep",
        action: "USER_ACTION_REQUIRED",
        url: null,
        at: T,
        signals: [],
      },
    ]);
  });
});

describe("what tells nothing", () => {
  it.each([
    ["a test", "test.json", "test"],
    ["a version 2 event", "v2-schedule.json", "version 2 event"],
  ])("%s", (_name, file, why) => {
    expect(readEvent(fixture(file), NOW)).toMatchObject({ kind: "unusable", why });
  });

  it.each([
    ["a test marked inside data", { eventType: "VEHICLE_STATE", data: { meta: { mode: "test" } } }, "test"],
    ["a test by its type", { eventType: "TEST" }, "test"],
    ["a new type", { eventType: "VEHICLE_SOLD", vehicleId: "veh-1" }, "unknown type VEHICLE_SOLD"],
    ["no type", { data: {} }, "unknown type unknown"],
    ["no vehicle", { eventType: "VEHICLE_STATE", data: { signals: [] } }, "malformed: no vehicle"],
    [
      "a vehicle id that is no id",
      { eventType: "VEHICLE_STATE", vehicleId: "a/#", data: { signals: [] } },
      "malformed: no vehicle",
    ],
    [
      "no signals",
      { eventType: "VEHICLE_STATE", vehicleId: "veh-1", data: { signals: 3 } },
      "malformed: neither signals nor errors",
    ],
    ["a list", [1], "malformed: no JSON object"],
  ])("%s", (_name, payload, why) => {
    expect(event(payload)).toMatchObject({ kind: "unusable", why });
  });

  it("a simulated car's events are no tests", () => {
    const read = event({
      eventType: "VEHICLE_STATE",
      data: { vehicle: { id: "veh-1", mode: "test" }, signals: [] },
      meta: { mode: "SIMULATED" },
    });
    expect(read.kind).toBe("vehicle");
  });

  it("never throws", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => void readEvent(Buffer.from(bytes), NOW)));
    fc.assert(fc.property(fc.json(), (text) => void readEvent(Buffer.from(text), NOW)));
    const odd = fc.record({
      eventType: fc.constant("VEHICLE_STATE"),
      vehicleId: fc.constant("v"),
      data: fc.jsonValue(),
    });
    fc.assert(fc.property(odd, (payload) => void event(payload)));
  });
});

describe("the event id", () => {
  it("is a digest of the bytes when there is none, so that a repeated delivery is recognised", () => {
    const bytes = Buffer.from('{"eventType":"VEHICLE_STATE","vehicleId":"veh-1","data":{"signals":[]}}');
    const digest = createHash("sha256").update(bytes).digest("hex");
    expect(readEvent(bytes, NOW)).toMatchObject({ head: { eventId: `sha256:${digest}` } });
  });

  it.each([
    ["a number", 17, "17"],
    ["a text", "ev", "ev"],
  ])("may be %s", (_name, eventId, expected) => {
    expect(event({ eventId, eventType: "X" })).toMatchObject({ head: { eventId: expected } });
  });

  it.each(["", null, {}, "x".repeat(500)])("is not %j", (eventId) => {
    const read = event({ eventId, eventType: "X" });
    expect(read.kind === "unusable" && read.head.eventId).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});

describe("VERIFY", () => {
  it.each([
    ["verify-4.json", "challenge-4.0"],
    ["verify-bare.json", "challenge-bare"],
    ["verify-2.json", "challenge-2.0"],
    ["verify-top.json", "challenge-top"],
  ])("%s", (file, challenge) => {
    expect(readVerify(fixture(file))).toEqual({ challenge });
    expect(readEvent(fixture(file), NOW)).toEqual({ kind: "verify", challenge });
  });

  it.each(["state-b.json", "error.json", "test.json", "v2-schedule.json"])("is not %s", (file) => {
    expect(readVerify(fixture(file))).toBeUndefined();
  });

  it("reads a body with a byte order mark", () => {
    const body = Buffer.from(`\uFEFF${JSON.stringify({ eventType: "verify", data: { challenge: "c" } })}`);
    expect(readVerify(body)).toEqual({ challenge: "c" });
  });
});
