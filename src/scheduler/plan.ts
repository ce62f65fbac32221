import { minutes } from "../lib/duration.ts";
import { ABOUT_A_DAY, learnt, type RefreshWindow } from "./refresh-window.ts";
import { advanced, type Intervals, spent, started, type Yardstick } from "./yardstick.ts";

/** What polling remembers of one vehicle, over restarts too. Instants are epoch milliseconds. */
export interface Plan {
  /** Last read that was answered. */
  readonly lastPollAt: number | null;
  /** Last read that was tried. */
  readonly lastTryAt: number | null;
  readonly failures: number;
  /** Reads in a row that brought nothing newer. */
  readonly quiet: number;
  /** Not before this instant, and why; set by what Smartcar answered. */
  readonly holdUntil: number | null;
  readonly holdReason: string | null;
  /** Smartcar asked to wait with this very vehicle: nobody's wish to read it overrides that. */
  readonly holdIsFirm: boolean;
  /** Rolled after each read, 0 to 1: spreads the vehicles over time. */
  readonly jitter: number;
  /** What the intervals alone would have read; null before the first answer. */
  readonly yardstick: Yardstick | null;
  readonly refresh: RefreshWindow;
}

export const NEW_PLAN: Plan = {
  lastPollAt: null,
  lastTryAt: null,
  failures: 0,
  quiet: 0,
  holdUntil: null,
  holdReason: null,
  holdIsFirm: false,
  jitter: 0,
  yardstick: null,
  refresh: ABOUT_A_DAY,
};

/** A read that belongs to a due time is not later than this. */
export const MAX_JITTER_MS = minutes(1);

/** What is known of a car before or after a read. */
export interface Knowledge {
  /** Whether the intervals would have taken it for charging. */
  readonly charging: boolean;
  /** When Smartcar last asked the car's maker. */
  readonly refreshedAt: number | null;
}

export interface Answer {
  readonly at: number;
  /** A poll, not a read that somebody asked for. */
  readonly isPoll: boolean;
  readonly news: boolean;
  readonly before: Knowledge;
  readonly after: Knowledge;
  readonly intervals: Intervals;
  readonly jitter: number;
}

/** The plan after an answered read. Pure. */
export function answered(plan: Plan, answer: Answer): Plan {
  const { at, isPoll, news, before, after, jitter } = answer;
  const known = before.refreshedAt !== null && after.refreshedAt !== null;
  return {
    ...NEW_PLAN,
    lastPollAt: at,
    lastTryAt: at,
    // A read that somebody asked for says nothing about how often to ask unasked.
    quiet: news ? 0 : plan.quiet + (isPoll ? 1 : 0),
    jitter,
    yardstick: measured(plan, answer),
    refresh: known ? learnt(plan.refresh, (after.refreshedAt ?? 0) - (before.refreshedAt ?? 0)) : plan.refresh,
  };
}

/** A plan that was kept before there was a yardstick begins it with its last read. */
export function yardstickOf(plan: Plan, charging: boolean): Yardstick | null {
  return plan.yardstick ?? (plan.lastPollAt === null ? null : started(plan.lastPollAt, charging));
}

function measured(plan: Plan, { at, isPoll, before, after, intervals }: Answer): Yardstick {
  const yardstick = yardstickOf(plan, before.charging);
  if (yardstick === null) return started(at, after.charging);
  // Those that were due before this read found what was known until then, one that is due with it finds what it found.
  const earlier = advanced(yardstick, intervals, at - MAX_JITTER_MS, before.charging);
  const current = advanced(earlier, intervals, at, after.charging);
  // What somebody asked for is known to the intervals, too.
  return isPoll ? spent(current) : { ...current, at, charging: after.charging };
}

/**
 * A plan as it stands at `now`. Instants ahead of it were noted before the clock was set back: they count from now, so
 * that nothing is postponed by as much. Who keeps the plan must keep this one, or the instants would move with the clock.
 */
export function rebased(plan: Plan, now: number): Plan {
  const ahead = Math.max(plan.lastTryAt ?? 0, plan.lastPollAt ?? 0) - now;
  if (ahead <= 0) return plan;
  return {
    ...plan,
    lastTryAt: plan.lastTryAt === null ? null : Math.min(plan.lastTryAt, now),
    lastPollAt: plan.lastPollAt === null ? null : Math.min(plan.lastPollAt, now),
    holdUntil: plan.holdUntil === null ? null : plan.holdUntil - ahead,
    yardstick: plan.yardstick === null ? null : { ...plan.yardstick, at: Math.min(plan.yardstick.at, now) },
  };
}
