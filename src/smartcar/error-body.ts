import { asString, isObject } from "../lib/json.ts";

/** What an error answer says, whatever form it came in; null where it says nothing. */
export interface ErrorBody {
  readonly status: number | null;
  readonly type: string | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly action: string | null;
  readonly url: string | null;
  readonly requestId: string | null;
  readonly ownerMessage: string | null;
}

/**
 * Finds the error in a parsed answer: V3 list, V2 flat, wrapped, or OAuth (fact sheet 11.1). Null when there is none.
 * `lenient` also takes an object that only carries a message, as gateways send with an error status.
 */
export function readErrorBody(json: unknown, lenient = false): ErrorBody | null {
  if (!isObject(json)) return null;
  if (Array.isArray(json["errors"])) {
    const first = json["errors"].find(isObject);
    if (first !== undefined) return fields(first);
  }
  const wrapped = json["error"];
  if (isObject(wrapped)) return readErrorBody(wrapped) ?? fields(wrapped);
  if (typeof wrapped === "string" && wrapped !== "") {
    return { ...fields(json), type: asString(json["type"]) ?? null, code: wrapped };
  }
  if (isObject(json["data"])) return null;
  const flat =
    asString(json["type"]) !== undefined || (asString(json["code"]) !== undefined && json["statusCode"] !== undefined);
  return flat || (lenient && messageOf(json) !== null) ? fields(json) : null;
}

/** Only https links reach people: others could run script or leave the encrypted web. */
export function httpsUrl(value: unknown): string | null {
  const text = asString(value);
  const url = text === undefined ? null : URL.parse(text);
  return url !== null && url.protocol === "https:" && url.username === "" && url.password === "" ? url.href : null;
}

/** Smartcar's `resolution`: an object, a bare word, or nothing. */
export function readResolution(value: unknown): { action: string | null; url: string | null } {
  if (isObject(value)) return { action: asString(value["type"]) ?? null, url: httpsUrl(value["url"]) };
  return { action: asString(value) ?? null, url: null };
}

/** Its sentence: the `detail` of V3 (a list in V2), the `description` of V2, or whatever else is text. */
export function messageOf(error: Record<string, unknown>): string | null {
  for (const key of ["detail", "description", "title", "error_description", "message"]) {
    const text = words(error[key]);
    if (text !== null) return text;
  }
  return null;
}

/** Letters and digits of a vehicle identification number, which has no I, O or Q. */
const VIN = /\b(?=[A-Z]*\d)(?=\d*[A-Z])[A-HJ-NPR-Z0-9]{17}\b/g;

/** A sentence of Smartcar's for people. It goes into results, reports and logs, where no VIN belongs. */
export function words(value: unknown): string | null {
  return asString(value)?.replace(VIN, "(VIN)") ?? null;
}

function fields(error: Record<string, unknown>): ErrorBody {
  const meta = isObject(error["meta"]) ? error["meta"] : {};
  const debug = isObject(meta["debug"]) ? meta["debug"] : {};
  return {
    status: readStatus(error["status"]) ?? readStatus(error["statusCode"]),
    type: asString(error["type"]) ?? null,
    code: asString(error["code"]) ?? null,
    message: messageOf(error),
    ...readResolution(error["resolution"]),
    requestId: asString(error["requestId"]) ?? asString(debug["requestId"]) ?? asString(meta["requestId"]) ?? null,
    ownerMessage: words(error["suggestedUserMessage"]),
  };
}

function readStatus(value: unknown): number | null {
  const status = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof status === "number" && Number.isInteger(status) && status >= 100 && status < 600 ? status : null;
}
