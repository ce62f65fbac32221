import { AppError, type AppErrorOptions } from "../lib/errors.ts";

/** Whom a refusal concerns: one car, all calls of the application, or the plan (billing). */
export type CallErrorScope = "vehicle" | "application" | "billing";

export interface CallErrorDetails extends AppErrorOptions {
  readonly scope: CallErrorScope;
  /** HTTP status, null when no answer came. */
  readonly status: number | null;
  /** Smartcar's `type` and `code`, open sets; null when the answer carried none. */
  readonly type: string | null;
  readonly smartcarCode: string | null;
  /** Epoch milliseconds before which the call must not be repeated, from `retry-after`. */
  readonly retryAt?: number | null;
  readonly requestId?: string | null;
  /** Smartcar's `resolution.type`. */
  readonly action?: string | null;
  /** Where the owner can mend it; https only. */
  readonly url?: string | null;
  /** Smartcar's words for the owner, if it sent any. */
  readonly ownerMessage?: string | null;
  /** False when the request certainly never left this machine (no connection, no token). */
  readonly sent?: boolean;
}

/**
 * A call to Smartcar that did not succeed, in the one form every caller reads: `disposition` says what to do,
 * `scope` for whom, `retryAt` when.
 */
export class CallError extends AppError {
  override readonly name = "CallError";
  readonly scope: CallErrorScope;
  readonly status: number | null;
  readonly type: string | null;
  readonly smartcarCode: string | null;
  readonly retryAt: number | null;
  readonly requestId: string | null;
  readonly action: string | null;
  readonly url: string | null;
  readonly ownerMessage: string | null;
  readonly sent: boolean;

  constructor(code: string, message: string, details: CallErrorDetails) {
    super(code, message, details);
    this.scope = details.scope;
    this.status = details.status;
    this.type = details.type;
    this.smartcarCode = details.smartcarCode;
    this.retryAt = details.retryAt ?? null;
    this.requestId = details.requestId ?? null;
    this.action = details.action ?? null;
    this.url = details.url ?? null;
    this.ownerMessage = details.ownerMessage ?? null;
    this.sent = details.sent ?? true;
  }
}
