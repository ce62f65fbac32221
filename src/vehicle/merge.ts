import { jsonEqual } from "../lib/json.ts";
import type { Observation } from "./observation.ts";
import { byCourse, type Judge } from "./plausibility.ts";
import { compareAge, compareKnown, factTime, type HeldSignal, isUsable, standing } from "./signal.ts";

export interface MergeResult {
  readonly signal: HeldSignal;
  /** Whether there is anything to store and to tell: another value, another time, another status. */
  readonly changed: boolean;
}

/**
 * Folds one observation into what is held of its signal. Pure. The newest fact wins; the result does not depend on the
 * order or the number of arrivals, except that exact ties of different content go to the later arrival. A value that
 * cannot follow the one before (an odometer that falls) is kept aside.
 */
export function merge(held: HeldSignal | undefined, incoming: Observation, judge: Judge = byCourse): MergeResult {
  const before = held ?? { code: incoming.code, value: null, complaint: null, refused: null };
  if (isUsable(incoming)) return mergeValue(before, incoming, judge);
  const { winner, news } = fold(before.complaint, incoming, compareComplaints);
  if (winner === before.complaint) return { signal: before, changed: false };
  const after = { ...before, complaint: winner };
  return { signal: after, changed: news || valueStands(before) !== valueStands(after) };
}

function mergeValue(before: HeldSignal, incoming: Observation, judge: Judge): MergeResult {
  const { value, refused } = before;
  if (value !== null && !sameFact(value, incoming)) {
    const [older, newer] = compareAge(value, incoming) > 0 ? [incoming, value] : [value, incoming];
    if (judge(older, newer) !== null) return refuse(before, older, newer);
  }
  const { winner, news } = fold(value, incoming, compareAge);
  if (winner === value) return { signal: before, changed: false };
  // What was not believed beside the old value may be outdated by the new one.
  const keep = refused !== null && compareAge(refused, winner) > 0 && judge(winner, refused) !== null;
  const after = { ...before, value: winner, refused: keep ? refused : null };
  return { signal: after, changed: news || valueStands(before) !== valueStands(after) };
}

/** The older fact is believed and the newer is not, whichever of the two came first. */
function refuse(before: HeldSignal, older: Observation, newer: Observation): MergeResult {
  const { winner, news } = fold(before.refused, newer, compareAge);
  if (older === before.value && winner === before.refused) return { signal: before, changed: false };
  return { signal: { ...before, value: older, refused: winner }, changed: news || older !== before.value };
}

function fold(
  held: Observation | null,
  incoming: Observation,
  compare: (a: Observation, b: Observation) => number,
): { winner: Observation; news: boolean } {
  if (held === null) return { winner: incoming, news: true };
  // At an exact tie the incoming one is the later arrival.
  if (compare(held, incoming) > 0) return { winner: held, news: false };
  return sameFact(held, incoming) ? { winner: retold(held, incoming), news: false } : { winner: incoming, news: true };
}

/**
 * A delivery carries every signal, changed or not, so most facts are told again and again. Then only what later ties are
 * decided by moves on, as if the newer telling had come alone; it is not worth a write or a message.
 */
function retold(held: Observation, { sequence, toldAt }: Observation): Observation {
  return sequence === held.sequence && toldAt === held.toldAt ? held : { ...held, sequence, toldAt };
}

/**
 * Complaints mostly have no times of their own: the moment they were told then stands in. A total order over all of
 * them, so that merging stays independent of arrival.
 */
function compareComplaints(a: Observation, b: Observation): number {
  return (
    (factTime(a) ?? a.toldAt) - (factTime(b) ?? b.toldAt) ||
    compareKnown(a.retrievedAt, b.retrievedAt) ||
    compareKnown(a.sequence, b.sequence) ||
    a.receivedAt - b.receivedAt
  );
}

function sameFact(a: Observation, b: Observation): boolean {
  return (
    a.oemUpdatedAt === b.oemUpdatedAt &&
    a.retrievedAt === b.retrievedAt &&
    a.status === b.status &&
    jsonEqual(a.error, b.error) &&
    jsonEqual(a.body, b.body)
  );
}

function valueStands(signal: HeldSignal): boolean {
  return signal.value !== null && standing(signal) === signal.value;
}
