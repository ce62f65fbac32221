import { type BackoffPolicy, backoffDelay } from "../lib/backoff.ts";
import { hours, minutes, seconds } from "../lib/duration.ts";
import { scalar, type VehicleState } from "../vehicle/state.ts";
import { type BudgetView, pacedInterval } from "./budget.ts";
import type { Feed } from "./feed.ts";

export type PollingMode = "auto" | "always" | "never";

export interface PollingSettings {
  readonly mode: PollingMode;
  readonly chargingMs: number;
  readonly idleMs: number;
}

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
  /** Rolled after each read, 0 to 1: spreads the vehicles over time. */
  readonly jitter: number;
}

export const NEW_PLAN: Plan = {
  lastPollAt: null,
  lastTryAt: null,
  failures: 0,
  quiet: 0,
  holdUntil: null,
  holdReason: null,
  jitter: 0,
};

export interface CadenceInput {
  readonly now: number;
  readonly settings: PollingSettings;
  readonly plan: Plan;
  readonly budget: BudgetView;
  readonly charging: boolean;
  readonly asleep: boolean;
  /** What deliveries have shown; nothing while there are none. */
  readonly feed: Feed;
  /** Whether there are signals that change and that the webhook does not bring. */
  readonly uncarried: boolean;
  /** When Smartcar last fetched something of the car from its maker, as far as is known. */
  readonly refreshedAt: number | null;
}

/** When the next read is wanted, in words too. */
export interface NextPoll {
  /** null: not until something changes. */
  readonly dueAt: number | null;
  readonly intervalMs: number;
  readonly reason: string;
}

/** No two reads of one vehicle are closer, whatever asks for them. */
export const FLOOR_MS = minutes(5);
const LONGEST_MS = hours(24);
const MAX_JITTER_MS = minutes(1);
/** Until the first answer there is nothing to show, so tries come quicker than later. */
const FIRST_READ: BackoffPolicy = { initialMs: seconds(30), factor: 2, maxMs: minutes(15), jitter: 0.2 };
/** The jitter only shortens, so the first delay is that much above the floor. */
const LATER_READ: BackoffPolicy = { initialMs: FLOOR_MS / 0.8, factor: 2, maxMs: hours(6), jitter: 0.2 };

/** How old polling lets the values of an active car grow (milliseconds); 0 while the webhook delivers. Pure. */
export function pollMs(settings: PollingSettings, state: VehicleState, now: number): number {
  if (settings.mode !== "always" && state.lastWebhookAt !== null && now - state.lastWebhookAt < DELIVERS_MS) return 0;
  return scalar(state, "charge-ischarging") === true ? settings.chargingMs : settings.idleMs;
}

/** The next due time of one vehicle. Pure. */
export function nextPoll(told: CadenceInput): NextPoll {
  const input = { ...told, plan: rebased(told.plan, told.now) };
  const { now, settings, plan, budget } = input;
  if (settings.mode === "never") return { dueAt: null, intervalMs: 0, reason: "polling.mode is never" };
  const { intervalMs, reason } = interval(input);
  if (budget.forPolling !== null && budget.forPolling < 1) {
    return { dueAt: budget.resetsAt, intervalMs, reason: "the month's calls are used up" };
  }
  const wanted = wantedAt(input, intervalMs);
  if (plan.holdUntil !== null && plan.holdUntil > wanted.dueAt) {
    return { dueAt: plan.holdUntil, intervalMs, reason: plan.holdReason ?? "Smartcar asked to wait" };
  }
  return { dueAt: Math.max(now, wanted.dueAt), intervalMs, reason: wanted.reason ?? reason };
}

function wantedAt(input: CadenceInput, intervalMs: number): { dueAt: number; reason?: string } {
  const { now, plan } = input;
  const { lastPollAt, lastTryAt, failures } = plan;
  const regular =
    lastPollAt === null ? { dueAt: now, reason: "first read" } : regularlyAt(input, intervalMs, lastPollAt);
  if (failures === 0 || lastTryAt === null) return regular;
  const policy = lastPollAt === null ? FIRST_READ : LATER_READ;
  const againAt = lastTryAt + backoffDelay(policy, failures, () => plan.jitter);
  // A failed `refresh` or confirming read must not bring the next poll forward.
  return againAt > regular.dueAt ? { dueAt: againAt, reason: `trying again after ${failures} failed` } : regular;
}

function regularlyAt(input: CadenceInput, intervalMs: number, lastPollAt: number): { dueAt: number; reason?: string } {
  const { now, settings, plan, feed } = input;
  const jitterMs = plan.jitter * Math.min(MAX_JITTER_MS, intervalMs * 0.05);
  // A delivery from before the clock was set back tells nothing of how long ago it was.
  const delivers = feed.lastAt !== null && feed.lastAt <= now && now - feed.lastAt < DELIVERS_MS;
  if (settings.mode === "auto" && delivers) return besideWebhook(input, lastPollAt, intervalMs, jitterMs);
  if (unpaced(input).intervalMs > settings.idleMs && input.refreshedAt !== null) {
    return afterRefresh(input, lastPollAt, Math.min(now, input.refreshedAt), jitterMs);
  }
  return { dueAt: lastPollAt + Math.max(FLOOR_MS, intervalMs + jitterMs) };
}

/** A car that is not subscribed to a webhook is refreshed about once a day, give or take. */
const REFRESH_MS = hours(24);
/** A car that has nothing going on is asked when the refresh has most likely been; one that charged from when it may. */
const REFRESH_SPREAD_MS = hours(1);
const AFTER_REFRESH_MS = minutes(15);

