import { monthStart, nextMonthStart } from "./month.ts";

/**
 * What the intervals alone would have read of one vehicle: no other reads may cost more than they do. Instants are epoch
 * milliseconds.
 */
export interface Yardstick {
  /** Their last read. */
  readonly at: number;
  /** Whether the car charged for all that this read could tell. */
  readonly charging: boolean;
  /** The reads that they have made this month more than polling has. */
  readonly saved: number;
  /** From when on that is counted: the month's start (UTC), or the first read of all. */
  readonly since: number;
}

export interface Intervals {
  readonly chargingMs: number;
  readonly idleMs: number;
}

/** They begin with the first read. */
export function started(at: number, charging: boolean): Yardstick {
  return { at, charging, saved: 0, since: at };
}

/** A read was made. */
export function spent(yardstick: Yardstick): Yardstick {
  return { ...yardstick, saved: yardstick.saved - 1 };
}

/** Goes on to `until`; `charging` is what the reads on the way would have found. Nothing is saved up beyond a month. */
export function advanced(yardstick: Yardstick, intervals: Intervals, until: number, charging: boolean): Yardstick {
  const month = monthStart(until);
  const turned = month !== monthStart(yardstick.since);
  const { saved, since } = turned ? { saved: 0, since: month } : yardstick;
  const next = nextAt(yardstick, intervals);
  if (next > until) return { ...yardstick, saved, since };
  const stepMs = msOf(intervals, charging);
  const at = next + Math.floor((until - next) / stepMs) * stepMs;
  const countedFrom = turned ? stepsTo(next, stepMs, month) : next;
  return { at, charging, saved: saved + Math.max(0, (at - countedFrom) / stepMs + 1), since };
}

/** The first of their reads at or after `from`. */
export function firstFrom(yardstick: Yardstick, intervals: Intervals, charging: boolean, from: number): number {
  return stepsTo(nextAt(yardstick, intervals), msOf(intervals, charging), from);
}

/** How much of the month that is counted is over, 0 to 1. */
export function elapsed({ since }: Yardstick, now: number): number {
  const month = monthStart(now);
  const from = month === monthStart(since) ? since : month;
  return Math.max(0, now - from) / (nextMonthStart(now) - from);
}

/**
 * From when on a read may be made without the month costing more than the intervals do: in the past, or with one of
 * their reads to come. `inHandMs` is the time whose reads must remain saved; below 0 as much may be borrowed from the
 * time to come, as far as the month still has it.
 */
export function affordableAt(
  yardstick: Yardstick,
  intervals: Intervals,
  charging: boolean,
  now: number,
  inHandMs: number,
): number {
  const current = advanced(yardstick, intervals, now, charging);
  // The idle interval's reads are certain to come; the last one of the month comes before the next month does.
  const toComeMs = nextMonthStart(now) - 1 - current.at;
  const inHand = Math.ceil(Math.max(inHandMs, -toComeMs) / intervals.idleMs);
  const missing = inHand + 1 - current.saved;
  return missing <= 0 ? current.at : nextAt(current, intervals) + (missing - 1) * msOf(intervals, charging);
}

function nextAt({ at, charging }: Yardstick, intervals: Intervals): number {
  return at + msOf(intervals, charging);
}

function stepsTo(first: number, stepMs: number, from: number): number {
  return first + Math.max(0, Math.ceil((from - first) / stepMs)) * stepMs;
}

function msOf({ chargingMs, idleMs }: Intervals, charging: boolean): number {
  return charging ? chargingMs : idleMs;
}
