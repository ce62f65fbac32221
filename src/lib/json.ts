export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A text with something in it, in whole characters: half ones cannot be written to a database or a topic. */
export function asString(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value.toWellFormed() : undefined;
}

/** Nothing anybody means is nested deeper, and code that walks through it must not run out of stack. */
const DEEPEST = 100;

/**
 * Parses text as JSON; `undefined` when it is none (JSON itself has no `undefined`), or none that can be handled: nested
 * deeper than 100 levels. Numbers beyond all bounds become null, since JSON could not write them again.
 */
export function parseJson(text: string): JsonValue | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (isEndless(parsed)) return null;
    return isTame(parsed, 0) ? (parsed as JsonValue) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Mends what was just parsed in place: this runs for every delivery, so nothing is copied. It walks over the values, since
 * asking fresh objects for their keys costs more than parsing them did.
 */
function isTame(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (depth >= DEEPEST) return false;
  const members: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  let isMended = true;
  for (const member of members) {
    if (isEndless(member)) isMended = false;
    else if (!isTame(member, depth + 1)) return false;
  }
  if (!isMended) mend(value as Record<string, unknown>);
  return true;
}

function mend(members: Record<string, unknown>): void {
  for (const key of Object.keys(members)) {
    if (isEndless(members[key])) members[key] = null;
  }
}

function isEndless(value: unknown): boolean {
  return typeof value === "number" && !Number.isFinite(value);
}

/** Whether two values say the same as JSON; the order of an object's keys does not matter. */
export function jsonEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => jsonEqual(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && jsonEqual(a[key], b[key]))
  );
}
