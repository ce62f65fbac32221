import { type BackoffPolicy, backoffDelay } from "../lib/backoff.ts";
import { hours, minutes, seconds } from "../lib/duration.ts";
import { scalar, type VehicleState } from "../vehicle/state.ts";
import { besideWebhook } from "./beside-webhook.ts";
import { pacedInterval } from "./budget.ts";
import { rebased } from "./plan.ts";
import type { PollingSettings } from "./polling-settings.ts";
import { type Due, delivers, FLOOR_MS, jitterOf, LONGEST_MS, type Situation } from "./situation.ts";
import { type Interval, readStore } from "./store-cadence.ts";

/** When the next read is wanted, in words too. */
export interface NextPoll {
  /** null: not until something changes. */
  readonly dueAt: number | null;
  readonly intervalMs: number;
  readonly reason: string;
}

/** Until the first answer there is nothing to show, so tries come quicker than later. */
const FIRST_READ: BackoffPolicy = { initialMs: seconds(30), factor: 2, maxMs: minutes(15), jitter: 0.2 };
/** The jitter only shortens, so the first delay is that much above the floor. */
const LATER_READ: BackoffPolicy = { initialMs: FLOOR_MS / 0.8, factor: 2, maxMs: hours(6), jitter: 0.2 };

/** How old polling lets the values of an active car grow (milliseconds); 0 while the webhook delivers. Pure. */
export function pollMs(settings: PollingSettings, state: VehicleState, now: number): number {
  if (delivers(settings, state.lastWebhookAt, now)) return 0;
  return scalar(state, "charge-ischarging") === true ? settings.chargingMs : settings.idleMs;
}

/** The next due time of one vehicle. Pure. */
export function nextPoll(told: Situation): NextPoll {
  const situation = { ...told, plan: rebased(told.plan, told.now) };
  const { now, settings, plan, budget } = situation;
  if (settings.mode === "never") return { dueAt: null, intervalMs: 0, reason: "polling.mode is never" };
  const interval = intervalOf(situation);
  const { intervalMs } = interval;
  if (budget.forPolling !== null && budget.forPolling < 1) {
    return { dueAt: budget.resetsAt, intervalMs, reason: "the month's calls are used up" };
  }
  const wanted = wantedAt(situation, interval);
  if (plan.holdUntil !== null && plan.holdUntil > wanted.dueAt) {
    return { dueAt: plan.holdUntil, intervalMs, reason: plan.holdReason ?? "Smartcar asked to wait" };
  }
  return { dueAt: Math.max(now, wanted.dueAt), intervalMs, reason: wanted.reason };
}

function wantedAt(situation: Situation, interval: Interval): Due {
  const { lastPollAt, lastTryAt, failures, jitter } = situation.plan;
  const regular =
    lastPollAt === null ? { dueAt: situation.now, reason: "first read" } : regularlyAt(situation, interval, lastPollAt);
  if (failures === 0 || lastTryAt === null) return regular;
  const policy = lastPollAt === null ? FIRST_READ : LATER_READ;
  const againAt = lastTryAt + backoffDelay(policy, failures, () => jitter);
  // A failed `refresh` or confirming read must not bring the next poll forward.
  return againAt > regular.dueAt ? { dueAt: againAt, reason: `trying again after ${failures} failed` } : regular;
}

function regularlyAt(situation: Situation, interval: Interval, lastPollAt: number): Due {
  const { now, settings, plan, feed } = situation;
  const jitterMs = jitterOf(plan, interval.intervalMs);
  return delivers(settings, feed.lastAt, now)
    ? besideWebhook(situation, lastPollAt, interval.intervalMs, jitterMs)
    : readStore(situation, lastPollAt, interval, jitterMs);
}

function intervalOf(situation: Situation): Interval {
  const wanted = unpaced(situation);
  if (situation.asleep) return wanted;
  const paced = pacedInterval(situation.budget, wanted.intervalMs, situation.now);
  if (paced <= wanted.intervalMs) return wanted;
  return { ...wanted, intervalMs: Math.round(paced), reason: "stretched to make the month's calls last" };
}

/** The interval as the car's doings want it, whatever calls are left. */
function unpaced({ settings, plan, charging, asleep }: Situation): Interval {
  if (asleep) return { intervalMs: Math.max(settings.idleMs, LONGEST_MS), reason: "asleep", isStretched: true };
  const base = charging ? settings.chargingMs : settings.idleMs;
  const intervalMs = Math.min(Math.max(base, LONGEST_MS), base * 2 ** Math.min(plan.quiet, 20));
  const isStretched = intervalMs > settings.idleMs;
  if (intervalMs > base) return { intervalMs, reason: "nothing new lately", isStretched };
  return { intervalMs, reason: charging ? "charging" : "idle", isStretched };
}
