import { helpAbout } from "../lib/project.ts";
import type { Link } from "./link.ts";

const WORDS = { ok: "ok", failed: "FAILED", not_known: "not known" } as const;
const STATUS_WIDTH = 11;
const NAME_WIDTH = 17;

/** One line a link, and below a failure the one thing to do. */
export function linesOf(links: readonly Link[]): string[] {
  const lines = links.flatMap(({ name, status, cost, detail, fix }) => [
    `${WORDS[status].padEnd(STATUS_WIDTH)}${name.padEnd(NAME_WIDTH)}${cost.padEnd(8)}${detail}`,
    ...(fix === null ? [] : [`${" ".repeat(STATUS_WIDTH)}→ ${fix}`]),
  ]);
  return [...lines, "", summary(links)];
}

/** Where the documents say more about the first link that failed; null when none did. */
export function furtherReading(links: readonly Link[]): string | null {
  const first = links.find(({ status }) => status === "failed");
  return first === undefined ? null : helpAbout("link", first.name);
}

function summary(links: readonly Link[]): string {
  const failures = links.filter(({ status }) => status === "failed");
  const unknown = links.filter(({ status }) => status === "not_known").length;
  const open = unknown === 0 ? "" : ` ${unknown} not known.`;
  const [first] = failures;
  if (first === undefined) return `Nothing failed.${open}`;
  return `${failures.length} failed; begin with "${first.name}".${open}`;
}
