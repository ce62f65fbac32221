import { describe, expect, it } from "vitest";
import { hours, minutes } from "../../../src/lib/duration.ts";
import { type Feed, follow, hasUncarried, refreshedAt, SILENT_FEED } from "../../../src/scheduler/feed.ts";
import { type SignalCode, signalCode } from "../../../src/vehicle/ids.ts";
import { EMPTY_STATE, type VehicleState } from "../../../src/vehicle/state.ts";
import { failure, observation, T0 } from "../../support/observations.ts";

const BATTERY = "tractionbattery-stateofcharge";
const CHARGING = "charge-ischarging";
const LOCKED = "closure-islocked";

function state(values: Record<string, unknown>, lastWebhookAt: number | null = T0): VehicleState {
  const signals = Object.entries(values).map(([name, value]) => {
    const code = signalCode(name);
    const held = observation({ code, body: { value: value as string | number | boolean } });
    return [code, { code, value: held, complaint: null, refused: null }] as const;
  });
  return { ...EMPTY_STATE, signals: new Map(signals), lastWebhookAt };
}

const LIVE: Feed = { ...SILENT_FEED, lastAt: T0 - minutes(5), wokeAt: T0 - hours(1) };

/** What a delivery at `T0` makes of a feed. */
function deliver(before: Record<string, unknown>, after: Record<string, unknown>, feed: Feed = LIVE): Feed {
  return follow(feed, state(before, feed.lastAt), state(after));
}

describe("feed", () => {
  it("stays as it is when no delivery came", () => {
    expect(follow(LIVE, state({}), state({ [BATTERY]: 50 }))).toBe(LIVE);
    expect(follow(LIVE, state({}, null), state({}, null))).toBe(LIVE);
  });

  it("takes the first delivery after half an hour of silence for a car that woke up", () => {
    expect(deliver({}, {}, SILENT_FEED).wokeAt).toBe(T0);
    expect(deliver({}, {}, { ...LIVE, lastAt: T0 - minutes(31) }).wokeAt).toBe(T0);
    expect(deliver({}, {}).wokeAt).toBe(LIVE.wokeAt);
  });

  it("does not take a slowly charging car for one that slept", () => {
    const slow = { ...LIVE, lastAt: T0 - minutes(40) };
    expect(deliver({ [CHARGING]: true }, { [CHARGING]: true }, slow)).toMatchObject({
      wokeAt: LIVE.wokeAt,
      gapMs: minutes(40),
    });
  });

  it("sees people arrive and plug in, but not merely unlock", () => {
    expect(deliver({ [LOCKED]: false }, { [LOCKED]: true }).turnedAt).toBe(T0);
    expect(deliver({ [LOCKED]: true }, { [LOCKED]: false }).turnedAt).toBeNull();
    const plugged = "charge-ischargingcableconnected";
    expect(deliver({ [plugged]: false }, { [plugged]: true }).turnedAt).toBe(T0);
    const gear = "transmission-gearstate";
    expect(deliver({ [gear]: "DRIVE" }, { [gear]: "PARK" }).turnedAt).toBe(T0);
    expect(deliver({ [gear]: "PARK" }, { [gear]: "DRIVE" }).turnedAt).toBeNull();
    // The first time that a signal is heard of says nothing of what it was before.
    expect(deliver({}, { [LOCKED]: true }).turnedAt).toBeNull();
  });

  it("sees by the battery that charging began or ended without being told", () => {
    const rises = (charging: boolean) =>
      deliver({ [BATTERY]: 50, [CHARGING]: charging }, { [BATTERY]: 51, [CHARGING]: charging });
    const falls = (charging: boolean) =>
      deliver({ [BATTERY]: 50, [CHARGING]: charging }, { [BATTERY]: 49, [CHARGING]: charging });
    expect([rises(false), rises(true), falls(true), falls(false)].map(({ turnedAt }) => turnedAt)).toEqual([
      T0,
      null,
      T0,
      null,
    ]);
  });

  it("asks only once for one rise, also when the car never tells that it charges", () => {
    const once = deliver({ [BATTERY]: 50 }, { [BATTERY]: 51 });
    expect(once).toMatchObject({ turnedAt: T0, trend: 1 });
    const again = deliver({ [BATTERY]: 51 }, { [BATTERY]: 52 }, { ...once, lastAt: T0 - 1, turnedAt: T0 - 1 });
    expect(again.turnedAt).toBe(T0 - 1);
  });

  it("remembers the longest gap between deliveries while it fades, and forgets it with the next wake", () => {
    expect(deliver({}, {}).gapMs).toBe(minutes(5));
    expect(deliver({}, {}, { ...LIVE, gapMs: minutes(20) }).gapMs).toBe(minutes(18));
    expect(deliver({}, {}, { ...LIVE, lastAt: T0 - hours(9), gapMs: minutes(20) }).gapMs).toBe(0);
  });

  it("knows what deliveries do not bring: held, changing, and not only an error", () => {
    const held = state({ [BATTERY]: 50 });
    const carried = new Set<SignalCode>([signalCode(BATTERY)]);
    expect(hasUncarried(held)).toBe(true);
    expect(hasUncarried({ ...held, carried })).toBe(false);
    expect(hasUncarried(state({ "vehicleidentification-vin": "WVW" }))).toBe(false);
    const complaint = failure({ code: signalCode(CHARGING) });
    const refused = { code: complaint.code, value: null, complaint, refused: null };
    expect(hasUncarried({ ...held, carried, signals: new Map([[complaint.code, refused]]) })).toBe(false);
  });

  it("knows when Smartcar last asked the maker, if at all", () => {
    expect(refreshedAt(EMPTY_STATE)).toBeNull();
    expect(refreshedAt(state({ [BATTERY]: 50, [LOCKED]: true }))).toBe(T0 + 1_000);
  });
});
