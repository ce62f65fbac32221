import type { JsonValue } from "../lib/json.ts";
import type { VehicleId } from "../vehicle/ids.ts";
import type { CommandName } from "./catalogue.ts";
import type { ReplyAddress } from "./request.ts";

export interface ExecutionError {
  readonly type: string;
  readonly code: string | null;
  readonly message: string;
  readonly action: string | null;
}

export type FinalStatus = "succeeded" | "failed" | "rejected" | "superseded" | "unknown";
/** `waiting` was never sent; `sent` may have reached the car. */
export type ExecutionState = "waiting" | "sent" | FinalStatus;

/** The life of one request: the row of the audit table. Instants are epoch milliseconds. */
export interface Execution {
  /** The audit row's number. */
  readonly key: number;
  readonly id: string;
  readonly vehicleId: VehicleId | null;
  /** The vehicle's topic name, as the request used it. */
  readonly topic: string;
  readonly command: CommandName;
  readonly value: JsonValue;
  readonly state: ExecutionState;
  readonly confirmed: boolean;
  readonly error: ExecutionError | null;
  readonly requestedAt: number;
  readonly sentAt: number | null;
  readonly completedAt: number | null;
  /** Billed calls it cost. */
  readonly calls: number;
  readonly reply: ReplyAddress;
}

/** The JSON of `B/V/<command>/result`. */
export interface CommandResult {
  readonly id: string;
  readonly command: CommandName;
  readonly value: JsonValue;
  readonly status: FinalStatus;
  readonly confirmed: boolean;
  readonly error: ExecutionError | null;
  readonly requested_at: string;
  readonly sent_at: string | null;
  readonly completed_at: string;
  readonly duration_ms: number;
  readonly calls: number;
}

export type ExecutionEvent =
  | { readonly type: "send"; readonly at: number }
  | {
      readonly type: "end";
      readonly status: FinalStatus;
      readonly at: number;
      readonly error: ExecutionError | null;
      readonly calls: number;
    }
  | { readonly type: "confirm" };

/**
 * The state machine of one execution. Pure. A step that would send twice, or change how something ended, is not
 * possible: it returns null.
 */
export function advance(execution: Execution, event: ExecutionEvent): Execution | null {
  switch (event.type) {
    case "send":
      return execution.state === "waiting" ? { ...execution, state: "sent", sentAt: event.at } : null;
    case "end": {
      const possible = execution.state === "waiting" ? UNSENT_ENDS : execution.state === "sent" ? SENT_ENDS : NONE;
      if (!possible.has(event.status)) return null;
      const { status: state, at: completedAt, error, calls } = event;
      return { ...execution, state, completedAt, error, calls };
    }
    case "confirm":
      return execution.state === "succeeded" || execution.state === "unknown" ? confirm(execution) : null;
  }
}

const NONE: ReadonlySet<FinalStatus> = new Set();
const UNSENT_ENDS: ReadonlySet<FinalStatus> = new Set(["rejected", "superseded"]);
const SENT_ENDS: ReadonlySet<FinalStatus> = new Set(["succeeded", "failed", "unknown"]);

function confirm(execution: Execution): Execution | null {
  return execution.confirmed ? null : { ...execution, confirmed: true };
}

/** What is published of a finished execution; null while it is not finished. */
export function resultOf(execution: Execution): CommandResult | null {
  const { state, completedAt } = execution;
  if (state === "waiting" || state === "sent" || completedAt === null) return null;
  return {
    id: execution.id,
    command: execution.command,
    value: execution.value,
    status: state,
    confirmed: execution.confirmed,
    error: execution.error,
    requested_at: new Date(execution.requestedAt).toISOString(),
    sent_at: execution.sentAt === null ? null : new Date(execution.sentAt).toISOString(),
    completed_at: new Date(completedAt).toISOString(),
    duration_ms: Math.max(0, completedAt - execution.requestedAt),
    calls: execution.calls,
  };
}

/** What becomes of an unfinished execution found after a restart: never a second send. */
export function recover(execution: Execution, now: number): Execution | null {
  return execution.state === "waiting"
    ? advance(execution, { type: "end", status: "rejected", at: now, calls: 0, error: RESTARTED_UNSENT })
    : advance(execution, { type: "end", status: "unknown", at: now, calls: 1, error: RESTARTED_SENT });
}

const RESTARTED_UNSENT: ExecutionError = {
  type: "REJECTED",
  code: "RESTARTED",
  message: "the bridge stopped before the command was sent; it is not carried out late",
  action: "give the command again if it is still wanted",
};
const RESTARTED_SENT: ExecutionError = {
  type: "UNKNOWN",
  code: "RESTARTED",
  message: "the bridge stopped while the command was under way; its outcome was never learnt",
  action: "look at the car's state before giving the command again",
};
