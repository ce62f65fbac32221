import type { JsonObject } from "../lib/json.ts";
import type { SignalCode, VehicleId } from "./ids.ts";

/** The way a fact came to us. */
export type Source = "webhook" | "poll";

/** Why a signal has no usable value, in Smartcar's words; `BRIDGE` is the type of what we found wrong ourselves. */
export interface SignalError {
  readonly type: string;
  readonly code: string | null;
  readonly message: string | null;
}

/** Smartcar's word for a usable value. Every other status is an open set (`ERROR`, `UNAVAILABLE`, …). */
export const SUCCESS = "SUCCESS";

/**
 * One signal's value or error at one time, from one source. All times are epoch milliseconds, `null` when unknown
 * (missing, 0, unparsable).
 */
export interface Observation {
  readonly code: SignalCode;
  /** PascalCase name and group as Smartcar wrote them, or null. */
  readonly name: string | null;
  readonly group: string | null;
  readonly status: string;
  readonly error: SignalError | null;
  /** Exactly what came in (after the privacy rule), in its own unit; null when there was none. */
  readonly body: JsonObject | null;
  /** When the maker recorded it. */
  readonly oemUpdatedAt: number | null;
  /** When Smartcar fetched it from the maker. */
  readonly retrievedAt: number | null;
  /** Smartcar's per-vehicle counter of deliveries; polls have none. */
  readonly sequence: number | null;
  /** When Smartcar said it: the delivery's own time where there is one, else our arrival time. */
  readonly toldAt: number;
  /** When it arrived here. */
  readonly receivedAt: number;
  readonly source: Source;
}

/** A fault of the whole car or account, as a delivery or an error answer reports it. */
export interface ProblemReport {
  readonly state: "ERROR" | "RESOLVED";
  readonly type: string;
  readonly code: string | null;
  /** Words for the car's owner. */
  readonly message: string | null;
  /** Smartcar's `resolution.type`, e.g. `REAUTHENTICATE`. */
  readonly action: string | null;
  /** Where the owner can mend it; https only. */
  readonly url: string | null;
  readonly at: number;
  /** Codes it is limited to; empty means the whole car. */
  readonly signals: readonly SignalCode[];
}

/** Observations of one vehicle that arrived together. */
export interface Batch {
  readonly vehicleId: VehicleId;
  readonly source: Source;
  readonly receivedAt: number;
  readonly observations: readonly Observation[];
  readonly problems: readonly ProblemReport[];
}
