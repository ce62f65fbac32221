import { minutes } from "../../src/lib/duration.ts";
import { isObject } from "../../src/lib/json.ts";
import { signalCode } from "../../src/vehicle/ids.ts";
import { scalar, type VehicleState } from "../../src/vehicle/state.ts";
import { MONTH_START, type Moment } from "./car-month.ts";
import { BATTERY, CHARGING, LOCATION } from "./cloud.ts";
import { Histogram } from "./histogram.ts";
import { ITEMS, type Item, nextChanges, SAME_PLACE } from "./truth.ts";

/**
 * Three ways to say how stale is what is shown, in minutes.
 * - `age`: since the car first changed after the fact that is shown; 0 while it has not. Cho and Garcia-Molina's.
 * - `wrong`: since what is shown began to be wrong; 0 while it is right, if only by chance.
 * - `lastTrue`: since the car was last as shown; 0 while it is.
 */
export const MEASURES = ["age", "wrong", "lastTrue"] as const;
export type Measure = (typeof MEASURES)[number];

const CODES: Readonly<Record<Item, string>> = { battery: BATTERY, charging: CHARGING, location: LOCATION };

/** Samples at the end of each minute how stale is what is held of a car. */
export class Staleness {
  readonly #moments: readonly Moment[];
  readonly #nextChanges: Readonly<Record<Item, Float64Array>>;
  readonly #histograms = new Map<string, Histogram>();
  readonly #wrong: Record<Item, number> = { battery: 0, charging: 0, location: 0 };
  readonly #lastTrue: Record<Item, number> = { battery: 0, charging: 0, location: 0 };
  #held: VehicleState | null = null;

  constructor(moments: readonly Moment[]) {
    this.#moments = moments;
    this.#nextChanges = {
      battery: nextChanges(moments, "battery"),
      charging: nextChanges(moments, "charging"),
      location: nextChanges(moments, "location"),
    };
  }

  sample(held: VehicleState, minute: number): void {
    const learnt = held !== this.#held;
    this.#held = held;
    for (const item of ITEMS) {
      const isRight = this.#isRight(item, held, minute);
      this.#wrong[item] = isRight ? 0 : this.#wrong[item] + 1;
      this.#lastTrue[item] = isRight ? 0 : this.#sinceTrue(item, held, minute, learnt);
      this.histogram("age", item).add(this.#age(item, held, minute));
      this.histogram("wrong", item).add(this.#wrong[item]);
      this.histogram("lastTrue", item).add(this.#lastTrue[item]);
    }
  }

  histogram(measure: Measure, item: Item): Histogram {
    const key = `${measure} ${item}`;
    const known = this.#histograms.get(key);
    if (known !== undefined) return known;
    const made = new Histogram();
    this.#histograms.set(key, made);
    return made;
  }

  #age(item: Item, held: VehicleState, minute: number): number {
    const recordedAt = held.signals.get(signalCode(CODES[item]))?.value?.oemUpdatedAt ?? null;
    if (recordedAt === null) return minute + 1;
    // Before the month the car stood as it does in its first minute.
    const of = Math.max(0, Math.floor((recordedAt - MONTH_START) / minutes(1)));
    const changed = this.#nextChanges[item][of] ?? Number.POSITIVE_INFINITY;
    return Math.max(0, minute - changed + 1);
  }

  #sinceTrue(item: Item, held: VehicleState, minute: number, learnt: boolean): number {
    if (!learnt) return this.#lastTrue[item] + 1;
    let back = 1;
    while (back <= minute && !this.#isRight(item, held, minute - back)) back++;
    return back;
  }

  #isRight(item: Item, held: VehicleState, minute: number): boolean {
    const truth = this.#moments[minute];
    return truth !== undefined && IS_RIGHT[item](held, truth);
  }
}

const IS_RIGHT: Readonly<Record<Item, (held: VehicleState, truth: Moment) => boolean>> = {
  battery: (held, truth) => {
    const value = scalar(held, BATTERY);
    return typeof value === "number" && Math.abs(value - truth.battery) <= 1;
  },
  charging: (held, truth) => scalar(held, CHARGING) === truth.charging,
  location: (held, truth) => {
    const body = held.signals.get(signalCode(LOCATION))?.value?.body;
    if (!isObject(body)) return false;
    const [latitude, longitude] = [body["latitude"], body["longitude"]];
    return (
      typeof latitude === "number" &&
      typeof longitude === "number" &&
      Math.abs(latitude - truth.latitude) < SAME_PLACE &&
      Math.abs(longitude - truth.longitude) < SAME_PLACE
    );
  },
};
