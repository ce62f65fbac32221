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
  /** How far apart deliveries are while the car stays awake: the longest of late, older ones counting less and less. */
  readonly gapMs: number;
}

export const SILENT_FEED: Feed = { lastAt: null, wokeAt: null, turnedAt: null, trend: 0, gapMs: 0 };

const SILENCE_MS = minutes(30);
const GAP_FADES = 0.9;
/**
 * What turns when people arrive, plug in or unplug. Unlocking and driving off are left out: the car wakes up with them,
 * and where it goes is only worth a read when it is there.
 */
const TURNING: Readonly<Record<string, (after: unknown) => boolean>> = {
  "closure-islocked": (after) => after === true,
  "charge-ischarging": () => true,
  "charge-ischargingcableconnected": () => true,
  "transmission-gearstate": (after) => typeof after === "string" && after.toUpperCase() === "PARK",
};

/** Follows one delivery. Pure; returns the same object when there was none. */
export function follow(feed: Feed, previous: VehicleState, state: VehicleState): Feed {
  const at = state.lastWebhookAt;
  if (at === null || at === previous.lastWebhookAt) return feed;
  const charging = scalar(state, "charge-ischarging");
  const silent = feed.lastAt === null || at - feed.lastAt > SILENCE_MS;
  // A car on a weak socket gains one per cent in half an hour or more: silent, but not asleep.
  const woke = silent && charging !== true;
  const trend = trendOf(previous, state) ?? feed.trend;
  const turned = (trend !== feed.trend && belies(trend, charging)) || hasTurned(previous, state);
  return {
    lastAt: at,
    wokeAt: woke ? at : feed.wokeAt,
    turnedAt: turned ? at : feed.turnedAt,
    trend,
    gapMs: woke || feed.lastAt === null ? 0 : Math.max(at - feed.lastAt, feed.gapMs * GAP_FADES),
  };
}

/** When Smartcar last fetched something of the car from its maker, as far as is known. */
export function refreshedAt(state: VehicleState): number | null {
  let newest: number | null = null;
  for (const { value } of state.signals.values()) {
    const at = value?.retrievedAt ?? null;
    if (at !== null && (newest === null || at > newest)) newest = at;
  }
  return newest;
}

/** Whether reads have shown signals that deliveries do not bring and that change. */
export function hasUncarried(state: VehicleState): boolean {
  for (const [code, signal] of state.signals) {
    if (!state.carried.has(code) && !LASTING.test(code) && standing(signal)?.status === SUCCESS) return true;
  }
  return false;
}

/** A battery that rises while it is not known to charge, or falls while it is: charging began or ended unnoticed. */
function belies(trend: number, charging: unknown): boolean {
  return (trend > 0 && charging !== true) || (trend < 0 && charging === true);
}

function hasTurned(previous: VehicleState, state: VehicleState): boolean {
  return Object.entries(TURNING).some(([code, counts]) => {
    const [before, after] = [scalar(previous, code), scalar(state, code)];
    return before !== undefined && before !== after && counts(after);
  });
}

function trendOf(previous: VehicleState, state: VehicleState): number | null {
  const before = scalar(previous, "tractionbattery-stateofcharge");
  const after = scalar(state, "tractionbattery-stateofcharge");
  return typeof before === "number" && typeof after === "number" && before !== after ? Math.sign(after - before) : null;
}
