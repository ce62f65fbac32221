import { hours, minutes } from "../lib/duration.ts";
import { CallError } from "../vehicle/call-error.ts";
import type { ProblemReport } from "../vehicle/observation.ts";
import { NO_DATA } from "../vehicle/problem.ts";
import type { Plan } from "./plan.ts";

const HOLD_OWNER_MS = hours(24);
const HOLD_RATE_LIMIT_MS = minutes(15);

/** What keeps a vehicle from being read, as its plan notes it. */
export type Hold = Pick<Plan, "holdUntil" | "holdReason" | "holdIsFirm">;

export const NO_HOLD: Hold = { holdUntil: null, holdReason: null, holdIsFirm: false };

/** How a refusal keeps a vehicle from being read. */
export function holdFor(error: CallError, now: number): Hold {
  const hold = (holdUntil: number, holdReason: string, holdIsFirm: boolean) => ({ holdUntil, holdReason, holdIsFirm });
  const isFirm = error.scope === "vehicle";
  if (error.retryAt !== null) {
    const whose = error.type === "UPSTREAM" ? "the car maker's limit is reached" : "Smartcar asked to wait";
    return hold(error.retryAt, whose, isFirm);
  }
  if (error.disposition === "re-authorise") return hold(now + HOLD_OWNER_MS, "the car's owner must act", false);
  if (error.status === 429) return hold(now + HOLD_RATE_LIMIT_MS, "Smartcar asked to slow down", isFirm);
  return NO_HOLD;
}

/** The hold of a plan after another refusal: a firm one that still runs is never cut short. */
export function withHold<P extends Hold>(plan: P, next: Hold, now: number): P {
  const isKept = plan.holdIsFirm && (plan.holdUntil ?? 0) > Math.max(now, next.holdUntil ?? 0);
  return isKept ? plan : { ...plan, ...next };
}

/** Why a vehicle may not be read at `now`, whoever wishes it; null when it may. */
export function askedToWait({ holdUntil, holdReason, holdIsFirm }: Hold, now: number): CallError | null {
  if (!holdIsFirm || holdUntil === null || holdUntil <= now) return null;
  return new CallError("SC_RATE_LIMITED", holdReason ?? "Smartcar asked to wait", {
    disposition: "wait",
    hint: `the next read is possible at ${new Date(holdUntil).toISOString()}`,
    scope: "vehicle",
    status: null,
    type: "RATE_LIMIT",
    smartcarCode: "VEHICLE",
    retryAt: holdUntil,
    sent: false,
  });
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
