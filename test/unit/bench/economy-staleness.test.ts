import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { HOME, MONTH_START, type Moment } from "../../../bench/economy/car-month.ts";
import { BATTERY, CHARGING, LOCATION } from "../../../bench/economy/cloud.ts";
import { Histogram } from "../../../bench/economy/histogram.ts";
import { type Measure, Staleness } from "../../../bench/economy/staleness.ts";
import { type Item, nextChanges } from "../../../bench/economy/truth.ts";
import { minutes } from "../../../src/lib/duration.ts";
import { signalCode } from "../../../src/vehicle/ids.ts";
import { EMPTY_STATE, type VehicleState } from "../../../src/vehicle/state.ts";
import { observation } from "../../support/observations.ts";

const PARKED: Moment = { battery: 60, charging: false, ...HOME, odometer: 1, locked: true, awake: false };

const charges = (flags: string): Moment[] => [...flags].map((flag) => ({ ...PARKED, charging: flag === "c" }));

/** What is held once the store of a minute was read; null: nothing. */
function held(moments: readonly Moment[], of: number | null): VehicleState {
  const moment = of === null ? undefined : moments[Math.max(0, of)];
  if (of === null || moment === undefined) return EMPTY_STATE;
  const bodies = {
    [BATTERY]: { value: Math.round(moment.battery) },
    [CHARGING]: { value: moment.charging },
    [LOCATION]: { latitude: moment.latitude, longitude: moment.longitude },
  };
  const signals = Object.entries(bodies).map(([name, body]) => {
    const code = signalCode(name);
    const value = observation({ code, body, oemUpdatedAt: MONTH_START + minutes(of) });
    return [code, { code, value, complaint: null, refused: null }] as const;
  });
  return { ...EMPTY_STATE, signals: new Map(signals) };
}

/** The staleness in each minute of somebody who holds, in each minute, the fact of the given one. */
function samples(
  measure: Measure,
  item: Item,
  moments: readonly Moment[],
  facts: readonly (number | null)[],
): number[] {
  const states = new Map(facts.map((of) => [of, held(moments, of)]));
  const staleness = new Staleness(moments);
  let before = 0;
  return facts.map((of, minute) => {
    staleness.sample(states.get(of) ?? EMPTY_STATE, minute);
    const sum = Math.round((staleness.histogram(measure, item).figures().mean || 0) * (minute + 1));
    const value = sum - before;
    before = sum;
    return value;
  });
}

describe("staleness", () => {
  it("begins with the first change after the fact that is held, and ends with a newer fact", () => {
    const moments = charges("--ccc---");
    expect(samples("age", "charging", moments, [0, 0, 0, 0, 3, 3, 3, 7])).toEqual([0, 0, 1, 2, 0, 1, 2, 0]);
  });

  it("does not take for known what is right again by chance, as being wrong does", () => {
    const moments = charges("-cc-----");
    const never = [0, 0, 0, 0, 0, 0, 0, 0];
    expect(samples("age", "charging", moments, never)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(samples("wrong", "charging", moments, never)).toEqual([0, 1, 2, 0, 0, 0, 0, 0]);
    // Who heard of the charge knows more, and is wrong for longer.
    const heard = [0, 1, 1, 1, 1, 1, 1, 1];
    expect(samples("age", "charging", moments, heard)).toEqual([0, 0, 0, 1, 2, 3, 4, 5]);
    expect(samples("wrong", "charging", moments, heard)).toEqual([0, 0, 0, 1, 2, 3, 4, 5]);
  });

  it("tells late news by when it was last true", () => {
    const moments = charges("-c------");
    const late = [0, 0, 0, 0, 1, 1, 7, 7];
    expect(samples("lastTrue", "charging", moments, late)).toEqual([0, 1, 0, 0, 3, 4, 0, 0]);
    expect(samples("wrong", "charging", moments, late)).toEqual([0, 1, 0, 0, 1, 2, 0, 0]);
    expect(samples("age", "charging", moments, late)).toEqual([0, 1, 2, 3, 3, 4, 0, 0]);
  });

  it("counts from the month's beginning while nothing is held, and takes older facts for those of its first minute", () => {
    const moments = charges("--c");
    expect(samples("age", "charging", moments, [null, null, null])).toEqual([1, 2, 3]);
    expect(samples("age", "charging", moments, [-99, -99, -99])).toEqual([0, 0, 1]);
  });

  it("takes a point of the battery and about 100 m for a change", () => {
    const battery = [60.4, 59.6, 59.4, 58.4].map((value) => ({ ...PARKED, battery: value }));
    expect([...nextChanges(battery, "battery")]).toEqual([2, 2, 3, Number.POSITIVE_INFINITY]);
    const away = [0, 0.0006, 0.0012, 0.0018].map((north) => ({ ...PARKED, latitude: HOME.latitude + north }));
    expect([...nextChanges(away, "location")]).toEqual([2, 2, Infinity, Infinity]);
  });

  it("never gets worse by a newer fact", () => {
    const points = fc.array(fc.record({ battery: fc.integer({ min: 50, max: 53 }), metres: fc.nat(300) }), {
      minLength: 2,
      maxLength: 40,
    });
    fc.assert(
      fc.property(points, (drawn) => {
        const moments = drawn.map(({ battery, metres }) => ({
          ...PARKED,
          battery,
          latitude: HOME.latitude + metres / 100_000,
        }));
        for (const item of ["battery", "location"] as const) {
          const next = nextChanges(moments, item);
          next.forEach((change, minute) => {
            expect(change).toBeGreaterThan(minute);
            expect(change).toBeGreaterThanOrEqual(next[minute - 1] ?? 0);
          });
        }
      }),
    );
  });
});

describe("a histogram", () => {
  it("tells mean and 95th percentile, of several months together too", () => {
    const [first, second] = [new Histogram(), new Histogram()];
    for (let value = 0; value < 100; value++) first.add(value);
    expect(first.figures()).toEqual({ mean: 49.5, p95: 95 });
    second.add(1_000, 100);
    second.merge(first);
    expect(second.figures()).toEqual({ mean: 524.75, p95: 1_000 });
    expect(new Histogram().figures().p95).toBe(0);
  });
});
