import { hours } from "../lib/duration.ts";
import type { Fact } from "./charging-facts.ts";

/** Where a session's energy comes from: the car's own counter, its power over time, or the battery's filling. */
export type EnergySource = "energy_added" | "power" | "battery";

/** What the car's counter of energy added has shown since the session began. */
export interface EnergyCounter {
  /** Counted for this session. */
  readonly kwh: number;
  /** The highest reading counted so far, or the one to start from; null when there was none. */
  readonly last: number | null;
  /** Nothing was counted yet since the session began or went on: the counter may begin anew. */
  readonly fresh: boolean;
  /** Without a reading to start from: whether the first one counts as it is, or only as the start. */
  readonly fromZero: boolean;
  /** State of charge (percent) to which `last` belongs. */
  readonly soc: number | null;
  /** A reading below `last`, waiting for another to show whether it was a slip. */
  readonly low: number | null;
}

/** The battery beside a reading, to judge it by. */
export interface BatteryView {
  readonly soc: number | null;
  readonly capacityKwh: number | null;
}

/** Less than this share of the reading before is a new beginning (Home Assistant's own rule); above it is rounding. */
const RESTART_SHARE = 0.9;

export function beginCounter(baseline: number | null, soc: number | null, fromZero: boolean): EnergyCounter {
  return { kwh: 0, last: baseline, fresh: true, fromZero, soc, low: null };
}

/** The session goes on after a gap, which the car may take for a new one. */
export function continueCounter(counter: EnergyCounter, soc: number | null): EnergyCounter {
  return { ...counter, fresh: true, soc, low: null };
}

/**
 * Takes one reading of a counter that mostly begins anew with each session: at its beginning a fall is a new
 * beginning, later it is a slip unless a second reading confirms it.
 */
export function readCounter(counter: EnergyCounter, reading: number, battery: BatteryView): EnergyCounter {
  const { last, fresh, low } = counter;
  if (reading === last) return low === null ? counter : { ...counter, low: null };
  const counted = (kwh: number): EnergyCounter => ({
    ...counter,
    kwh: counter.kwh + kwh,
    last: reading,
    fresh: false,
    low: null,
  });
  const expected = expectedKwh(counter.soc, battery);
  if (last === null) return counted(counter.fromZero ? nearer(expected, reading, 0) : 0);
  if (reading > last) {
    // Seen late, a counter that began anew may have passed its old reading: the battery knows which it was.
    return counted(fresh ? nearer(expected, reading - last, reading) : reading - last);
  }
  if (reading >= last * RESTART_SHARE) return counter;
  if (fresh || (low !== null && reading > low)) return counted(reading);
  return { ...counter, low: reading };
}

/** Power over time, summed up. */
export interface PowerIntegral {
  readonly kwh: number;
  readonly first: Fact<number> | null;
  readonly last: Fact<number> | null;
}

export const NO_POWER: PowerIntegral = { kwh: 0, first: null, last: null };

/** Nobody knows what happened in a longer gap. */
const MAX_GAP_MS = hours(1);

/** Takes one power reading (watts): trapezoids between readings, none over a gap. Older readings are left out. */
export function readPower(power: PowerIntegral, reading: Fact<number>): PowerIntegral {
  const { last } = power;
  if (last === null) return { kwh: 0, first: reading, last: reading };
  if (reading.at <= last.at) return power;
  return { ...power, kwh: power.kwh + bridged((last.value + reading.value) / 2, last.at, reading.at), last: reading };
}

/** The whole session's energy: before the first and after the last reading its power is taken to be theirs. */
export function powerKwh({ kwh, first, last }: PowerIntegral, start: number, end: number | null): number | null {
  if (first === null || last === null) return null;
  return kwh + bridged(first.value, start, first.at) + (end === null ? 0 : bridged(last.value, last.at, end));
}

/** What went into the battery between two states of charge; never less than nothing. */
export function expectedKwh(socBefore: number | null, { soc, capacityKwh }: BatteryView): number | null {
  if (socBefore === null || soc === null || capacityKwh === null) return null;
  return Math.max(0, ((soc - socBefore) / 100) * capacityKwh);
}

function bridged(watts: number, from: number, to: number): number {
  const ms = to - from;
  return ms > 0 && ms <= MAX_GAP_MS ? (watts / 1_000) * (ms / hours(1)) : 0;
}

function nearer(expected: number | null, usual: number, other: number): number {
  if (expected === null) return usual;
  return Math.abs(other - expected) < Math.abs(usual - expected) ? other : usual;
}
