import { asString, isObject, type JsonObject } from "../lib/json.ts";
import { sharedWord } from "../vehicle/catalogue.ts";
import { type Observation, type SignalError, type Source, SUCCESS } from "../vehicle/observation.ts";
import { messageOf } from "./error-body.ts";
import { codeFromText, codeOf } from "./signal-code.ts";
import { readTime } from "./timestamps.ts";

/** What the signals of one answer or delivery have in common. */
export interface SignalContext {
  readonly source: Source;
  readonly receivedAt: number;
  readonly toldAt: number;
  readonly sequence: number | null;
}

/** Statuses without a usable value. */
const ERROR = "ERROR";
const UNAVAILABLE = "UNAVAILABLE";

export interface SignalsRead {
  readonly observations: Observation[];
  /** Entries that could not even be named. */
  readonly skipped: number;
}

/**
 * Reads the signals of an answer or a delivery: a list, or a map from `Group.Name` to the usual object. Null when it is
 * neither. Written by hand and without schemas because thousands of signals a second pass here.
 */
export function readSignals(signals: unknown, context: SignalContext): SignalsRead | null {
  const observations: Observation[] = [];
  let skipped = 0;
  const take = (item: unknown, key: string | null) => {
    const observation = readSignal(item, key, context);
    if (observation === null) skipped++;
    else observations.push(observation);
  };
  if (Array.isArray(signals)) for (const item of signals) take(item, null);
  else if (isObject(signals)) for (const key of Object.keys(signals)) take(signals[key], key);
  else return null;
  return { observations, skipped };
}

/**
 * Turns one wire signal (REST item, flat webhook item, or map entry under `key`) into an observation. A fault in it
 * becomes an ERROR of type `BRIDGE` on this signal alone. Null when the entry does not say which signal it is.
 */
export function readSignal(item: unknown, key: string | null, context: SignalContext): Observation | null {
  const outer = isObject(item) ? item : null;
  const inner = outer !== null && isObject(outer["attributes"]) ? outer["attributes"] : outer;
  const code =
    (inner === null ? null : codeOf(inner)) ??
    (key === null ? null : codeFromText(key)) ??
    // REST items carry the code as their id too.
    (outer !== null && inner !== outer ? codeFromText(outer["id"]) : null);
  if (code === null) return null;

  const wireBody = inner?.["body"];
  const body = isObject(wireBody) ? (wireBody as JsonObject) : null;
  const told = readStatus(inner?.["status"], inner?.["error"]);
  const fault = faultOf(inner, wireBody, told);
  const meta = metaOf(outer, inner);
  return {
    code,
    name: sharedWord(asString(inner?.["name"]) ?? null),
    group: sharedWord(asString(inner?.["group"]) ?? null),
    status: fault !== null ? ERROR : usableStatus(told.status, body),
    error: fault ?? told.error,
    body,
    oemUpdatedAt: readTime(meta["oemUpdatedAt"]),
    retrievedAt: readTime(meta["retrievedAt"] ?? meta["fetchedAt"]),
    sequence: context.sequence,
    toldAt: context.toldAt,
    receivedAt: context.receivedAt,
    source: context.source,
  };
}

interface ToldStatus {
  /** Null before November 2025, when a success had none. */
  readonly status: string | null;
  readonly error: SignalError | null;
  readonly readable: boolean;
}

function readStatus(status: unknown, siblingError: unknown): ToldStatus {
  if (status === undefined || status === null) {
    const error = readError(siblingError);
    return { status: error === null ? null : ERROR, error, readable: true };
  }
  if (typeof status === "string") {
    return { status: status === "" ? null : status.toUpperCase(), error: readError(siblingError), readable: true };
  }
  if (!isObject(status)) return { status: null, error: null, readable: false };
  const error = readError(status["error"]) ?? readError(siblingError);
  const value = asString(status["value"]);
  return { status: value?.toUpperCase() ?? (error === null ? null : ERROR), error, readable: true };
}

/** V3 object, list of them, wrapped, or a bare word. */
function readError(error: unknown): SignalError | null {
  if (typeof error === "string" && error !== "") return { type: error, code: null, message: null };
  const object = Array.isArray(error) ? error.find(isObject) : error;
  if (!isObject(object)) return null;
  if (isObject(object["error"])) return readError(object["error"]);
  if (Array.isArray(object["errors"])) return readError(object["errors"]);
  const type = asString(object["type"]);
  const code = asString(object["code"]) ?? null;
  const message = messageOf(object);
  return type === undefined && code === null && message === null ? null : { type: type ?? "UNKNOWN", code, message };
}

function faultOf(inner: Record<string, unknown> | null, body: unknown, told: ToldStatus): SignalError | null {
  if (inner === null) return malformed("the signal is not an object");
  if (!told.readable) return malformed("its status is neither an object nor a word");
  const wrongBody = body !== undefined && body !== null && !isObject(body);
  if (wrongBody && (told.status === null || told.status === SUCCESS)) return malformed("its body is not an object");
  return null;
}

function malformed(message: string): SignalError {
  return { type: "BRIDGE", code: "MALFORMED", message };
}

function usableStatus(told: string | null, body: JsonObject | null): string {
  if (told !== null && told !== SUCCESS) return told;
  return body === null ? UNAVAILABLE : SUCCESS;
}

function metaOf(outer: Record<string, unknown> | null, inner: Record<string, unknown> | null): Record<string, unknown> {
  const meta = isObject(outer?.["meta"]) ? outer["meta"] : inner?.["meta"];
  return isObject(meta) ? meta : {};
}
