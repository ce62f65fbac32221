import { minutes, seconds } from "../../src/lib/duration.ts";
import type { JsonObject } from "../../src/lib/json.ts";
import { signalCode, vehicleId } from "../../src/vehicle/ids.ts";
import type { Batch, Observation, Source } from "../../src/vehicle/observation.ts";
import { MONTH_START, type Moment } from "./car-month.ts";
import { between } from "./random.ts";

/** What the webhook brings: every signal, only what the free plan lets one pick, or nothing since there is none. */
export const WEBHOOKS = ["full", "free", "none"] as const;
export type Webhook = (typeof WEBHOOKS)[number];

export const CAR = vehicleId("11111111-aaaa-4bbb-8ccc-000000000001");
export const BATTERY = "tractionbattery-stateofcharge";
export const CHARGING = "charge-ischarging";
export const LOCATION = "location-preciselocation";

/** In order: code, group, name, body, and whether the free plan's webhook may carry it. */
const SIGNALS: readonly (readonly [string, string, string, (moment: Moment) => JsonObject, boolean])[] = [
  [BATTERY, "TractionBattery", "StateOfCharge", (m) => ({ value: Math.round(m.battery), unit: "percent" }), true],
  [
    "odometer-traveleddistance",
    "Odometer",
    "TraveledDistance",
    (m) => ({ value: round(m.odometer), unit: "km" }),
    true,
  ],
  ["closure-islocked", "Closure", "IsLocked", (m) => ({ value: m.locked }), true],
  [CHARGING, "Charge", "IsCharging", (m) => ({ value: m.charging }), false],
  [LOCATION, "Location", "PreciseLocation", (m) => ({ latitude: m.latitude, longitude: m.longitude }), false],
];

/** What Smartcar's store holds in one minute. */
interface Stored {
  /**
   * The minute that the values are of: when the maker last heard of the car, however much later Smartcar asked the maker.
   * Below 0: before the month, when the car already stood as it does in its first minute.
   */
  readonly of: number;
  /** The minute in which Smartcar asked the maker. */
  readonly fetched: number;
}

/** 1 to 5 s after Smartcar notices a change. */
const LATENCY_MS = seconds(3);

/**
 * Smartcar's store for one car and month. The maker learns from the car every 3 to 10 minutes while it is awake. The
 * store of a subscribed car follows at once, and asks the maker again now and then while the car sleeps; that of an
 * unsubscribed one asks about once a day.
 */
export class Cloud {
  readonly #moments: readonly Moment[];
  readonly #stored: Stored[] = [];
  readonly #webhook: Webhook;
  /** Minutes in which a delivery is made. */
  readonly deliveries = new Set<number>();

  /** `spreadMin`: by how much the day's refresh of an unsubscribed car may come early or late. */
  constructor(moments: readonly Moment[], webhook: Webhook, spreadMin: number, random: () => number) {
    this.#moments = moments;
    this.#webhook = webhook;
    // A car that was connected some time ago: its day's refresh may be at any hour, and the last one was a day before.
    let nextFetch = between(random, 1, 1_440);
    let atMaker = nextFetch - 1_440;
    let stored: Stored = { of: atMaker, fetched: atMaker };
    let nextReport = 0;
    moments.forEach((moment, minute) => {
      const woke = moment.awake && moments[minute - 1]?.awake !== true;
      if (woke) nextReport = minute + between(random, 1, 5);
      const reports = moment.awake && minute >= nextReport;
      if (reports) {
        atMaker = minute;
        nextReport = minute + between(random, 3, 10);
      }
      if (webhook === "none") {
        if (minute >= nextFetch) {
          stored = { of: atMaker, fetched: minute };
          nextFetch = minute + 1_440 + between(random, -spreadMin, spreadMin);
        }
      } else if (reports) {
        if (this.#isTold(stored.of, minute)) this.deliveries.add(minute);
        stored = { of: minute, fetched: minute };
        nextFetch = minute + between(random, 240, 720);
      } else if (minute >= nextFetch) {
        stored = { of: atMaker, fetched: minute };
        nextFetch = minute + between(random, 240, 720);
      }
      this.#stored.push(stored);
    });
  }

  deliveryAt(minute: number): number {
    return MONTH_START + minutes(minute) + LATENCY_MS;
  }

  /** What a delivery of that minute carries. */
  delivery(minute: number, now: number): Batch {
    return this.#batch(minute, now, "webhook", (free) => this.#webhook === "full" || free);
  }

  /** What a read answers. */
  read(now: number): Batch {
    return this.#batch(Math.floor((now - MONTH_START) / minutes(1)), now, "poll", () => true);
  }

  #isTold(before: number, after: number): boolean {
    const [from, to] = [this.#moments[Math.max(0, before)], this.#moments[after]];
    if (from === undefined || to === undefined) return false;
    return SIGNALS.some(
      ([, , , body, free]) =>
        (this.#webhook === "full" || free) && JSON.stringify(body(from)) !== JSON.stringify(body(to)),
    );
  }

  #batch(minute: number, now: number, source: Source, carries: (free: boolean) => boolean): Batch {
    const stored = this.#stored[minute];
    const moment = stored === undefined ? undefined : this.#moments[Math.max(0, stored.of)];
    if (stored === undefined || moment === undefined) throw new RangeError(`minute ${minute} is outside the month`);
    const observations = SIGNALS.filter(([, , , , free]) => carries(free)).map(
      ([code, group, name, body]): Observation => ({
        code: signalCode(code),
        name,
        group,
        status: "SUCCESS",
        error: null,
        body: body(moment),
        oemUpdatedAt: MONTH_START + minutes(stored.of),
        retrievedAt: MONTH_START + minutes(stored.fetched),
        sequence: null,
        toldAt: now,
        receivedAt: now,
        source,
      }),
    );
    return { vehicleId: CAR, source, receivedAt: now, observations, problems: [] };
  }
}

function round(km: number): number {
  return Math.round(km * 10) / 10;
}