/**
 * A store that does not follow the car is asked when its next refresh is due, so that what it brings is not hours old
 * already. While that is late, reads grow apart with the time it is overdue, up to a day. What was
 * charging a day ago is hardly charging now, so that is put right sooner: at twice the pace of the charging interval.
 */
function afterRefresh(
  { budget, now, charging, asleep, settings }: CadenceInput,
  lastPollAt: number,
  refreshedAt: number,
  jitterMs: number,
): { dueAt: number; reason: string } {
  const expectedAt = refreshedAt + REFRESH_MS;
  const overdueMs = Math.max(0, lastPollAt - expectedAt);
  const [firstAt, stepMs] = charging
    ? [expectedAt - REFRESH_SPREAD_MS, Math.max(FLOOR_MS, settings.chargingMs / 2, overdueMs / 2)]
    : [expectedAt + AFTER_REFRESH_MS, Math.max(2 * AFTER_REFRESH_MS, overdueMs * 2)];
  const wantedAt = Math.max(firstAt, lastPollAt + stepMs) + jitterMs;
  const earliestAt = lastPollAt + pacedInterval(budget, FLOOR_MS, now);
  return {
    dueAt: Math.max(earliestAt, Math.min(wantedAt, lastPollAt + LONGEST_MS + jitterMs)),
    reason: `${asleep ? "asleep" : "nothing new lately"}; next when Smartcar has likely asked the car's maker again`,
  };
}

/** A webhook heard of within this time delivers: a parked car may be silent for a day. */
const DELIVERS_MS = hours(26);
/** Deliveries come in bursts; what they announce takes a moment to reach Smartcar's store. */
const AFTER_DELIVERY_MS = minutes(1);
/** So long after its last delivery a car has settled: parked, plugged in, gone to sleep. */
const SETTLED_MS = minutes(10);
/** A charging car is heard of at every per cent: it has settled when the next one is that much overdue. */
const SETTLED_GAPS = 2;
const SETTLED_LATEST_MS = hours(1);
/** A webhook that brings the end of charging is only doubted when it has missed several reads' time. */
const DOUBT_INTERVALS = 4;

/**
 * Beside a webhook that delivers, a read is only worth a call when something is to be learnt that deliveries do not
 * bring: when the car has just woken up, when something turned, and when it has settled again. Otherwise a read a day
 * is the safety net, sooner for a car that was charging when it fell silent.
 */
function besideWebhook(
  { now, feed, uncarried, charging, budget }: CadenceInput,
  lastPollAt: number,
  intervalMs: number,
  jitterMs: number,
): { dueAt: number; reason: string } {
  const lastAt = feed.lastAt ?? 0;
  const overdueMs = charging ? Math.min(SETTLED_LATEST_MS, feed.gapMs * SETTLED_GAPS) : 0;
  const settledMs = Math.max(SETTLED_MS, overdueMs);
  const silentMs = uncarried ? Math.max(intervalMs, settledMs) : intervalMs * DOUBT_INTERVALS;
  const netMs = charging ? silentMs : Math.max(intervalMs, LONGEST_MS);
  const netAt = Math.max(lastPollAt + FLOOR_MS, Math.max(lastPollAt, lastAt) + netMs + jitterMs);
  const net = { dueAt: netAt, reason: "the webhook delivers; this is the safety net" };
  if (!uncarried) return net;
  const occasions = [
    {
      of: feed.wokeAt,
      afterMs: AFTER_DELIVERY_MS,
      reason: "the car woke up, and the webhook does not bring all",
    },
    {
      of: feed.turnedAt,
      afterMs: AFTER_DELIVERY_MS,
      reason: "something turned, and the webhook does not bring all",
    },
    { of: lastAt, afterMs: settledMs, reason: "the car settles, and the webhook does not bring all" },
  ];
  const [next] = occasions
    // What a read has followed is known.
    .filter(({ of }) => of !== null && of + AFTER_DELIVERY_MS > lastPollAt)
    .map(({ of, afterMs, reason }) => ({ dueAt: (of ?? 0) + afterMs, reason }))
    .sort((a, b) => a.dueAt - b.dueAt);
  if (next === undefined) return net;
  // What is asked for beside the webhook keeps the pace of the month, too; such reads come in groups, so a quarter of
  // the even distance keeps it. Earlier reads that brought nothing do not count: the delivery says that there is news.
  const spacingMs = Math.max(FLOOR_MS, pacedInterval(budget, 0, now) / 4);
  const dueAt = Math.max(next.dueAt, lastPollAt + spacingMs);
  return dueAt < net.dueAt ? { dueAt, reason: next.reason } : net;
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
  };
}

function interval(input: CadenceInput): { intervalMs: number; reason: string } {
  const wanted = unpaced(input);
  if (input.asleep) return wanted;
  const paced = pacedInterval(input.budget, wanted.intervalMs, input.now);
  if (paced <= wanted.intervalMs) return wanted;
  return { intervalMs: Math.round(paced), reason: "stretched to make the month's calls last" };
}

/** The interval as the car's doings want it, whatever calls are left. */
function unpaced({ settings, plan, charging, asleep }: CadenceInput): { intervalMs: number; reason: string } {
  if (asleep) return { intervalMs: Math.max(settings.idleMs, LONGEST_MS), reason: "asleep" };
  const base = charging ? settings.chargingMs : settings.idleMs;
  const stretched = Math.min(Math.max(base, LONGEST_MS), base * 2 ** Math.min(plan.quiet, 20));
  if (stretched > base) return { intervalMs: stretched, reason: "nothing new lately" };
  return { intervalMs: base, reason: charging ? "charging" : "idle" };
}
