import { isObject } from "../lib/json.ts";
import { signalSpec } from "../vehicle/catalogue.ts";
import { type SignalCode, signalCode } from "../vehicle/ids.ts";

/** Groups of the catalogue, lower-case: the only way to see that an event has name and group swapped. */
const GROUPS = new Set([
  "charge",
  "climate",
  "closure",
  "connectivitysoftware",
  "connectivitystatus",
  "diagnostics",
  "hvac",
  "internalcombustionengine",
  "location",
  "lowvoltagebattery",
  "motion",
  "odometer",
  "service",
  "surveillance",
  "tractionbattery",
  "transmission",
  "vehicleidentification",
  "vehicleuseraccount",
  "wheel",
]);

/** Codes become topics and keys: anything with other characters is not taken. */
const SAFE = /^[a-z0-9][a-z0-9_.-]{0,127}$/;

/** The code of `group` and `name`; also when one recorded event had them the wrong way round. */
export function codeFromParts(group: unknown, name: unknown): SignalCode | null {
  if (typeof group !== "string" || typeof name !== "string") return null;
  const first = group.toLowerCase();
  const second = name.toLowerCase();
  const swapped = !GROUPS.has(first) && GROUPS.has(second);
  return safe(swapped ? `${second}-${first}` : `${first}-${second}`);
}

/** The code of a text: already a code, or `Group.Name`. */
export function codeFromText(text: unknown): SignalCode | null {
  if (typeof text !== "string") return null;
  // Nearly all there is, and thousands of them a second: known codes need no second look.
  const known = signalSpec(text as SignalCode);
  if (known !== undefined) return known.code;
  const dot = text.indexOf(".");
  return dot > 0 ? codeFromParts(text.slice(0, dot), text.slice(dot + 1)) : safe(text.toLowerCase());
}

/** The code of a reference to a signal: an object with `code`, or with `group` and `name`, or a text. */
export function codeOf(reference: unknown): SignalCode | null {
  if (!isObject(reference)) return codeFromText(reference);
  const code = reference["code"];
  if (typeof code === "string" && code !== "") return codeFromText(code);
  return codeFromParts(reference["group"], reference["name"]);
}

export function codesOf(references: unknown): SignalCode[] {
  return Array.isArray(references) ? references.map(codeOf).filter((code) => code !== null) : [];
}

function safe(text: string): SignalCode | null {
  return SAFE.test(text) ? signalCode(text) : null;
}
