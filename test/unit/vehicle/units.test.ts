import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  publishedUnit,
  type Quantity,
  settleFuelLevel,
  settleTirePressure,
  toPublishedUnit,
  type UnitSystem,
} from "../../../src/vehicle/units.ts";

const metric = (value: number, label: unknown, quantity: Quantity) => toPublishedUnit(value, label, quantity, "metric");
const imperial = (value: number, label: unknown, quantity: Quantity) =>
  toPublishedUnit(value, label, quantity, "imperial");

describe("published units", () => {
  it.each<[Quantity, string | null, string | null]>([
    ["distance", "km", "mi"],
    ["speed", "km/h", "mph"],
    ["pressure", "kPa", "psi"],
    ["temperature", "°C", "°F"],
    ["volume", "L", "gal"],
    ["percent", "%", "%"],
    ["energy", "kWh", "kWh"],
    ["energy_storage", "kWh", "kWh"],
    ["power", "W", "W"],
    ["voltage", "V", "V"],
    ["current", "A", "A"],
    ["duration", "min", "min"],
    ["none", null, null],
  ])("%s is %s and %s", (quantity, inMetric, inImperial) => {
    expect(publishedUnit(quantity, "metric")).toBe(inMetric);
    expect(publishedUnit(quantity, "imperial")).toBe(inImperial);
  });
});

describe("spellings", () => {
  it.each<[string, Quantity, number]>([
    ["km", "distance", 7],
    ["kilometers", "distance", 7],
    ["Kilometres", "distance", 7],
    ["miles", "distance", 11.3],
    ["MI", "distance", 11.3],
    ["km/h", "speed", 7],
    ["kph", "speed", 7],
    ["mph", "speed", 11.3],
    ["kWh", "energy", 7],
    ["kWhr", "energy_storage", 7],
    ["Wh", "energy", 0],
    ["ampere", "current", 7],
    ["amperes", "current", 7],
    ["A", "current", 7],
    ["volts", "voltage", 7],
    ["V", "voltage", 7],
    ["watts", "power", 7],
    ["W", "power", 7],
    ["kW", "power", 7000],
    ["percent", "percent", 7],
    ["%", "percent", 7],
    ["celsius", "temperature", 7],
    ["C", "temperature", 7],
    ["fahrenheit", "temperature", -13.9],
    ["kPa", "pressure", 7],
    ["bar", "pressure", 700],
    ["psi", "pressure", 48.3],
    ["liters", "volume", 7],
    ["litres", "volume", 7],
    ["L", "volume", 7],
    ["gallons", "volume", 26.5],
    ["min", "duration", 7],
    ["Minutes", "duration", 7],
    ["h", "duration", 420],
  ])("7 %s of %s is %d", (label, quantity, expected) => {
    expect(metric(7, label, quantity)).toBe(expected);
    expect(metric(7, ` ${label.toUpperCase()} `, quantity)).toBe(expected);
  });
});

describe("conversion", () => {
  it("rounds what it converts to one decimal, and nothing else", () => {
    expect(metric(42506.34567, "km", "distance")).toBe(42506.34567);
    expect(imperial(42506.34567, "km", "distance")).toBe(26412.2);
    expect(imperial(21.37, "fahrenheit", "temperature")).toBe(21.37);
    expect(imperial(21, "celsius", "temperature")).toBe(69.8);
  });

  it("takes a missing label for the metric unit", () => {
    for (const label of [undefined, null, ""]) {
      expect(metric(100, label, "distance")).toBe(100);
      expect(imperial(100, label, "distance")).toBe(62.1);
    }
  });

  it("gives nothing for a label that is unknown or of another quantity", () => {
    for (const label of ["furlongs", "percent", 5, {}, "constructor"]) {
      expect(metric(100, label, "distance")).toBeNull();
    }
  });

  it("has no opinion on the label of a bare number", () => {
    expect(metric(3, "count", "none")).toBe(3);
    expect(imperial(3, "whatever", "none")).toBe(3);
  });

  it("never gives a number that is not finite, nor minus zero", () => {
    const label = fc.constantFrom("km", "miles", "kW", "bar", "psi", "fahrenheit", "gallons", undefined);
    const quantity = fc.constantFrom<Quantity>("distance", "power", "pressure", "temperature", "volume", "none");
    fc.assert(
      fc.property(fc.double(), label, quantity, fc.constantFrom<UnitSystem>("metric", "imperial"), (...given) => {
        const value = toPublishedUnit(...given);
        expect(value === null || Number.isFinite(value)).toBe(true);
      }),
    );
    expect(Object.is(metric(-0.01, "miles", "distance"), 0)).toBe(true);
  });
});

describe("tyre pressure by magnitude", () => {
  it.each<[number, unknown, unknown]>([
    [258, "bar", "kPa"],
    [258, "kpa", "kPa"],
    [258, undefined, "kPa"],
    [20.1, "bar", "kPa"],
    [2.6, "bar", "bar"],
    [20, "bar", "bar"],
    [2.6, undefined, "bar"],
    [15, "kPa", "kPa"],
    [36, "psi", "psi"],
    [2.6, "furlongs", "furlongs"],
  ])("%d labelled %s is %s", (value, label, expected) => {
    expect(settleTirePressure({ value, label })).toEqual({ value, label: expected });
  });

  it.each<[number, unknown]>([
    [699.9, "bar"],
    [690, "kPa"],
    [690, null],
    [101.5, "psi"],
  ])("%d labelled %s is no reading", (value, label) => {
    expect(settleTirePressure({ value, label })).toBeNull();
  });
});

describe("fuel level", () => {
  it.each<[number, unknown, number]>([
    [0.77, undefined, 77],
    [0.57, null, 57],
    [1, undefined, 100],
    [0, undefined, 0],
    [1.5, undefined, 1.5],
    [0.5, "percent", 0.5],
  ])("%d labelled %s is %d percent", (value, label, expected) => {
    expect(settleFuelLevel({ value, label }).value).toBe(expected);
  });
});
