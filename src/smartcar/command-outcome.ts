import { isObject, parseJson } from "../lib/json.ts";
import type { CallError } from "../vehicle/call-error.ts";
import { malformed } from "./caller.ts";
import { type ErrorBody, readErrorBody } from "./error-body.ts";
import type { HttpAnswer } from "./http.ts";

/**
 * What became of a command. `unknown`: it may have been carried out, and nobody told; it is never sent again.
 */
export type CommandOutcome =
  | { readonly outcome: "succeeded"; readonly requestId: string | null }
  | { readonly outcome: "failed"; readonly error: CallError }
  | { readonly outcome: "unknown"; readonly error: CallError };

/** Refusals at the door: whatever their body looks like, nothing was done. */
const NEVER_DONE = new Set([401, 429, 430]);
/** A gateway gave up waiting; the command may go on behind it. */
const GAVE_UP_WAITING = new Set([503, 504]);

/**
 * Judges a command by its whole body: a 202 is sent while the command still runs, and its outcome follows on the same
 * connection, a failure too (fact sheet 6).
 */
export function judgeCommand(
  answer: HttpAnswer,
  refusal: (answer: HttpAnswer, body?: ErrorBody) => CallError,
): CommandOutcome {
  const json = parseJson(answer.text);
  const body = readErrorBody(json, answer.status >= 400) ?? errorInStatus(json);
  if (body !== null) {
    const error = refusal(answer, body);
    const undecided = GAVE_UP_WAITING.has(answer.status) || GAVE_UP_WAITING.has(error.status ?? 0);
    return { outcome: undecided ? "unknown" : "failed", error };
  }
  if (NEVER_DONE.has(answer.status)) return { outcome: "failed", error: refusal(answer) };
  if (answer.status < 200 || answer.status > 299) return { outcome: "unknown", error: refusal(answer) };
  if (answer.status === 204 || saysSuccess(json)) return { outcome: "succeeded", requestId: answer.requestId };
  return { outcome: "unknown", error: malformed(answer, "Smartcar did not say what became of the command") };
}

function statusOf(json: unknown): unknown {
  const data = isObject(json) ? json["data"] : undefined;
  const attributes = isObject(data) ? data["attributes"] : undefined;
  return isObject(attributes) ? attributes["status"] : undefined;
}

function saysSuccess(json: unknown): boolean {
  const status = statusOf(json);
  // V2 answered `{"status": "success"}`.
  const word = isObject(status) ? status["value"] : (status ?? (isObject(json) ? json["status"] : undefined));
  return typeof word === "string" && word.toUpperCase() === "SUCCESS";
}

/** An execution that ended in an error tells it beside its status. */
function errorInStatus(json: unknown): ErrorBody | null {
  const status = statusOf(json);
  if (!isObject(status)) return null;
  if (isObject(status["error"]) || Array.isArray(status["errors"])) return readErrorBody(status);
  const word = typeof status["value"] === "string" ? status["value"].toUpperCase() : "";
  return word === "ERROR" || word === "FAILED" || word === "FAILURE" ? readErrorBody({ error: status }) : null;
}
