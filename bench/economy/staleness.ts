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

/** For how many minutes each item has been wrong, sampled every minute. */
export class Staleness {
  readonly #wrongFor: Record<Item, number> = { battery: 0, charging: 0, location: 0 };
  readonly #samples: Record<Item, number[]> = { battery: [], charging: [], location: [] };

  sample(held: VehicleState, truth: Moment): void {
    for (const item of ITEMS) {
      this.#wrongFor[item] = isRight[item](held, truth) ? 0 : this.#wrongFor[item] + 1;
      this.#samples[item].push(this.#wrongFor[item]);
    }
  }

  samples(item: Item): readonly number[] {
    return this.#samples[item];
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
