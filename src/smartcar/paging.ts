import type { Log } from "../lib/log.ts";
import type { Page } from "./wire.ts";

const MAX_PAGES = 100;

export interface PageReader {
  readonly fetch: (url: URL) => Promise<Page>;
  readonly log: Log;
  /** Asked before each page but the first; false ends the list there. */
  readonly mayGoOn?: (() => boolean) | undefined;
}

/**
 * Collects the items of all pages. Follows `links.next` where the answer has links (null ends it), else counts with the
 * page's meta. Ends at an empty page, at an address seen before, and after 100 pages.
 * @throws whatever `fetch` throws: half a list must not look like a whole one.
 */
export async function collectPages(first: URL, { fetch, log, mayGoOn }: PageReader): Promise<unknown[]> {
  const items: unknown[] = [];
  const seen = new Set<string>();
  let url: URL | null = first;
  while (url !== null && !seen.has(url.href)) {
    if (seen.size >= MAX_PAGES) {
      log.warn({ path: first.pathname, pages: seen.size }, "smartcar list has too many pages; the rest is left out");
      break;
    }
    if (seen.size > 0 && mayGoOn?.() === false) break;
    seen.add(url.href);
    const page = await fetch(url);
    items.push(...page.data);
    url = page.data.length === 0 ? null : nextPage(url, page, items.length, log);
  }
  return items;
}

function nextPage(current: URL, page: Page, collected: number, log: Log): URL | null {
  const next = page.links?.next;
  if (next === null) return null;
  if (next !== undefined) {
    const url = URL.parse(typeof next === "string" ? next : next.href, current.href);
    if (url !== null && url.origin === current.origin) return url;
    // The token would travel to another host.
    log.warn({ path: current.pathname }, "smartcar list continues on another host; not followed");
  }
  const total = page.meta?.totalCount;
  if (total === undefined || collected >= total) return null;
  const url = new URL(current);
  const number = page.meta?.pageNumber ?? page.meta?.page ?? (Number(url.searchParams.get("page[number]")) || 1);
  url.searchParams.set("page[number]", String(number + 1));
  return url;
}
