import type { JsonObject } from "../lib/json.ts";

export interface SignalError {
  readonly type: string;
  readonly code: string | null;
}

/** What a car says about one datum now, before Smartcar stamps it. */
export interface Reading {
  readonly status: string;
  readonly error: SignalError | null;
  /** May stand beside an error: the last known body, as some makes leave it there. */
  readonly body: JsonObject | null;
  /** Replaces the stamped times on the wire, verbatim: for times that are 0, in seconds, missing … */
  readonly meta: JsonObject | null;
}

/** One entry of Smartcar's store. Times are epoch milliseconds. */
export interface StoredSignal extends Reading {
  readonly code: string;
  readonly oemUpdatedAt: number;
  readonly retrievedAt: number;
  readonly ingestedAt: number;
}

export function reading(body: JsonObject, meta: JsonObject | null = null): Reading {
  return { status: "SUCCESS", error: null, body, meta };
}

export function failedReading(type: string, code: string | null, staleBody: JsonObject | null = null): Reading {
  return { status: "ERROR", error: { type, code }, body: staleBody, meta: null };
}

export const NOT_CAPABLE = failedReading("COMPATIBILITY", "VEHICLE_NOT_CAPABLE");
/** Seen as 0 on the wire: the maker never dated it. */
export const UNDATED: JsonObject = { oemUpdatedAt: 0 };
