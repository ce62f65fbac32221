import type { JsonObject, JsonValue } from "../lib/json.ts";

export type UnitSystem = "metric" | "imperial";

interface Conversion {
  readonly unit: string;
  readonly convert: (value: number) => number;
}

const IMPERIAL: Record<string, Conversion> = {
  km: { unit: "miles", convert: (km) => km / 1.609_344 },
  "km/h": { unit: "mph", convert: (kmh) => kmh / 1.609_344 },
  kph: { unit: "mph", convert: (kmh) => kmh / 1.609_344 },
  celsius: { unit: "fahrenheit", convert: (celsius) => celsius * 1.8 + 32 },
  liters: { unit: "gallons", convert: (litres) => litres / 3.785_411_784 },
  kpa: { unit: "psi", convert: (kpa) => kpa / 6.894_757 },
  // The numbers beside this label are kPa; converted they come out right.
  bar: { unit: "psi", convert: (kpa) => kpa / 6.894_757 },
};

/** The keys of a body that carry a number in the body's unit. */
const MEASURED_KEYS = new Set(["value", "tirePressure"]);

/** The body in the unit system that the caller asked for; units known in neither system stay. */
export function inUnitSystem(body: JsonObject, system: UnitSystem): JsonObject {
  const unit = body["unit"];
  const conversion = system === "imperial" && typeof unit === "string" ? IMPERIAL[unit] : undefined;
  if (conversion === undefined) return body;
  return { ...convertMeasures(body, conversion.convert), unit: conversion.unit };
}

function convertMeasures(object: JsonObject, convert: (value: number) => number): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, convertEntry(key, value, convert)]));
}

function convertEntry(key: string, value: JsonValue, convert: (value: number) => number): JsonValue {
  if (typeof value === "number" && MEASURED_KEYS.has(key)) return Math.round(convert(value) * 10) / 10;
  if (key !== "values" || !Array.isArray(value)) return value;
  return value.map((entry: JsonValue) =>
    entry !== null && typeof entry === "object" && !Array.isArray(entry)
      ? convertMeasures(entry as JsonObject, convert)
      : entry,
  );
}
