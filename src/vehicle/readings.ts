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
 * no reading; a signal that is new to us yields none at all. Never throws, whatever the body. What cannot be true is
 * null, unless the vehicle was told to accept anything of this signal.
 */
export function readingsOf(
  code: SignalCode,
  body: JsonObject,
  system: UnitSystem,
  { acceptAnything = false } = {},
): readonly Reading[] {
  if (!isObject(body)) return [];
  const readings: Reading[] = [];
  for (const { name, read, quantity, refuse } of signalSpec(code)?.readings ?? []) {
    const found = read(body);
    if (found === undefined) continue;
    const { value, label } = found;
    const inUnit = (unit: UnitSystem) =>
      typeof value === "number" ? toPublishedUnit(value, label, quantity, unit) : value;
    const implausible = !acceptAnything && refuse !== undefined && refuse(inUnit("metric")) !== null;
    readings.push({ name, value: implausible ? null : inUnit(system) });
  }
  return readings;
}
