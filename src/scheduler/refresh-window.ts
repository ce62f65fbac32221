import { hours } from "../lib/duration.ts";

/**
 * How long after one refresh of Smartcar's store the next one comes, for a car that is not subscribed to a webhook:
 * about a day, give or take. Milliseconds.
 */
export interface RefreshWindow {
  readonly earlyMs: number;
  readonly lateMs: number;
}

export const ABOUT_A_DAY: RefreshWindow = { earlyMs: hours(23), lateMs: hours(25) };

/** What comes sooner is not the day's refresh: something else made Smartcar ask. */
const SHORTEST_MS = hours(12);
/** What comes later is not either: reads have missed one. */
export const LONGEST_REFRESH_MS = hours(36);
/** An unusual day is forgotten by a twentieth a day. */
const FADES = 0.95;

/** Widened by a distance that was seen; what is wider than a day, give or take an hour, fades. */
export function learnt(window: RefreshWindow, gapMs: number): RefreshWindow {
  if (gapMs < SHORTEST_MS || gapMs > LONGEST_REFRESH_MS) return window;
  const { earlyMs, lateMs } = ABOUT_A_DAY;
  return {
    earlyMs: Math.min(gapMs, earlyMs - (earlyMs - window.earlyMs) * FADES),
    lateMs: Math.max(gapMs, lateMs + (window.lateMs - lateMs) * FADES),
  };
}
