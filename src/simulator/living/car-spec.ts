import type { JsonObject } from "../../lib/json.ts";
import type { Capability } from "../command.ts";
import type { Waypoint } from "./route.ts";

export type Place = "home" | "away";

export interface BatterySpec {
  readonly capacityKwh: number;
  readonly kwhPer100Km: number;
  /** What the car draws from the wall below 80 %. */
  readonly chargeKw: number;
  readonly phases: number;
}

export interface TankSpec {
  readonly litres: number;
  readonly litresPer100Km: number;
}

/** The car leaves `from` at this minute of the day, on working days or at the weekend. */
export interface Departure {
  readonly from: Place;
  readonly on: "workday" | "weekend";
  readonly atMin: number;
}

/** What does not change in a car's life. */
export interface CarSpec {
  readonly battery: BatterySpec | null;
  readonly tank: TankSpec | null;
  /** From home to the other place; driven backwards on the way home. */
  readonly route: readonly Waypoint[];
  readonly cruiseKmh: number;
  readonly timetable: readonly Departure[];
  /** Bodies that are the same all its life. */
  readonly constants: Readonly<Record<string, JsonObject>>;
  /** Constants for which the maker gives no time. */
  readonly undated: readonly string[];
  readonly incapableOf: readonly string[];
  /** Unit written beside tyre pressures, which are kPa whatever it says: real cars label them `bar`. */
  readonly tyreUnit: string;
  readonly capabilities: readonly Capability[];
}
