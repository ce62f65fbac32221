import { hours, minutes } from "../lib/duration.ts";
import { pacedInterval } from "./budget.ts";
import { yardstickOf } from "./plan.ts";
import { type Due, FLOOR_MS, LONGEST_MS, type Situation } from "./situation.ts";
import { affordableAt, elapsed } from "./yardstick.ts";

/** Deliveries come in bursts; what they announce takes a moment to reach Smartcar's store. */
const AFTER_DELIVERY_MS = minutes(1);
/** So long after its last delivery a car has settled: parked, plugged in, gone to sleep. */
const SETTLED_MS = minutes(10);
/** Where deliveries are rarer, it has settled when the next one is that much overdue: a charging car tells every per cent. */
const SETTLED_GAPS = 2;
const SETTLED_LATEST_MS = hours(1);
/** A webhook that brings the end of charging is only doubted when it has missed several reads' time. */
const DOUBT_INTERVALS = 4;
/** How far ahead reads may be borrowed from. */
const BORROWED_MS = hours(48);
/** A car that woke up is still where it was, so such a read may borrow less, and ever less as the month goes on; */
const WAKE_BORROWS_MS = hours(24);
/** at its end as much must be left in hand, for what turns or settles. */
const WAKE_LEAVES_MS = hours(48);

interface Occasion {
  readonly of: number | null;
  readonly afterMs: number;
  readonly reason: string;
  /** The time whose reads must remain saved; below 0: that may be borrowed from. */
  readonly inHandMs: number;
}

/**
 * Beside a webhook that delivers, a read is only worth a call when something is to be learnt that deliveries do not
 * bring: when the car has just woken up, when something turned, and when it has settled again. Otherwise a read a day
 * is the safety net, sooner for a car that was charging when it fell silent. All of them together never cost more than
 * the idle interval would.
 */
export function besideWebhook(situation: Situation, lastPollAt: number, intervalMs: number, jitterMs: number): Due {
  const { now, feed, uncarried, budget } = situation;
  const lastAt = feed.lastAt ?? 0;
  const settledMs = Math.max(SETTLED_MS, Math.min(SETTLED_LATEST_MS, feed.gapMs * SETTLED_GAPS));
  const net = { dueAt: netAt(situation, lastPollAt, intervalMs, settledMs, jitterMs), reason: SAFETY_NET };
  if (!uncarried) return net;
  const occasions: Occasion[] = [
    { of: feed.wokeAt, afterMs: AFTER_DELIVERY_MS, reason: "the car woke up", inHandMs: wakeInHandMs(situation) },
    { of: feed.turnedAt, afterMs: AFTER_DELIVERY_MS, reason: "something turned", inHandMs: -BORROWED_MS },
    { of: lastAt, afterMs: settledMs, reason: "the car settles", inHandMs: -BORROWED_MS },
  ];
  // What is asked for beside the webhook keeps the pace of the month, too; such reads come in groups, so a quarter of
  // the even distance keeps it. Earlier reads that brought nothing do not count: the delivery says that there is news.
  const spacedAt = lastPollAt + Math.max(FLOOR_MS, pacedInterval(budget, 0, now) / 4);
  const [next] = occasions
    // What a read has followed is known.
    .filter(({ of }) => of !== null && of + AFTER_DELIVERY_MS > lastPollAt)
    .map(({ of, afterMs, reason, inHandMs }) => ({
      dueAt: Math.max((of ?? 0) + afterMs, spacedAt, affordable(situation, inHandMs)),
      reason: `${reason}, and the webhook does not bring all`,
    }))
    .sort((a, b) => a.dueAt - b.dueAt);
  return next !== undefined && next.dueAt < net.dueAt ? next : net;
}

const SAFETY_NET = "the webhook delivers; this is the safety net";

function netAt(
  situation: Situation,
  lastPollAt: number,
  intervalMs: number,
  settledMs: number,
  jitterMs: number,
): number {
  const { uncarried, charging, feed } = situation;
  const silentMs = uncarried ? Math.max(intervalMs, settledMs) : intervalMs * DOUBT_INTERVALS;
  const netMs = charging ? silentMs : Math.max(intervalMs, LONGEST_MS);
  return Math.max(
    lastPollAt + FLOOR_MS,
    Math.max(lastPollAt, feed.lastAt ?? 0) + netMs + jitterMs,
    affordable(situation, -BORROWED_MS),
  );
}

function wakeInHandMs({ plan, now }: Situation): number {
  const yardstick = yardstickOf(plan, false);
  const part = yardstick === null ? 0 : elapsed(yardstick, now);
  return (WAKE_BORROWS_MS + WAKE_LEAVES_MS) * part - WAKE_BORROWS_MS;
}

/** Counted as if the car never charged: reads beside the webhook find out about it when the intervals would not. */
function affordable({ plan, settings, now }: Situation, inHandMs: number): number {
  const yardstick = yardstickOf(plan, false);
  return yardstick === null ? 0 : affordableAt(yardstick, settings, false, now, inHandMs);
}
