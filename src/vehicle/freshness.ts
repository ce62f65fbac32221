import { hours, minutes } from "../lib/duration.ts";
import type { SignalCode } from "./ids.ts";
import { factTime, type HeldSignal } from "./signal.ts";
import { scalar, type VehicleState } from "./state.ts";

/** Minutes within which fresh data of an active car appears at Smartcar: the slow end of each make's usual range. */
const CADENCE_MIN: Readonly<Record<string, number>> = Object.fromEntries(
  Object.entries({
    3: "byd polestar volvo",
    5: "tesla audi rivian hyundai kia skoda",
    10: `alfa-romeo bmw chrysler citroen cupra dodge ds fiat ford infiniti jeep lexus lincoln mazda mercedes-benz
         nissan opel peugeot ram subaru vauxhall volkswagen`,
    30: "honda jaguar land-rover",
    45: "buick cadillac chevrolet gmc",
    60: "acura dacia mg mini porsche renault toyota",
  }).flatMap(([cadence, makes]) => makes.split(/\s+/).map((make) => [make, Number(cadence)])),
);
const UNKNOWN_MAKE_MIN = 60;
/** A delivery may miss one round without anything being wrong. */
const ROUNDS = 2;
/** A parked car produces nothing; one that is not subscribed is refreshed about once a day. */
const PARKED_MS = hours(26);
/** What does not change over a car's life, or hardly. */
export const LASTING =
  /^(vehicleidentification|vehicleuseraccount|connectivitysoftware|wheel-style|tractionbattery-nominalcapacity)/;

/** Minutes within which fresh data of an active car of this make usually appears at Smartcar. Pure. */
export function usualDelayMin(make: string | null): number {
  return CADENCE_MIN[(make ?? "").toLowerCase().replace(/[\s_]+/g, "-")] ?? UNKNOWN_MAKE_MIN;
}

/** How long a value of a car counts as fresh after it was told (milliseconds). Pure. */
export function freshMs(state: VehicleState, make: string | null, pollMs: number): number {
  if (!isActive(state)) return PARKED_MS;
  return ROUNDS * Math.max(minutes(usualDelayMin(make)), pollMs);
}

/** Codes whose value has outlived its expected cadence at `now`. */
export function staleCodes(state: VehicleState, make: string | null, pollMs: number, now: number): Set<SignalCode> {
  const stale = new Set<SignalCode>();
  const lastHeardAt = now - freshMs(state, make, pollMs);
  for (const [code, signal] of state.signals) if (heardAt(signal) <= lastHeardAt) stale.add(code);
  return stale;
}

/** When a signal's value was last told to be what it is; never for none, at any time for what does not change. */
function heardAt({ code, value }: HeldSignal): number {
  if (value === null) return Number.NEGATIVE_INFINITY;
  if (LASTING.test(code)) return Number.POSITIVE_INFINITY;
  return Math.max(value.retrievedAt ?? factTime(value) ?? value.receivedAt, factTime(value) ?? 0);
}

/** Charging or driving: a car that talks to its maker. */
function isActive(state: VehicleState): boolean {
  if (scalar(state, "connectivitystatus-isasleep") === true) return false;
  const speed = scalar(state, "motion-currentspeed");
  const gear = scalar(state, "transmission-gearstate");
  const inGear = typeof gear === "string" && gear.toUpperCase() !== "PARK";
  return scalar(state, "charge-ischarging") === true || (typeof speed === "number" && speed > 0) || inGear;
}
