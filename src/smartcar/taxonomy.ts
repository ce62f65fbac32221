import { hours } from "../lib/duration.ts";
import type { CallErrorScope } from "../vehicle/call-error.ts";
import type { SmartcarErrorCode } from "./error-catalogue.ts";

/** One line of Smartcar's error table and what it means to us. */
export interface TaxonomyRow {
  readonly type: string;
  /** `null` stands for a missing code; no list at all for every other code of this type, known or not. */
  readonly codes?: readonly (string | null)[];
  /** Where type and code alone do not decide. */
  readonly status?: number;
  readonly error: SmartcarErrorCode;
  /** Where the catalogue's scope does not fit. */
  readonly scope?: CallErrorScope;
  /** The call is not repeated before this time has passed, whatever `retry-after` says. */
  readonly waitAtLeastMs?: number;
  /** Where the owner can mend it, when the answer names no place. */
  readonly url?: string;
}

/**
 * Smartcar's error types and codes, fact sheet 11.2, first match wins. Both are open sets: the last row of a type takes
 * what nobody has seen yet.
 */
export const TAXONOMY: readonly TaxonomyRow[] = [
  { type: "VALIDATION", error: "SC_VALIDATION" },
  {
    type: "CONNECTED_SERVICES_ACCOUNT",
    codes: ["AUTHENTICATION_FAILED", "PERMISSION"],
    error: "SC_REAUTHORISE",
  },
  {
    type: "CONNECTED_SERVICES_ACCOUNT",
    codes: ["VIRTUAL_KEY_REQUIRED"],
    error: "SC_VIRTUAL_KEY",
    url: "https://www.tesla.com/_ak/smartcar.com",
  },
  { type: "CONNECTED_SERVICES_ACCOUNT", error: "SC_ACCOUNT" },
  { type: "AUTHENTICATION", codes: ["ACCESS_DENIED"], error: "SC_ACCESS_DENIED" },
  { type: "AUTHENTICATION", status: 403, error: "SC_ACCESS_DENIED" },
  { type: "AUTHENTICATION", error: "SC_AUTH" },
  { type: "PERMISSION", error: "SC_PERMISSION" },
  { type: "RESOURCE_NOT_FOUND", codes: ["PATH", "INVALID_PATH", "VERSION"], error: "SC_INVALID_PATH" },
  { type: "RESOURCE_NOT_FOUND", error: "SC_NOT_FOUND" },
  {
    type: "VEHICLE_STATE",
    codes: [
      "CHARGING_IN_PROGRESS",
      "CHARGING_PLUG_NOT_CONNECTED",
      "NOT_CHARGING",
      "FULLY_CHARGED",
      "CHARGE_FAULT",
      "DOOR_OPEN",
      "HOOD_OPEN",
      "TRUNK_OPEN",
      "IGNITION_ON",
      "IN_MOTION",
    ],
    error: "SC_VEHICLE_STATE",
  },
  // ASLEEP, UNREACHABLE, REMOTE_ACCESS_DISABLED, VEHICLE_OFFLINE_FOR_SERVICE, UNKNOWN, and what comes new.
  { type: "VEHICLE_STATE", error: "SC_VEHICLE_OFFLINE" },
  { type: "RATE_LIMIT", codes: ["VEHICLE"], error: "SC_RATE_LIMITED", scope: "vehicle" },
  { type: "RATE_LIMIT", error: "SC_RATE_LIMITED" },
  { type: "BILLING", codes: ["ACCOUNT_SUSPENDED"], error: "SC_ACCOUNT_SUSPENDED" },
  { type: "BILLING", error: "SC_BILLING" },
  { type: "SERVER", codes: ["MULTIPLE_RECORDS_FOUND", "RECORD_NOT_FOUND"], error: "SC_SERVER_RECORD" },
  { type: "SERVER", error: "SC_SERVER" },
  { type: "COMPATIBILITY", codes: ["PLATFORM_NOT_CAPABLE"], error: "SC_PLATFORM_NOT_CAPABLE" },
  { type: "COMPATIBILITY", error: "SC_NOT_CAPABLE" },
  { type: "UPSTREAM", codes: ["RATE_LIMIT"], error: "SC_UPSTREAM_RATE_LIMITED", waitAtLeastMs: hours(1) },
  { type: "UPSTREAM", error: "SC_UPSTREAM" },
];

/** What an answer means whose type is missing or unknown. */
const BY_STATUS: Record<number, SmartcarErrorCode> = {
  400: "SC_VALIDATION",
  401: "SC_AUTH",
  403: "SC_ACCESS_DENIED",
  404: "SC_NOT_FOUND",
  408: "SC_TIMEOUT",
  409: "SC_VEHICLE_OFFLINE",
  422: "SC_VALIDATION",
  429: "SC_RATE_LIMITED",
  430: "SC_BILLING",
};

/** Branches on type and code first, on the HTTP status second; a 5xx of unknown type is never the owner's business. */
export function classify(type: string | null, code: string | null, status: number): TaxonomyRow {
  const wantedType = type?.toUpperCase() ?? "";
  const wantedCode = code?.toUpperCase() ?? null;
  const row = TAXONOMY.find(
    (candidate) =>
      candidate.type === wantedType &&
      (candidate.status === undefined || candidate.status === status) &&
      (candidate.codes === undefined || candidate.codes.includes(wantedCode)),
  );
  return row ?? { type: wantedType, error: byStatus(status) };
}

function byStatus(status: number): SmartcarErrorCode {
  const known = BY_STATUS[status];
  if (known !== undefined) return known;
  if (status >= 500) return "SC_SERVER";
  // Redirects are never followed: a token must not travel to wherever a misconfigured host points.
  return status >= 300 && status < 400 ? "SC_MALFORMED" : "SC_REFUSED";
}
