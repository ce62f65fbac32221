import type { JsonObject, JsonValue } from "../lib/json.ts";
import { refuse } from "./refusal.ts";

export interface PageRules {
  readonly defaultSize: number;
  readonly maxSize: number;
}

/** Cuts one page out of a list and describes it the way V3 lists do (`meta`, `links` with `next` and `prev`). */
export function pageOf(items: readonly JsonValue[], url: URL, rules: PageRules): JsonObject {
  const number = readPageParameter(url, "page[number]", 1);
  const size = Math.min(rules.maxSize, readPageParameter(url, "page[size]", rules.defaultSize));
  const last = Math.max(1, Math.ceil(items.length / size));
  const linkTo = (page: number): string => {
    const target = new URL(url);
    target.searchParams.set("page[number]", String(page));
    target.searchParams.set("page[size]", String(size));
    return target.toString();
  };
  return {
    data: items.slice((number - 1) * size, number * size),
    meta: {
      pageNumber: number,
      pageSize: size,
      totalCount: items.length,
      orderBy: "createdAt",
      orderDirection: "DESC",
    },
    links: {
      self: linkTo(number),
      first: linkTo(1),
      last: linkTo(last),
      next: number < last ? linkTo(number + 1) : null,
      prev: number > 1 ? linkTo(number - 1) : null,
    },
  };
}

function readPageParameter(url: URL, name: string, fallback: number): number {
  const text = url.searchParams.get(name);
  if (text === null) return fallback;
  if (!/^[1-9]\d{0,6}$/.test(text)) throw refuse(400, "VALIDATION", "PARAMETER", `${name} must be a positive integer`);
  return Number(text);
}
