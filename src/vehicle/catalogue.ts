import { CAR_SIGNALS } from "./catalogue-car.ts";
import { CHARGING_SIGNALS } from "./catalogue-charging.ts";
import { DIAGNOSTIC_SIGNALS } from "./catalogue-diagnostics.ts";
import type { ReadingSpec, SignalSpec } from "./catalogue-row.ts";
import type { SignalCode } from "./ids.ts";

/** Every signal we know. One that is not here still goes out as it came, on its raw topic. */
export const CATALOGUE: readonly SignalSpec[] = [...CHARGING_SIGNALS, ...CAR_SIGNALS, ...DIAGNOSTIC_SIGNALS];

const BY_CODE = new Map<SignalCode, SignalSpec>(CATALOGUE.map((spec) => [spec.code, spec]));

const WORDS = new Map(CATALOGUE.flatMap(({ code, name, group }) => [code, name, group].map((word) => [word, word])));

/**
 * The catalogue's own copy of a code, name or group, for what is held of thousands of cars: every message brings a new
 * copy of each word.
 */
export function sharedWord<Word extends string | null>(word: Word): Word {
  return word === null ? word : ((WORDS.get(word) as Word | undefined) ?? word);
}

/** What we know of a signal; undefined for a code that is new to us. */
export function signalSpec(code: SignalCode): SignalSpec | undefined {
  return BY_CODE.get(code);
}

/**
 * Every reading that signals yield, by name, in the catalogue's order. A name that two signals share (the ranges under
 * other conditions) stands here once; both describe it alike.
 */
export const READINGS: ReadonlyMap<string, ReadingSpec> = new Map(
  CATALOGUE.flatMap((spec) => spec.readings).map((reading) => [reading.name, reading]),
);
