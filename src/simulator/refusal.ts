import { AppError } from "../lib/errors.ts";
import type { JsonObject } from "../lib/json.ts";

export interface Resolution {
  readonly type: string | null;
  readonly url?: string | undefined;
}

/** One "no" of the cloud, in the terms of Smartcar's error taxonomy. */
export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly detail: string;
  readonly resolution?: Resolution | undefined;
  readonly suggestedUserMessage?: string | undefined;
  /** The `retry-after` header, exactly as sent. */
  readonly retryAfter?: string | undefined;
}

/** The shapes in which Smartcar's errors have been seen; a client must read them all. */
export type ErrorForm = "list" | "flat" | "wrapped" | "oauth";

/** Thrown by a handler; the exchange turns it into the answer. */
export class RefusedCall extends AppError {
  override readonly name = "RefusedCall";
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super("SIMULATOR_REFUSED", refusal.detail, { disposition: "give-up" });
    this.refusal = refusal;
  }
}

export function refuse(status: number, type: string, code: string | null, detail: string): RefusedCall {
  return new RefusedCall({ status, type, code, detail });
}

export function refusalBody(refusal: Refusal, form: ErrorForm, requestId: string): JsonObject {
  switch (form) {
    case "list":
      return { errors: [listEntry(refusal, requestId)] };
    case "flat":
      return flatBody(refusal, requestId);
    case "wrapped":
      return { error: flatBody(refusal, requestId) };
    case "oauth":
      return { error: refusal.code ?? refusal.type, error_description: refusal.detail };
  }
}

function listEntry(refusal: Refusal, requestId: string): JsonObject {
  return {
    // A string in this form, a number in the flat one: both as seen in real answers.
    status: String(refusal.status),
    type: refusal.type,
    code: refusal.code,
    title: refusal.type,
    detail: refusal.detail,
    ...resolutionOf(refusal),
    ...messageOf(refusal),
    links: { about: aboutUrl(refusal) },
    meta: { debug: { requestId } },
  };
}

function flatBody(refusal: Refusal, requestId: string): JsonObject {
  return {
    type: refusal.type,
    code: refusal.code,
    description: refusal.detail,
    docURL: aboutUrl(refusal),
    statusCode: refusal.status,
    requestId,
    ...resolutionOf(refusal),
    ...messageOf(refusal),
  };
}

function resolutionOf({ resolution }: Refusal): JsonObject {
  if (resolution === undefined) return {};
  const { type, url } = resolution;
  return { resolution: url === undefined ? { type } : { type, url } };
}

function messageOf({ suggestedUserMessage }: Refusal): JsonObject {
  return suggestedUserMessage === undefined ? {} : { suggestedUserMessage };
}

function aboutUrl({ type }: Refusal): string {
  return `https://smartcar.com/docs/errors/api-errors/${type.toLowerCase().replaceAll("_", "-")}-errors`;
}
