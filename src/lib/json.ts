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
/** What may be a number too large to be one, or so many digits that they are; JSON could not write it again. */
const ENORMOUS = /\de\+?\d{3}/i;
const MANY_DIGITS = 200;

/**
 * Parses text as JSON; `undefined` when it is none (JSON itself has no `undefined`), or none that can be handled: nested
 * deeper than 100 levels. Numbers beyond all bounds become null.
 */
export function parseJson(text: string): JsonValue | undefined {
  if (isTooDeep(text)) return undefined;
  try {
    return (mayBeEnormous(text) ? JSON.parse(text, finite) : JSON.parse(text)) as JsonValue;
  } catch {
    return undefined;
  }
}

function finite(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}

function mayBeEnormous(text: string): boolean {
  // So many digits in a row stand on one of these places at least.
  for (let at = MANY_DIGITS - 1; at < text.length; at += MANY_DIGITS) {
    if (isDigit(text, at) && /\d{200}/.test(text.slice(Math.max(0, at - MANY_DIGITS), at + MANY_DIGITS))) return true;
  }
  return ENORMOUS.test(text);
}

function isDigit(text: string, at: number): boolean {
  const letter = text.charCodeAt(at);
  return letter >= 0x30 && letter <= 0x39;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[` and `{`, `]` and `}` differ in one bit. */
const BRACKET_BIT = 0x20;

function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const letter = text.charCodeAt(i);
    if (letter === QUOTE) {
      // Brackets inside a text count for nothing.
      do i = text.indexOf('"', i + 1);
      while (i > 0 && isEscaped(text, i));
      if (i < 0) return false;
    } else if ((letter | BRACKET_BIT) === 0x7b) {
      if (++depth > DEEPEST) return true;
    } else if ((letter | BRACKET_BIT) === 0x7d) depth--;
  }
  return false;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
  return slashes % 2 === 1;
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
