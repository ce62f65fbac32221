import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/lib/json.ts";
import { signalCode } from "../../../src/vehicle/ids.ts";
import { merge } from "../../../src/vehicle/merge.ts";
import { byCourse, outOfRange } from "../../../src/vehicle/plausibility.ts";
import { readingsOf } from "../../../src/vehicle/readings.ts";
import { signalDocument } from "../../../src/vehicle/shown.ts";
import type { HeldSignal } from "../../../src/vehicle/signal.ts";
import { observation, T0 } from "../../support/observations.ts";

const at = (code: string, value: number, minute: number, unit?: string) =>
  observation({
    code: signalCode(code),
    body: unit === undefined ? { value } : { value, unit },
    oemUpdatedAt: T0 + minute * 60_000,
  });
const odometer = (value: number, minute: number, unit = "km") => at("odometer-traveleddistance", value, minute, unit);
const battery = (value: number, minute: number) => at("tractionbattery-stateofcharge", value, minute);

describe("values that cannot be true", () => {
  const cases: [string, JsonObject, string][] = [
    ["tractionbattery-stateofcharge", { value: 255, unit: "percent" }, "battery"],
    ["tractionbattery-stateofcharge", { value: -1 }, "battery"],
    ["odometer-traveleddistance", { value: 0, unit: "km" }, "odometer"],
    ["tractionbattery-range", { value: 65_535, unit: "km" }, "range"],
    ["charge-timetocomplete", { value: 65_535 }, "time_to_complete"],
    ["motion-currentspeed", { value: 255, unit: "kph" }, "speed"],
    ["location-preciselocation", { latitude: 0, longitude: 0 }, "location"],
    ["climate-externaltemperature", { value: -3_276.8, unit: "celsius" }, "external_temperature"],
    ["lowvoltagebattery-stateofcharge", { value: 255 }, "low_voltage_battery"],
  ];
  it.each(cases)("%s %j", (text, body, name) => {
    const code = signalCode(text);
    expect(outOfRange(code, body)).not.toBeNull();
    expect(readingsOf(code, body, "metric")).toContainEqual({ name, value: null });
    expect(readingsOf(code, body, "metric", { acceptAnything: true })).not.toContainEqual({ name, value: null });
  });

  it("are judged in the metric unit, whatever the car and the reader use", () => {
    const code = signalCode("climate-externaltemperature");
    expect(readingsOf(code, { value: 104, unit: "fahrenheit" }, "imperial")[0]?.value).toBe(104);
    expect(readingsOf(code, { value: 104, unit: "celsius" }, "imperial")[0]?.value).toBeNull();
  });

  it("drop one tyre without a reading and keep the others", () => {
    const body = {
      values: [
        { row: 0, column: 0, tirePressure: 699.9 },
        { row: 0, column: 1, tirePressure: 258 },
      ],
    };
    const readings = readingsOf(signalCode("wheel-tires"), body, "metric");
    expect(readings).toEqual([
      { name: "tire_pressure_front_left", value: null },
      { name: "tire_pressure_front_right", value: 258 },
    ]);
  });
});

describe("values that cannot follow the one before", () => {
  it("are a falling odometer, but not one that rounding explains", () => {
    expect(byCourse(odometer(42_000, 0), odometer(41_000, 60))).not.toBeNull();
    expect(byCourse(odometer(42_000, 0), odometer(41_999, 60))).toBeNull();
    expect(byCourse(odometer(42_000, 0), odometer(26_098, 1, "miles"))).toBeNull();
  });

  it("are a jump of the odometer or of the battery, but not a move that had the time", () => {
    expect(byCourse(odometer(42_000, 0), odometer(43_000, 10))).not.toBeNull();
    expect(byCourse(odometer(42_000, 0), odometer(43_000, 600))).toBeNull();
    expect(byCourse(battery(80, 0), battery(3, 1))).not.toBeNull();
    expect(byCourse(battery(80, 0), battery(3, 60))).toBeNull();
    expect(byCourse(battery(20, 0), battery(60, 7))).toBeNull();
  });

  it("are not looked for without times, or in signals that may move freely", () => {
    const untimed = observation({ body: { value: 3 }, oemUpdatedAt: null, retrievedAt: null });
    expect(byCourse(battery(80, 0), untimed)).toBeNull();
    expect(byCourse(at("charge-wattage", 0, 0), at("charge-wattage", 11_000, 0))).toBeNull();
  });

  it("are refused whichever of the two comes first", () => {
    const good = odometer(42_000, 0);
    const bad = odometer(17, 5);
    for (const order of [
      [good, bad],
      [bad, good],
    ]) {
      const held = order.reduce<HeldSignal | undefined>((signal, fact) => merge(signal, fact).signal, undefined);
      expect(held?.value).toBe(good);
      expect(held?.refused).toBe(bad);
    }
  });

  it("are shown raw with the reason, and forgotten once a believable one follows", () => {
    const held = [odometer(42_000, 0), odometer(17, 5)].reduce<HeldSignal | undefined>(
      (signal, fact) => merge(signal, fact).signal,
      undefined,
    );
    if (held === undefined) throw new Error("nothing held");
    expect(signalDocument(held, true, false)).toMatchObject({
      body: { value: 17, unit: "km" },
      status: "SUCCESS",
      error: { type: "BRIDGE", code: "IMPLAUSIBLE", message: "17 is less than 42000 before" },
    });
    const after = merge(held, odometer(42_010, 10)).signal;
    expect(after.refused).toBeNull();
    expect(signalDocument(after, true, false)).toMatchObject({ body: { value: 42_010, unit: "km" }, error: null });
  });
});
