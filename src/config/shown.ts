import type { Redactor } from "../lib/redact.ts";
import { splitCredentials } from "./addresses.ts";

const LONGEST = 80;
export const MASK = "***";

/** A value as it may be shown to people: short, one line, without credentials. */
export function shown(value: unknown, redactor: Redactor): string {
  const text = JSON.stringify(typeof value === "string" ? withoutCredentials(value) : value) ?? String(value);
  const clean = redactor.clean(text);
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}…` : clean;
}

function withoutCredentials(text: string): string {
  const { url, credentials } = splitCredentials(text);
  return Object.keys(credentials).length === 0 ? text : url.replace("://", `://${MASK}@`);
}
