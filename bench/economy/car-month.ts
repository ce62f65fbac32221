import { between } from "./random.ts";

/** November 2026: 30 days, the first a Sunday. Local time is UTC. */
export const MONTH_START = Date.UTC(2026, 10, 1);
export const DAYS = 30;
export const MINUTES = DAYS * 24 * 60;

/** The car as it really is in one minute. */
export interface Moment {
  /** State of charge in per cent. */
  readonly battery: number;
  readonly charging: boolean;
  readonly latitude: number;
  readonly longitude: number;
  /** Kilometres. */
  readonly odometer: number;
  readonly locked: boolean;
  /** Awake: talks to its maker. */
  readonly awake: boolean;
}

interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

const CAPACITY_KWH = 77;
const KWH_PER_KM = 0.18;
/** A car that nothing is done with goes to sleep. */
const AWAKE_AFTER_MIN = 20;
/** What a sleeping car loses, per cent a minute: one in thirty days. */
const DRAIN = 1 / (30 * 24 * 60);

export const HOME: Place = { latitude: 52.5, longitude: 13.4 };

/** Writes a car's month down minute by minute. */
export class CarMonth {
  readonly moments: Moment[] = [];
  readonly random: () => number;
  #battery = 68;
  #place: Place = HOME;
  #odometer = 20_000;
  #locked = true;
  #busyUntil = 0;
  #charger: { readonly kw: number; readonly limit: number } | null = null;

  constructor(random: () => number) {
    this.random = random;
  }

  get minute(): number {
    return this.moments.length;
  }

  get battery(): number {
    return this.#battery;
  }

  /** Drives there; the car is unlocked before and locked after. Chance picks nothing here: `km` and `lasts` are given. */
  drive(to: Place, km: number, lasts: number): void {
    this.#charger = null;
    this.#locked = false;
    this.#pass(between(this.random, 1, 3), true);
    const from = this.#place;
    for (let step = 1; step <= lasts; step++) {
      const part = step / lasts;
      this.#place = {
        latitude: from.latitude + (to.latitude - from.latitude) * part,
        longitude: from.longitude + (to.longitude - from.longitude) * part,
      };
      this.#odometer += km / lasts;
      this.#battery = Math.max(4, this.#battery - ((km / lasts) * KWH_PER_KM * 100) / CAPACITY_KWH);
      this.#pass(1, true);
    }
    this.#pass(between(this.random, 1, 3), true);
    this.#locked = true;
    this.#busyUntil = this.minute + AWAKE_AFTER_MIN;
  }

  /** Plugs in: from now on it charges up to the limit, until the next drive. */
  plugIn(kw: number, limit: number): void {
    this.#charger = { kw, limit };
    this.#busyUntil = this.minute + AWAKE_AFTER_MIN;
  }

  /** Nothing is done with the car until that minute. */
  waitUntil(minute: number): void {
    this.#pass(Math.min(minute, MINUTES) - this.minute, false);
  }

  #pass(lasts: number, busy: boolean): void {
    for (let n = 0; n < lasts && this.minute < MINUTES; n++) {
      const charger = this.#charger;
      const charging = charger !== null && this.#battery < charger.limit;
      if (charger !== null && charging) {
        // Above 80 % a fast charger slows down, as every car's does.
        const kw = charger.kw > 50 && this.#battery > 70 ? charger.kw / 3 : charger.kw;
        this.#battery = Math.min(charger.limit, this.#battery + (kw / 60 / CAPACITY_KWH) * 92);
        this.#busyUntil = this.minute + AWAKE_AFTER_MIN;
      } else {
        // Full: it does not begin again for the little that a car loses while it stands.
        this.#charger = null;
      }
      const awake = busy || charging || this.minute < this.#busyUntil;
      if (!awake) this.#battery -= DRAIN;
      this.moments.push({
        battery: this.#battery,
        charging,
        ...this.#place,
        odometer: this.#odometer,
        locked: this.#locked,
        awake,
      });
    }
  }
}

/** The minute of the month at a day (0 = the first) and a time of day. */
export function at(day: number, hour: number, minute = 0): number {
  return (day * 24 + hour) * 60 + minute;
}

/** Somewhere `km` from home, always the same for the same direction. */
export function away(km: number, direction: number): Place {
  return {
    latitude: HOME.latitude + (km / 111) * Math.cos(direction),
    longitude: HOME.longitude + (km / 68) * Math.sin(direction),
  };
}
