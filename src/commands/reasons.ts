import { CallError } from "../vehicle/call-error.ts";
import { quirkHint } from "../vehicle/quirk.ts";
import type { CommandName } from "./catalogue.ts";
import type { ExecutionError } from "./execution.ts";

/** Why an execution ended without being sent. */
export const SHUTDOWN: ExecutionError = {
  type: "REJECTED",
  code: "SHUTDOWN",
  message: "the bridge is stopping; waiting commands are not sent",
  action: "give the command again once the bridge runs",
};
export const SUPERSEDED: ExecutionError = {
  type: "SUPERSEDED",
  code: null,
  message: "a newer value took its place before it was sent",
  action: null,
};
export const BUSY: ExecutionError = {
  type: "REJECTED",
  code: "BUSY",
  message: "too many commands are waiting for this vehicle",
  action: "wait for the earlier results",
};
export const OVER_BUDGET: ExecutionError = {
  type: "REJECTED",
  code: "OVER_BUDGET",
  message: "the month's calls of this vehicle are used up",
  action: "raise polling.monthly_budget if your plan has more, or wait for the month to turn",
};

/** A failure in the words of a result. */
export function errorOf(error: Error): ExecutionError {
  if (!(error instanceof CallError)) {
    return { type: "BRIDGE", code: null, message: error.message, action: "see the bridge's log" };
  }
  return {
    type: error.type ?? "BRIDGE",
    code: error.smartcarCode ?? (error.type === null ? error.code : null),
    message: error.ownerMessage ?? error.message,
    action: error.url ?? error.hint ?? null,
  };
}

/** The same with what is known of the make, where that explains it. */
export function withHint(error: ExecutionError, make: string | null, command: CommandName): ExecutionError {
  const hint = quirkHint(make, command, error.code);
  return hint === null ? error : { ...error, message: `${error.message} (${hint})` };
}

/** Whether the car will never do it: `SMARTCAR_NOT_CAPABLE` may pass (while charging, say); these do not. */
export function isPermanentIncapacity(error: CallError): boolean {
  return (
    error.type === "COMPATIBILITY" &&
    (error.smartcarCode === "VEHICLE_NOT_CAPABLE" || error.smartcarCode === "MAKE_NOT_COMPATIBLE")
  );
}
