import { hours, minutes } from "../lib/duration.ts";
import { pacedInterval } from "./budget.ts";
import { yardstickOf } from "./plan.ts";
import { LONGEST_REFRESH_MS } from "./refresh-window.ts";
import { type Due, FLOOR_MS, LONGEST_MS, type Situation } from "./situation.ts";
import { affordableAt, firstFrom } from "./yardstick.ts";

const DAY_MS = hours(24);
/** Looks for the day's refresh: as many as the idle interval makes in a day. */
const LOOKS = 4;
const SHORTEST_STEP_MS = minutes(30);
/** A car of which so many reads in a row have brought nothing newer is parked for longer. */
const PARKED_READS = 8;

export interface Interval {
  readonly intervalMs: number;
  readonly reason: string;
  /** Whether reads have shown that the store does not follow the car: then its refreshes are looked for. */
  readonly isStretched: boolean;
}

/**
 * Reads of a store that no webhook keeps up to date: by the interval, or for its next refresh. Whenever that may just
 * have been, every read that the intervals would make is made as well, so that nothing is learnt later than by them; any
 * other is made from what is saved.
 */
export function readStore(situation: Situation, lastPollAt: number, interval: Interval, jitterMs: number): Due {
  const { now, budget, settings } = situation;
  const refreshedAt = situation.refreshedAt === null ? null : Math.min(now, situation.refreshedAt);
  const looks = interval.isStretched && refreshedAt !== null;
  const ownAt = looks ? look(situation, lastPollAt, refreshedAt) : lastPollAt + interval.intervalMs;
  const affordedAt = looks || settings.mode === "auto" ? Math.max(ownAt, affordable(situation)) : ownAt;
  const theirsAt = refreshedAt === null ? Number.POSITIVE_INFINITY : intervalsAt(situation, lastPollAt, refreshedAt);
  const latestAt = Math.min(affordedAt, lastPollAt + Math.max(LONGEST_MS, interval.intervalMs));
  // Shortly before one of theirs a read would only put that off.
  const wantedAt = latestAt > theirsAt - FLOOR_MS ? theirsAt : latestAt;
  const paceMs = pacedInterval(budget, FLOOR_MS, now);
  return {
    dueAt: Math.max(wantedAt + jitterMs, lastPollAt + paceMs),
    reason: looks ? `${interval.reason}; next when Smartcar has likely asked the car's maker again` : interval.reason,
  };
}

/**
 * When to look for the next refresh: at even steps while it may be, then further and further apart the longer it is
 * overdue. What was charging a day ago is hardly charging now, so that is put right sooner. Of a car that sleeps or is
 * parked for days, the refresh is only looked for once: when it has most likely been.
 */
function look({ plan, settings, charging, asleep }: Situation, lastPollAt: number, refreshedAt: number): number {
  const { earlyMs, lateMs } = plan.refresh;
  const [earlyAt, lateAt] = [refreshedAt + earlyMs, refreshedAt + lateMs];
  const stepMs = charging ? settings.chargingMs : Math.max(SHORTEST_STEP_MS, (lateMs - earlyMs) / LOOKS);
  if (lastPollAt < lateAt) {
    const isParked = asleep || (plan.quiet >= PARKED_READS && !charging);
    const nextAt = isParked ? lateAt : Math.min(lateAt, Math.max(earlyAt, lastPollAt) + stepMs);
    return Math.max(nextAt, lastPollAt + FLOOR_MS);
  }
  const overdueMs = lastPollAt - (refreshedAt + DAY_MS);
  return lastPollAt + Math.max(stepMs, charging ? overdueMs / 2 : overdueMs * 2);
}

/**
 * The read that the intervals would make next once the refresh may have been; infinity: none, since it should have been
 * seen. They are not followed for long at the pace of charging, when it is late.
 */
function intervalsAt({ plan, settings, charging, asleep }: Situation, lastPollAt: number, refreshedAt: number): number {
  const yardstick = yardstickOf(plan, charging);
  if (yardstick === null) return Number.POSITIVE_INFINITY;
  const latestMs = charging ? plan.refresh.lateMs : LONGEST_REFRESH_MS;
  if (lastPollAt >= refreshedAt + latestMs) return Number.POSITIVE_INFINITY;
  const earliestAt = Math.max(refreshedAt + plan.refresh.earlyMs, lastPollAt + 1);
  return firstFrom(yardstick, settings, charging && !asleep, earliestAt);
}

function affordable({ plan, settings, charging, now }: Situation): number {
  const yardstick = yardstickOf(plan, charging);
  return yardstick === null ? 0 : affordableAt(yardstick, settings, charging, now, 0);
}
