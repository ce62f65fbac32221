import { asString, isObject, parseJson } from "../lib/json.ts";
import type { CallError } from "../vehicle/call-error.ts";
import { readErrorBody } from "./error-body.ts";
import { smartcarError } from "./errors.ts";
import type { HttpAnswer, HttpRequest } from "./http.ts";
import { readRetryAfter } from "./timestamps.ts";

/** How a token lives when the answer does not say, or says nonsense. */
const DEFAULT_LIFE_S = 3_600;
/** A token is renewed daily at least, whatever was promised. */
const LONGEST_LIFE_S = 86_400;

export interface IssuedToken {
  readonly token: string;
  readonly lifeMs: number;
}

/** The docs show a form, the specification JSON; both were seen working. */
export type TokenBodyForm = "form" | "json";

/** OAuth 2 client credentials. The secret goes into the body, never into the URL or a header that proxies log. */
export function tokenRequest(
  url: URL,
  clientId: string,
  clientSecret: string,
  form: TokenBodyForm,
  signal: AbortSignal,
): HttpRequest {
  const fields = { grant_type: "client_credentials", client_id: clientId, client_secret: clientSecret };
  return {
    method: "POST",
    url,
    kind: "read",
    signal,
    headers: { "content-type": form === "form" ? "application/x-www-form-urlencoded" : "application/json" },
    body: form === "form" ? new URLSearchParams(fields).toString() : JSON.stringify(fields),
  };
}

/** @throws CallError when it holds no usable token. */
export function readToken(answer: HttpAnswer): IssuedToken {
  const json = parseJson(answer.text);
  const token = isObject(json) ? asString(json["access_token"]) : undefined;
  // Anything but visible ASCII could not be sent as a header.
  if (!isObject(json) || token === undefined || !/^[\x21-\x7e]+$/.test(token)) {
    throw smartcarError("SC_MALFORMED", "the login's answer holds no token", {
      scope: "application",
      status: answer.status,
      requestId: answer.requestId,
      sent: false,
    });
  }
  return { token, lifeMs: lifeSeconds(json["expires_in"]) * 1_000 };
}

/** Tells a wrong configuration (the login understood us and refuses) from an outage (anything else). */
export function tokenRefusal(answer: HttpAnswer, now: number): CallError {
  const body = readErrorBody(parseJson(answer.text), true);
  const understood = (answer.status === 400 || answer.status === 401) && body !== null;
  const details = {
    status: answer.status,
    type: body?.type ?? null,
    smartcarCode: body?.code ?? null,
    requestId: body?.requestId ?? answer.requestId,
    sent: false,
  };
  if (understood) {
    return smartcarError("SC_CREDENTIALS", `the login was refused: ${body.message ?? body.code ?? "no reason given"}`, {
      ...details,
    });
  }
  const retryAt = readRetryAfter(answer.header("retry-after"), now);
  return smartcarError("SC_TOKEN_UNAVAILABLE", `the login answered ${answer.status}`, {
    ...details,
    retryAt,
    ...(retryAt === null ? {} : { disposition: "wait" as const }),
  });
}

/** Whether another secret may help: the login did not believe that we are who we say. */
export function isWrongSecret(error: CallError): boolean {
  return error.code === "SC_CREDENTIALS" && (error.smartcarCode === "invalid_client" || error.status === 401);
}

function lifeSeconds(value: unknown): number {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && number > 0 ? Math.min(number, LONGEST_LIFE_S) : DEFAULT_LIFE_S;
}
