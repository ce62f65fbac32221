import type { Disposition } from "../lib/errors.ts";
import type { CallErrorScope } from "../vehicle/call-error.ts";

export interface CatalogueEntry {
  readonly disposition: Disposition;
  readonly scope: CallErrorScope;
  /** One sentence that says what to do about it. */
  readonly hint: string;
}

/** Every error code of calls to Smartcar. Codes are stable: users and automations may compare them. */
export const SMARTCAR_ERRORS = {
  SC_VALIDATION: {
    disposition: "give-up",
    scope: "vehicle",
    hint: "Smartcar refused the request's content; check the value that was sent.",
  },
  SC_REFUSED: {
    disposition: "give-up",
    scope: "vehicle",
    hint: "Smartcar refused the request for a reason unknown to this version; its words say more.",
  },
  SC_REAUTHORISE: {
    disposition: "re-authorise",
    scope: "vehicle",
    hint: "The car's owner must sign in again through Smartcar Connect.",
  },
  SC_ACCOUNT: {
    disposition: "re-authorise",
    scope: "vehicle",
    hint: "The car's owner must put the account, its subscription or its cars in order in the maker's app.",
  },
  SC_VIRTUAL_KEY: {
    disposition: "re-authorise",
    scope: "vehicle",
    hint: "The car's owner must add Smartcar's virtual key to the car.",
  },
  SC_PERMISSION: {
    disposition: "re-authorise",
    scope: "vehicle",
    hint: "The owner did not grant this permission; choose it in the dashboard and connect the car again.",
  },
  SC_PLATFORM_NOT_CAPABLE: {
    disposition: "re-authorise",
    scope: "vehicle",
    hint: "The car is connected through an account that cannot do this; connect it again with the right one.",
  },
  SC_NOT_CAPABLE: {
    disposition: "give-up",
    scope: "vehicle",
    hint: "This car, its maker or Smartcar does not support this.",
  },
  SC_AUTH: {
    disposition: "fix-config",
    scope: "application",
    hint: "Smartcar refused a new token; check smartcar.client_id, smartcar.vehicle_api_url and smartcar.iam_url.",
  },
  SC_ACCESS_DENIED: {
    disposition: "fix-config",
    scope: "vehicle",
    hint: "This car or user belongs to another application; check that smartcar.client_id is of the application that the car was connected to.",
  },
  SC_CREDENTIALS: {
    disposition: "fix-config",
    scope: "application",
    hint: "Check smartcar.client_id (API credentials, mostly client_…, not the application id) and smartcar.client_secret (dashboard: Configuration, API credentials; not the management token).",
  },
  SC_TOKEN_UNAVAILABLE: {
    disposition: "retry",
    scope: "application",
    hint: "Smartcar's login does not work at the moment; it is tried again. If it lasts, check smartcar.iam_url.",
  },
  SC_NOT_FOUND: {
    disposition: "retry",
    scope: "vehicle",
    hint: "Smartcar does not find this car or signal; after a new connection this may last some minutes.",
  },
  SC_INVALID_PATH: {
    disposition: "bug",
    scope: "vehicle",
    hint: "Smartcar does not know this address; check that the API URLs end in /v3, else report it as a bug.",
  },
  SC_VEHICLE_OFFLINE: {
    disposition: "retry",
    scope: "vehicle",
    hint: "The car cannot be reached (asleep, no coverage, remote access off); try later or wake it by driving.",
  },
  SC_VEHICLE_STATE: {
    disposition: "give-up",
    scope: "vehicle",
    hint: "The car refuses this in its present state (plug, doors, charge, ignition).",
  },
  SC_RATE_LIMITED: {
    disposition: "wait",
    scope: "application",
    hint: "Too many calls; the bridge waits by itself.",
  },
  SC_UPSTREAM_RATE_LIMITED: {
    disposition: "wait",
    scope: "vehicle",
    hint: "The car's maker limits the calls, those of its own app included; the bridge waits by itself.",
  },
  SC_BILLING: {
    disposition: "wait",
    scope: "billing",
    hint: "The plan's calls are used up; they come back when the month turns. Webhooks go on.",
  },
  SC_ACCOUNT_SUSPENDED: {
    disposition: "fix-config",
    scope: "billing",
    hint: "Smartcar suspended the developer account; settle it in the dashboard under Billing.",
  },
  SC_UPSTREAM: {
    disposition: "retry",
    scope: "vehicle",
    hint: "The car maker's service failed; it is tried again.",
  },
  SC_SERVER: {
    disposition: "retry",
    scope: "vehicle",
    hint: "Smartcar failed; it is tried again.",
  },
  SC_SERVER_RECORD: {
    disposition: "retry",
    scope: "vehicle",
    hint: "Smartcar's records of this car are in disorder; tell Smartcar's support the request id.",
  },
  SC_UNREACHABLE: {
    disposition: "retry",
    scope: "application",
    hint: "No connection to Smartcar: check the internet connection, DNS, and the configured Smartcar URLs.",
  },
  SC_CONNECTION_LOST: {
    disposition: "retry",
    scope: "vehicle",
    hint: "The connection to Smartcar broke before the answer was complete.",
  },
  SC_TIMEOUT: {
    disposition: "retry",
    scope: "vehicle",
    hint: "Smartcar did not answer in time.",
  },
  SC_ABORTED: {
    disposition: "retry",
    scope: "vehicle",
    hint: "The call was broken off here, mostly because the program stops.",
  },
  SC_MALFORMED: {
    disposition: "retry",
    scope: "vehicle",
    hint: "Smartcar's answer cannot be read; a proxy in between or a wrong URL may be the reason.",
  },
  SC_INTERNAL: {
    disposition: "bug",
    scope: "vehicle",
    hint: "A fault of this program; please report it with the log.",
  },
} as const satisfies Record<string, CatalogueEntry>;

export type SmartcarErrorCode = keyof typeof SMARTCAR_ERRORS;
