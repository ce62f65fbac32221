import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../../../src/lib/json.ts";
import { CATALOGUE } from "../../../src/vehicle/catalogue.ts";
import { signalCode } from "../../../src/vehicle/ids.ts";
import { readingsOf } from "../../../src/vehicle/readings.ts";
import type { UnitSystem } from "../../../src/vehicle/units.ts";
import rows from "../../fixtures/signals/catalogue.json" with { type: "json" };

interface Fixture {
  readonly code: string;
  readonly case: string;
  readonly body: JsonObject;
  readonly metric: Readonly<Record<string, JsonValue>>;
  /** Only what differs from metric. */
  readonly imperial?: Readonly<Record<string, JsonValue>>;
}
const fixtures = rows as unknown as readonly Fixture[];

function read(code: string, body: unknown, system: UnitSystem = "metric"): Record<string, JsonValue> {
  const readings = readingsOf(signalCode(code), body as JsonObject, system);
  return Object.fromEntries(readings.map(({ name, value }) => [name, value]));
}

describe("readings of a body", () => {
  it.each(fixtures)("$code: $case", ({ code, body, metric, imperial }) => {
    expect(read(code, body, "metric")).toEqual(metric);
    expect(read(code, body, "imperial")).toEqual({ ...metric, ...imperial });
  });

  it("yields nothing for a signal that is new to us", () => {
    expect(read("windscreen-cracks", { value: 3 })).toEqual({});
  });

  it.each([
    ["tractionbattery-stateofcharge", { value: "57" }, { battery: null }],
    ["tractionbattery-stateofcharge", {}, { battery: null }],
    ["charge-ischarging", { value: 1 }, { charging: null }],
    ["charge-ischarging", { value: "true" }, { charging: null }],
    ["charge-detailedchargingstatus", { value: true }, { charging_status: null }],
    ["charge-chargetimers", { values: {} }, { charge_timers: null }],
    ["diagnostics-abs", { status: "MAYBE" }, { abs: null }],
    ["diagnostics-abs", { status: " alert " }, { abs: "ALERT" }],
    ["odometer-traveleddistance", { value: 5, unit: "parsec" }, { odometer: null }],
    ["location-preciselocation", { latitude: 91, longitude: 8 }, { location: null }],
    ["location-preciselocation", { latitude: "50", longitude: 8 }, { location: null }],
    [
      "wheel-tires",
      { values: [{ row: 0, column: 0 }, 7, null, { row: "0", column: 1 }] },
      { tire_pressure_front_left: null },
    ],
    ["closure-doors", { values: "none" }, {}],
    ["closure-tailgate", {}, {}],
  ])("%s takes %o for %o", (code, body, expected) => {
    expect(read(code, body)).toEqual(expected);
  });

  it("cuts a text to what Home Assistant keeps, between characters", () => {
    const { nickname } = read("vehicleidentification-nickname", { value: "🚗".repeat(300) });
    expect(nickname).toBe("🚗".repeat(255));
  });

  it("never throws and never yields an unknown name, whatever the body", () => {
    const key = fc.constantFrom(
      ..."value values doors windows unit status row column isOpen isLocked activeLimit type limit capacity".split(" "),
      ..."latitude longitude heading tirePressure additionalValues canonical __proto__".split(" "),
    );
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof({ maxDepth: 4 }, fc.jsonValue(), tie("list"), tie("object")),
      list: fc.array(tie("json"), { maxLength: 6 }),
      object: fc.dictionary(key, tie("json"), { maxKeys: 8 }),
    }));
    const spec = fc.constantFrom(...CATALOGUE);
    fc.assert(
      fc.property(spec, json, fc.constantFrom<UnitSystem>("metric", "imperial"), ({ code, readings }, body, system) => {
        const names = readings.map(({ name }) => name);
        for (const { name, value } of readingsOf(code, body as JsonObject, system)) {
          expect(names).toContain(name);
          expect(value).not.toBeUndefined();
          expect(value).not.toBe("");
          if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
