/**
 * What an error asks of whoever catches it. Code branches on this, never on message text.
 *
 * - `retry`: transient; try again with back-off
 * - `wait`: try again, but not before a known time
 * - `fix-config`: a person must change the configuration
 * - `re-authorise`: the car's owner must act (sign in again, grant, pair a key)
 * - `give-up`: permanent for this request
 * - `bug`: ours
 */
export type Disposition = "retry" | "wait" | "fix-config" | "re-authorise" | "give-up" | "bug";

export interface AppErrorOptions {
  readonly disposition: Disposition;
  /** One sentence that says what to do about it. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** Base of all errors this program throws on purpose. `code` is stable and documented. */
export class AppError extends Error {
  override readonly name: string = "AppError";
  readonly code: string;
  readonly disposition: Disposition;
  readonly hint: string | undefined;

  constructor(code: string, message: string, options: AppErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.disposition = options.disposition;
    this.hint = options.hint;
  }
}

/** Turns whatever was thrown into an Error, once, at the place that caught it. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`non-error thrown: ${String(thrown)}`, { cause: thrown });
}

/** The system's error code (`ECONNREFUSED`, `ENOSPC` …) of an error or of its causes, if there is one. */
export function systemCode(thrown: unknown): string | undefined {
  for (let error = thrown, depth = 0; error instanceof Error && depth < 8; error = error.cause, depth++) {
    const code = (error as NodeJS.ErrnoException).code;
    if (typeof code === "string" && /^(E[A-Z0-9]+|UND_ERR_[A-Z_]+|SQLITE_[A-Z_]+|[A-Z_]*CERT[A-Z_]*)$/.test(code)) {
      return code;
    }
  }
  return undefined;
}
