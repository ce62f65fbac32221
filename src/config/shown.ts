import type { Redactor } from "../lib/redact.ts";

const LONGEST = 80;
export const MASK = "***";

/** A value that was refused, as it may be shown to people: short, one line, without credentials. */
export function shown(value: unknown, redactor: Redactor): string {
  // What stands in a list or mapping at a place for plain values may be anything.
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "a mapping";
  return shownJson(typeof value === "string" ? withoutCredentials(value) : value, redactor);
}

/** A value that was understood: short and in one line. */
export function shownJson(value: unknown, redactor: Redactor): string {
  const clean = redactor.clean(JSON.stringify(value) ?? String(value));
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
}

/** What stands before an @ may hold a password, also in an address that is otherwise wrong. */
function withoutCredentials(text: string): string {
  const at = text.lastIndexOf("@");
  if (at < 0) return text.replace(/:\/\/[^/[]*:[^/]*:/, `://${MASK}:`);
  const scheme = text.indexOf("://");
  return `${scheme < 0 || scheme > at ? "" : text.slice(0, scheme + 3)}${MASK}${text.slice(at)}`;
}

/** A key as people wrote it, as far as it looks like one: in a broken line a value may stand in its place. */
export function shownKey(key: string): string {
  const word = /^[A-Za-z0-9_.-]{0,60}/.exec(key)?.[0] ?? "";
  return word === key ? key : `${word}…`;
}
