import { hours, minutes } from "../lib/duration.ts";
import { CallError } from "../vehicle/call-error.ts";
import type { ProblemReport } from "../vehicle/observation.ts";
import { NO_DATA } from "../vehicle/problem.ts";

const HOLD_OWNER_MS = hours(24);
const HOLD_MAKER_LIMIT_MS = hours(1);
const HOLD_RATE_LIMIT_MS = minutes(15);

/** How long a refused read keeps a vehicle from being read (epoch milliseconds), and why; null: not at all. */
export function holdFor(error: CallError, now: number): { until: number; reason: string } | null {
  if (error.retryAt !== null) return { until: error.retryAt, reason: "Smartcar asked to wait" };
  if (error.disposition === "re-authorise") return { until: now + HOLD_OWNER_MS, reason: "the car's owner must act" };
  if (error.type === "UPSTREAM" && error.disposition === "wait") {
    return { until: now + HOLD_MAKER_LIMIT_MS, reason: "the car maker's limit is reached" };
  }
  if (error.status === 429) return { until: now + HOLD_RATE_LIMIT_MS, reason: "Smartcar asked to slow down" };
  return null;
}

/** The problem of a vehicle of which Smartcar holds nothing. */
export function emptyStore(at: number): ProblemReport {
  return {
    state: "ERROR",
    type: NO_DATA,
    code: "EMPTY_STORE",
    message:
      "Smartcar holds no data of this car yet. Create a webhook in the Smartcar dashboard, verify it and subscribe the car to it; the first data follow within minutes.",
    action: null,
    url: null,
    at,
    signals: [],
  };
}

/** The month has no call left for this read. */
export function overBudget(resetsAt: number): CallError {
  return new CallError("OVER_BUDGET", "the month's calls of this vehicle are used up", {
    disposition: "wait",
    hint: "raise polling.monthly_budget if your plan has more calls, or wait for the month to turn",
    scope: "billing",
    status: null,
    type: null,
    smartcarCode: null,
    retryAt: resetsAt,
    sent: false,
  });
}
