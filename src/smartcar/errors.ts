import { type BackoffPolicy, backoffDelay, type Random } from "../lib/backoff.ts";
import { minutes, seconds } from "../lib/duration.ts";
import { toError } from "../lib/errors.ts";
import { parseJson } from "../lib/json.ts";
import { CallError, type CallErrorDetails } from "../vehicle/call-error.ts";
import { type ErrorBody, readErrorBody } from "./error-body.ts";
import { SMARTCAR_ERRORS, type SmartcarErrorCode } from "./error-catalogue.ts";
import { classify } from "./taxonomy.ts";
import { readRetryAfter } from "./timestamps.ts";

/** The part of an HTTP answer that decides what a failure means. */
export interface FailedAnswer {
  readonly status: number;
  readonly header: (name: string) => string | undefined;
  readonly text: string;
}

export interface FailureContext {
  readonly now: number;
  readonly random: Random;
  /** How many answers in a row were a rate limit of the whole application, this one included. */
  readonly limitsInRow?: number;
}

/** Waits after a 429 that names no time: the bucket gets two calls a minute. */
const UNNAMED_WAIT: BackoffPolicy = { initialMs: seconds(60), factor: 2, maxMs: minutes(15), jitter: 0.2 };

/** Makes the one error form all callers read out of an answer that is no success. */
export function answerError(answer: FailedAnswer, context: FailureContext): CallError {
  const body = readErrorBody(parseJson(answer.text), answer.status >= 400);
  return bodyError(body, answer, context);
}

/** As {@link answerError}, for an error object already found; its own status counts when the answer's says success. */
export function bodyError(body: ErrorBody | null, answer: FailedAnswer, context: FailureContext): CallError {
  const status = answer.status < 400 && body?.status != null ? body.status : answer.status;
  const row = classify(body?.type ?? null, body?.code ?? null, status);
  const entry = SMARTCAR_ERRORS[row.error];
  return smartcarError(row.error, body?.message ?? `Smartcar answered ${status} without saying why`, {
    scope: row.scope ?? entry.scope,
    status,
    type: body?.type ?? null,
    smartcarCode: body?.code ?? null,
    retryAt: entry.disposition === "wait" ? retryAt(row.error, row.waitAtLeastMs, answer, context) : null,
    requestId: body?.requestId ?? answer.header("sc-request-id") ?? null,
    action: body?.action ?? null,
    url: body?.url ?? row.url ?? null,
    ownerMessage: body?.ownerMessage ?? null,
  });
}

/** A {@link CallError} whose disposition, scope and hint come from the catalogue unless given. */
export function smartcarError(
  code: SmartcarErrorCode,
  message: string,
  details: Partial<CallErrorDetails> = {},
): CallError {
  const entry = SMARTCAR_ERRORS[code];
  return new CallError(code, message, {
    disposition: entry.disposition,
    scope: entry.scope,
    hint: entry.hint,
    status: null,
    type: null,
    smartcarCode: null,
    ...details,
  });
}

/** System errors after which it is certain that no byte of the request was handed over, unless reading or writing met them. */
const NEVER_CONNECTED = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EAI_FAIL",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EADDRNOTAVAIL",
  "UND_ERR_CONNECT_TIMEOUT",
]);
/** The other side's certificate was not believed. */
const UNTRUSTED = /^(?!ERR_SSL).*(CERT|ERR_TLS|UNABLE_TO_VERIFY)/;
/** Other errors of TLS may come at any time later. */
const HANDSHAKE_FAILED = /^ERR_SSL_.*(WRONG_VERSION_NUMBER|HANDSHAKE_FAILURE|PROTOCOL|UNRECOGNIZED_NAME|PACKET_LENGTH)/;
const TIMEOUTS = new Set(["UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "ETIMEDOUT"]);

/** What a failure below HTTP means. Unless the request certainly never left, it counts as sent. */
export function networkError(thrown: unknown, requestId: string | null = null): CallError {
  const cause = toError(thrown);
  const code = codeOf(cause);
  if (isConnectPhase(cause) || (isBeforeRequest(code) && !isUnderWay(cause))) {
    return smartcarError("SC_UNREACHABLE", `no connection to Smartcar (${code || cause.name})`, {
      cause,
      sent: false,
    });
  }
  if (TIMEOUTS.has(code)) return smartcarError("SC_TIMEOUT", "Smartcar did not answer in time", { cause, requestId });
  return smartcarError("SC_CONNECTION_LOST", `the connection to Smartcar broke (${code || cause.name})`, {
    cause,
    requestId,
  });
}

function retryAt(
  code: SmartcarErrorCode,
  waitAtLeastMs: number | undefined,
  answer: FailedAnswer,
  { now, random, limitsInRow }: FailureContext,
): number | null {
  // Nobody knows when the plan's month turns; the budget does its own reckoning.
  if (code === "SC_BILLING") return null;
  const told = readRetryAfter(answer.header("retry-after"), now);
  if (waitAtLeastMs !== undefined) return Math.max(told ?? 0, now + waitAtLeastMs);
  return told ?? now + backoffDelay(UNNAMED_WAIT, limitsInRow ?? 1, random);
}

function codeOf(error: Error): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (typeof code === "string") return code;
  return error.cause instanceof Error ? codeOf(error.cause) : "";
}

function isBeforeRequest(code: string): boolean {
  return NEVER_CONNECTED.has(code) || UNTRUSTED.test(code) || HANDSHAKE_FAILED.test(code);
}

/** A connection that was there can end with "no route" as well, when nothing comes through any more. */
function isUnderWay(error: Error): boolean {
  const { syscall } = error as NodeJS.ErrnoException;
  if (syscall === "read" || syscall === "write") return true;
  return error.cause instanceof Error && isUnderWay(error.cause);
}

function isConnectPhase(error: Error): boolean {
  if ((error as NodeJS.ErrnoException).syscall === "connect") return true;
  // One error per address that was tried.
  return error instanceof AggregateError && error.errors.length > 0 && error.errors.map(toError).every(isConnectPhase);
}
