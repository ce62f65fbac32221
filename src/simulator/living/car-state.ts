import { allowsCharging, type ChargeSchedule } from "../schedule.ts";
import type { CarSpec, Place } from "./car-spec.ts";
import { type Position, positionAt, routeLengthKm } from "./route.ts";

const MINUTE_MS = 60_000;
const WEEK_MS = 7 * 24 * 60 * MINUTE_MS;
const ASLEEP_AFTER_MS = 20 * MINUTE_MS;
const TAPER_FROM = 0.8;

/** `leaving` and `arriving` are the minute with the driver at the open door. */
export type Activity = "parked" | "leaving" | "driving" | "arriving";

/** One moment of a car's life. Plain values: the life is a pure function from one to the next. */
export interface CarState {
  /** The world's time since some Monday, 00:00. */
  readonly worldMs: number;
  readonly activity: Activity;
  readonly activityMs: number;
  /** Where it stands, or where it set out from. */
  readonly place: Place;
  readonly tripKm: number;
  readonly odometerKm: number;
  readonly batteryKwh: number;
  readonly fuelLitres: number;
  readonly pluggedIn: boolean;
  readonly portOpen: boolean;
  /** A start or stop command holds until the cable is pulled; until then the schedules decide. */
  readonly chargeWish: "schedule" | "start" | "stop";
  readonly limitPercent: number;
  readonly energyAddedKwh: number;
  readonly locked: boolean;
  /** Since anything last happened to it. */
  readonly idleMs: number;
  readonly cabinCelsius: number;
  readonly schedules: readonly ChargeSchedule[];
}

export function chargeShare(spec: CarSpec, state: CarState): number {
  return spec.battery === null ? 0 : state.batteryKwh / spec.battery.capacityKwh;
}

export function isFull(spec: CarSpec, state: CarState): boolean {
  return chargeShare(spec, state) * 100 >= state.limitPercent - 1e-6;
}

export function isCharging(spec: CarSpec, state: CarState): boolean {
  if (spec.battery === null || !state.pluggedIn || state.activity !== "parked" || isFull(spec, state)) return false;
  if (state.chargeWish !== "schedule") return state.chargeWish === "start";
  return state.schedules.length === 0 || allowsCharging(state.schedules, minuteOfWeek(state));
}

/** Power from the wall while charging: constant, then falling to a third at a full battery. */
export function chargePowerKw(spec: CarSpec, state: CarState): number {
  if (spec.battery === null) return 0;
  const above = Math.max(0, chargeShare(spec, state) - TAPER_FROM) / (1 - TAPER_FROM);
  return spec.battery.chargeKw * (1 - above * (2 / 3));
}

export function isAsleep(spec: CarSpec, state: CarState): boolean {
  return state.activity === "parked" && !isCharging(spec, state) && state.idleMs >= ASLEEP_AFTER_MS;
}

export function speedKmh(spec: CarSpec, state: CarState): number {
  if (state.activity !== "driving") return 0;
  // Slower in town at both ends and a wave between: enough to look like traffic, and the same every day.
  const share = state.tripKm / routeLengthKm(spec.route);
  const town = 0.45 + 0.55 * Math.min(1, 4 * Math.min(share, 1 - share));
  return spec.cruiseKmh * town * (0.9 + 0.1 * Math.sin(state.tripKm * 2));
}

export function positionOf(spec: CarSpec, state: CarState): Position {
  const tripKm = state.activity === "driving" ? state.tripKm : 0;
  return positionAt(state.place === "home" ? spec.route : spec.route.toReversed(), tripKm);
}

/** A mild day: coldest at five in the morning, warmest at five in the afternoon. */
export function outsideCelsius(state: CarState): number {
  const dayShare = (minuteOfWeek(state) % 1_440) / 1_440;
  return 11 - 6 * Math.cos((dayShare - 5 / 24) * 2 * Math.PI);
}

export function minuteOfWeek(state: CarState): number {
  return (state.worldMs % WEEK_MS) / MINUTE_MS;
}
