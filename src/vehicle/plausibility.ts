import type { JsonObject, JsonValue } from "../lib/json.ts";
import { signalSpec } from "./catalogue.ts";
import type { ReadingSpec } from "./catalogue-row.ts";
import type { SignalCode } from "./ids.ts";
import type { Observation } from "./observation.ts";
import { factTime } from "./signal.ts";
import { toPublishedUnit } from "./units.ts";

/** An odometer told in miles and rounded may seem to fall by so much (km). */
const ROUNDING = 2;

/** Why a newer fact cannot follow an older one; null when it can. `older` and `newer` are of one signal. */
export type Judge = (older: Observation, newer: Observation) => string | null;

/** For vehicles that were told to accept whatever comes. */
export const acceptAll: Judge = () => null;

/** Judges by the catalogue's rule for the signal. Facts without times cannot be judged. Pure. */
export const byCourse: Judge = (older, newer) => {
  const spec = signalSpec(newer.code);
  const [reading] = spec?.readings ?? [];
  const [from, to] = [factTime(older), factTime(newer)];
  if (spec?.course === undefined || reading === undefined || from === null || to === null) return null;
  const before = metricNumber(reading, older.body);
  const after = metricNumber(reading, newer.body);
  // What is outside its range anyway is shown as no value; it must not become what others are measured by.
  if (before === null || after === null) return null;
  const { rising, perMinute, slack } = spec.course;
  if (rising && after < before - ROUNDING) return `${after} is less than ${before} before`;
  const most = slack + perMinute * (Math.max(0, to - from) / 60_000);
  return Math.abs(after - before) > most ? `${after} is too far from ${before} before` : null;
};

/** Why a body's values cannot be true on their own; null when they can. Pure. */
export function outOfRange(code: SignalCode, body: JsonObject): string | null {
  for (const reading of signalSpec(code)?.readings ?? []) {
    const value = metricValue(reading, body);
    const reason = value === undefined ? null : (reading.refuse?.(value) ?? null);
    if (reason !== null) return `${reading.name}: ${reason}`;
  }
  return null;
}

function metricNumber(reading: ReadingSpec, body: JsonObject | null): number | null {
  const value = body === null ? undefined : metricValue(reading, body);
  return typeof value === "number" && (reading.refuse?.(value) ?? null) === null ? value : null;
}

function metricValue({ read, quantity }: ReadingSpec, body: JsonObject): JsonValue | undefined {
  const found = read(body);
  if (typeof found?.value !== "number") return found?.value;
  return toPublishedUnit(found.value, found.label, quantity, "metric");
}
