import { isObject, type JsonObject, type JsonValue } from "../lib/json.ts";
import { signalSpec } from "./catalogue.ts";
import type { SignalCode } from "./ids.ts";
import { toPublishedUnit, type UnitSystem } from "./units.ts";

/** Null: the vehicle reports it as unknown, or what it reports is unusable. */
export type ReadingValue = JsonValue;

/** One plain value of a car, in the published unit. */
export interface Reading {
  readonly name: string;
  readonly value: ReadingValue;
}

/**
 * What a signal's body says, as readings. What the body does not speak of (a fifth door, a lock the lid lacks) yields
 * no reading; a signal that is new to us yields none at all. Never throws, whatever the body.
 */
export function readingsOf(code: SignalCode, body: JsonObject, system: UnitSystem): readonly Reading[] {
  if (!isObject(body)) return [];
  const readings: Reading[] = [];
  for (const { name, read, quantity } of signalSpec(code)?.readings ?? []) {
    const found = read(body);
    if (found === undefined) continue;
    const { value } = found;
    readings.push({
      name,
      value: typeof value === "number" ? toPublishedUnit(value, found.label, quantity, system) : value,
    });
  }
  return readings;
}
