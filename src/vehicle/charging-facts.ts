import { days } from "../lib/duration.ts";
import { isObject } from "../lib/json.ts";
import { type SignalCode, signalCode } from "./ids.ts";
import type { Observation } from "./observation.ts";
import { type ReadingValue, readingsOf } from "./readings.ts";
import { factTime } from "./signal.ts";
import type { VehicleState } from "./state.ts";

/** One value with the time it speaks of. */
export interface Fact<T> {
  readonly value: T;
  readonly at: number;
}

export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

/** What a state says about charging; null where it says nothing. */
export interface ChargingFacts {
  readonly charging: Fact<boolean> | null;
  /** Whether the status word means charging; other words than Smartcar's three say nothing. */
  readonly status: Fact<boolean> | null;
  readonly cable: Fact<boolean> | null;
  /** Percent. */
  readonly soc: Fact<number> | null;
  readonly energyAddedKwh: Fact<number> | null;
  readonly powerW: Fact<number> | null;
  readonly capacityKwh: Fact<number> | null;
  readonly location: Fact<Place> | null;
  readonly atHome: Fact<boolean> | null;
}

/** Whether the car charges, by the facts together. */
export type ChargingPhase =
  | {
      readonly on: true;
      /** The newest and the oldest fact that show it. */
      readonly at: number;
      readonly since: number;
    }
  | {
      readonly on: false;
      /** Times of the facts that show it. */
      readonly ends: readonly number[];
    };

/** Signal and reading behind each fact. Readings bring units, ranges and plausibility with them. */
const SOURCES = {
  charging: { code: signalCode("charge-ischarging"), reading: "charging" },
  status: { code: signalCode("charge-detailedchargingstatus"), reading: "charging_status" },
  cable: { code: signalCode("charge-ischargingcableconnected"), reading: "charging_cable_plugged_in" },
  soc: { code: signalCode("tractionbattery-stateofcharge"), reading: "battery" },
  energyAdded: { code: signalCode("charge-energyadded"), reading: "energy_added" },
  power: { code: signalCode("charge-wattage"), reading: "charging_power" },
  capacity: { code: signalCode("tractionbattery-nominalcapacity"), reading: "battery_capacity" },
  location: { code: signalCode("location-preciselocation"), reading: "location" },
  atHome: { code: signalCode("location-isathome"), reading: "at_home" },
} as const;

const CODES: ReadonlySet<SignalCode> = new Set(Object.values(SOURCES).map(({ code }) => code));
const STATUS_MEANS_CHARGING: Readonly<Record<string, boolean>> = {
  CHARGING: true,
  NOT_CHARGING: false,
  FULLY_CHARGED: false,
};
/** A fact from further ahead has a broken clock behind it, and would stand in the way of all that follow. */
const MAX_AHEAD_MS = days(1);

/** Whether a change of these signals can tell anything about charging. */
export function concernsCharging(codes: ReadonlySet<SignalCode>): boolean {
  return !codes.isDisjointFrom(CODES);
}

export function chargingFacts(state: VehicleState): ChargingFacts {
  return {
    charging: told(state, SOURCES.charging, asFlag),
    status: told(state, SOURCES.status, (value) =>
      typeof value === "string" ? (STATUS_MEANS_CHARGING[value.toUpperCase()] ?? null) : null,
    ),
    cable: told(state, SOURCES.cable, asFlag),
    soc: told(state, SOURCES.soc, asAmount),
    energyAddedKwh: told(state, SOURCES.energyAdded, asAmount),
    powerW: told(state, SOURCES.power, asAmount),
    capacityKwh: told(state, SOURCES.capacity, asAmount),
    location: told(state, SOURCES.location, asPlace),
    atHome: told(state, SOURCES.atHome, asFlag),
  };
}

/**
 * `ischarging` decides, the status word where there is none. Any newer fact that speaks against it ends it: makers
 * update one and forget the other. Null when nothing is known.
 */
export function chargingPhase({ charging, status, cable }: ChargingFacts): ChargingPhase | null {
  const ends = [charging, status, cable].flatMap((fact) => (fact?.value === false ? [fact.at] : []));
  const decides = charging ?? status;
  if (decides?.value !== true) return ends.length === 0 ? null : { on: false, ends };
  const newer = ends.filter((at) => at > decides.at);
  if (newer.length > 0) return { on: false, ends: newer };
  const since = status?.value === true ? Math.min(decides.at, status.at) : decides.at;
  return { on: true, at: decides.at, since };
}

function told<T>(
  state: VehicleState,
  source: { readonly code: SignalCode; readonly reading: string },
  as: (value: ReadingValue) => T | null,
): Fact<T> | null {
  const observation = state.signals.get(source.code)?.value ?? null;
  if (observation === null || observation.body === null) return null;
  const reading = readingsOf(source.code, observation.body, "metric").find(({ name }) => name === source.reading);
  const value = reading === undefined ? null : as(reading.value);
  return value === null ? null : { value, at: timeOf(observation) };
}

function timeOf(observation: Observation): number {
  const at = factTime(observation) ?? observation.receivedAt;
  return at > observation.receivedAt + MAX_AHEAD_MS ? observation.receivedAt : at;
}

function asFlag(value: ReadingValue): boolean | null {
  return typeof value === "boolean" ? value : null;
}

function asAmount(value: ReadingValue): number | null {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
}

function asPlace(value: ReadingValue): Place | null {
  if (!isObject(value)) return null;
  const { latitude, longitude } = value;
  return typeof latitude === "number" && typeof longitude === "number" ? { latitude, longitude } : null;
}
