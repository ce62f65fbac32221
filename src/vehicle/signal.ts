import type { SignalCode } from "./ids.ts";
import { type Observation, SUCCESS } from "./observation.ts";

/**
 * What is held of one signal: the newest value and the newest complaint, each kept for itself. An error can therefore
 * never erase a value, and what is shown (status, error) follows from the two without regard to who came first.
 */
export interface HeldSignal {
  readonly code: SignalCode;
  /** The newest observation with a usable value. */
  readonly value: Observation | null;
  /** The newest observation without one (`ERROR`, `UNAVAILABLE`, …). */
  readonly complaint: Observation | null;
  /** A newer value that was not believed, because it cannot follow the one held. */
  readonly refused: Observation | null;
}

/** The observation whose status counts now. */
export function standing(signal: HeldSignal): Observation | null {
  const { value, complaint } = signal;
  if (value === null || complaint === null) return value ?? complaint;
  return outdatesComplaint(value, complaint) ? value : complaint;
}

export function isUsable(observation: Observation): boolean {
  return observation.status === SUCCESS && observation.body !== null;
}

/**
 * Order of two observations of one signal: by `oemUpdatedAt`, then `retrievedAt`, then `sequence`, then arrival; an
 * unknown time or sequence loses to a known one. Negative when `a` is older.
 */
export function compareAge(a: Observation, b: Observation): number {
  return (
    compareKnown(a.oemUpdatedAt, b.oemUpdatedAt) ||
    compareKnown(a.retrievedAt, b.retrievedAt) ||
    compareKnown(a.sequence, b.sequence) ||
    a.receivedAt - b.receivedAt
  );
}

/** The time the fact itself speaks of; null when it came without. */
export function factTime(observation: Observation): number | null {
  return observation.oemUpdatedAt ?? observation.retrievedAt;
}

export function isTimed(observation: Observation): boolean {
  return factTime(observation) !== null;
}

function outdatesComplaint(value: Observation, complaint: Observation): boolean {
  if (isTimed(complaint)) return compareAge(value, complaint) > 0;
  // Errors mostly come without times. Such a one stands unless the value is newer by the best clue there is.
  if (value.sequence !== null && complaint.sequence !== null) return value.sequence > complaint.sequence;
  return (value.retrievedAt ?? value.oemUpdatedAt ?? value.toldAt) > complaint.toldAt;
}

/** Unknown (null) is older than anything known. */
export function compareKnown(a: number | null, b: number | null): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  return a - b;
}
