import { jsonEqual } from "../lib/json.ts";
import type { Observation } from "./observation.ts";
import { compareAge, compareKnown, factTime, type HeldSignal, isUsable, standing } from "./signal.ts";

export interface MergeResult {
  readonly signal: HeldSignal;
  /** Whether there is anything to store and to tell: another value, another time, another status. */
  readonly changed: boolean;
}

/**
 * Folds one observation into what is held of its signal. Pure. The newest fact wins; the result does not depend on the
 * order or the number of arrivals, except that exact ties of different content go to the later arrival.
 */
export function merge(held: HeldSignal | undefined, incoming: Observation): MergeResult {
  const before: HeldSignal = held ?? { code: incoming.code, value: null, complaint: null };
  const usable = isUsable(incoming);
  const slot = usable ? before.value : before.complaint;
  const { winner, news } = fold(slot, incoming, usable ? compareAge : compareComplaints);
  if (winner === slot) return { signal: before, changed: false };
  const after: HeldSignal = usable ? { ...before, value: winner } : { ...before, complaint: winner };
  return { signal: after, changed: news || valueStands(before) !== valueStands(after) };
}

function fold(
  held: Observation | null,
  incoming: Observation,
  compare: (a: Observation, b: Observation) => number,
): { winner: Observation; news: boolean } {
  if (held === null) return { winner: incoming, news: true };
  if (sameFact(held, incoming)) return { winner: retold(held, incoming), news: false };
  // At an exact tie the incoming one is the later arrival.
  return compare(held, incoming) > 0 ? { winner: held, news: false } : { winner: incoming, news: true };
}

/**
 * A delivery carries every signal, changed or not, so most facts are told again and again. Then only the bookkeeping
 * that later ties are decided by moves on; it is not worth a write or a message.
 */
function retold(held: Observation, incoming: Observation): Observation {
  const sequence = compareKnown(held.sequence, incoming.sequence) < 0 ? incoming.sequence : held.sequence;
  const toldAt = Math.max(held.toldAt, incoming.toldAt);
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
