import { days } from "../lib/duration.ts";
import type { BudgetView } from "./budget.ts";
import { monthStart } from "./month.ts";

/** How long the month's calls last if it goes on as it began. */
export interface Forecast {
  /** The day (its start, UTC) on which polling's share would be used up; null when it lasts to the month's end. */
  readonly lastsUntil: number | null;
  readonly text: string;
}

/** The calls of the first hours are no pace yet: a start and its first reads would seem to use up the month. */
const SHORTEST_PACE_MS = days(1);

/**
 * Carries the month's pace so far on to the point at which polling may make no more calls. Whole days only, so that what
 * is shown does not change with every call. Pure.
 */
export function forecast({ used, forPolling, resetsAt }: BudgetView, now: number): Forecast {
  if (forPolling === null) return { lastsUntil: null, text: "no limit" };
  if (forPolling < 1) return { lastsUntil: dayOf(now), text: "used up" };
  const perMs = used / Math.max(now - monthStart(now), SHORTEST_PACE_MS);
  const until = perMs === 0 ? Number.POSITIVE_INFINITY : now + forPolling / perMs;
  if (until >= resetsAt) return { lastsUntil: null, text: "lasts to the month's end" };
  return { lastsUntil: dayOf(until), text: `lasts until the ${ordinal(new Date(until).getUTCDate())}` };
}

function dayOf(at: number): number {
  return Math.floor(at / days(1)) * days(1);
}

const ENDINGS: Readonly<Record<string, string>> = { one: "st", two: "nd", few: "rd", other: "th" };
const ORDINALS = new Intl.PluralRules("en", { type: "ordinal" });

function ordinal(day: number): string {
  return `${day}${ENDINGS[ORDINALS.select(day)] ?? "th"}`;
}
