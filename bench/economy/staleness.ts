import { isObject } from "../../src/lib/json.ts";
import { signalCode } from "../../src/vehicle/ids.ts";
import { scalar, type VehicleState } from "../../src/vehicle/state.ts";
import type { Moment } from "./car-month.ts";
import { BATTERY, CHARGING, LOCATION } from "./cloud.ts";

export const ITEMS = ["battery", "charging", "location"] as const;
export type Item = (typeof ITEMS)[number];

export interface Figures {
  readonly mean: number;
  readonly p95: number;
}

/** About 100 m. */
const SAME_PLACE = 0.001;

/**
 * How old what is held has got, sampled every minute: 0 while it is right, else the minutes since the car was last as it
 * says. So a value that is learnt when it is no longer true is stale from the start: late news is not fresh news.
 */
export class Staleness {
  readonly #moments: readonly Moment[];
  readonly #ages: Record<Item, number> = { battery: 0, charging: 0, location: 0 };
  readonly #samples: Record<Item, number[]> = { battery: [], charging: [], location: [] };
  #held: VehicleState | null = null;

  constructor(moments: readonly Moment[]) {
    this.#moments = moments;
  }

  sample(held: VehicleState, minute: number): void {
    const learnt = held !== this.#held;
    this.#held = held;
    for (const item of ITEMS) {
      this.#ages[item] = this.#age(item, held, minute, learnt);
      this.#samples[item].push(this.#ages[item]);
    }
  }

  samples(item: Item): readonly number[] {
    return this.#samples[item];
  }

  #age(item: Item, held: VehicleState, minute: number, learnt: boolean): number {
    const wasRight = (back: number) => {
      const truth = this.#moments[minute - back];
      return truth === undefined || isRight[item](held, truth);
    };
    if (wasRight(0)) return 0;
    if (!learnt) return this.#ages[item] + 1;
    let back = 1;
    while (!wasRight(back)) back++;
    return back;
  }
}

export function figures(samples: readonly number[]): Figures {
  const sorted = Int32Array.from(samples).sort();
  let sum = 0;
  for (const value of sorted) sum += value;
  const p95 = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))] ?? 0;
  return { mean: Math.round((sum / sorted.length) * 10) / 10, p95 };
}

const isRight: Readonly<Record<Item, (held: VehicleState, truth: Moment) => boolean>> = {
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
