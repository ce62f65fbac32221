import { minutes } from "../lib/duration.ts";
import { LASTING } from "../vehicle/freshness.ts";
import { SUCCESS } from "../vehicle/observation.ts";
import { standing } from "../vehicle/signal.ts";
import { scalar, type VehicleState } from "../vehicle/state.ts";

/** What a vehicle's deliveries have shown of its day. Instants are epoch milliseconds. */
export interface Feed {
  readonly lastAt: number | null;
  /** First delivery after a silence: the car woke up. */
  readonly wokeAt: number | null;
  /** Something turned that signals the webhook does not carry are likely to have turned with. */
  readonly turnedAt: number | null;
  /** Whether the battery rose or fell last: 1, -1 or 0. */
  readonly trend: number;
}

export const SILENT_FEED: Feed = { lastAt: null, wokeAt: null, turnedAt: null, trend: 0 };

const SILENCE_MS = minutes(30);
/** What turns when people come, go, plug in or leave. */
const TURNING = ["closure-islocked", "charge-ischarging", "charge-ischargingcableconnected", "transmission-gearstate"];

/** Follows one delivery. Pure; returns the same object when there was none. */
export function follow(feed: Feed, previous: VehicleState, state: VehicleState): Feed {
  const at = state.lastWebhookAt;
  if (at === null || at === previous.lastWebhookAt) return feed;
  const woke = feed.lastAt === null || at - feed.lastAt > SILENCE_MS;
  const trend = trendOf(previous, state) ?? feed.trend;
  const turned = (trend !== feed.trend && feed.trend !== 0) || TURNING.some((code) => differs(previous, state, code));
  return { lastAt: at, wokeAt: woke ? at : feed.wokeAt, turnedAt: turned ? at : feed.turnedAt, trend };
}

/** Whether reads have shown signals that deliveries do not bring and that change. */
export function hasUncarried(state: VehicleState): boolean {
  for (const [code, signal] of state.signals) {
    if (!state.carried.has(code) && !LASTING.test(code) && standing(signal)?.status === SUCCESS) return true;
  }
  return false;
}

function differs(previous: VehicleState, state: VehicleState, code: string): boolean {
  const before = scalar(previous, code);
  return before !== undefined && before !== scalar(state, code);
}

function trendOf(previous: VehicleState, state: VehicleState): number | null {
  const before = scalar(previous, "tractionbattery-stateofcharge");
  const after = scalar(state, "tractionbattery-stateofcharge");
  return typeof before === "number" && typeof after === "number" && before !== after ? Math.sign(after - before) : null;
}
