import type { PollView } from "../scheduler/poller.ts";
import { iso } from "../vehicle/shown.ts";

/** The JSON of `B/V/polling`: what happens next, and why. */
export function pollDocument({ settings, next, lastPollAt, budget, forecast }: PollView): object {
  return {
    mode: settings.mode,
    reason: next.reason,
    interval_s: Math.round(next.intervalMs / 1_000),
    next_poll_at: iso(next.dueAt === null ? null : Math.round(next.dueAt)),
    last_poll_at: iso(lastPollAt),
    calls_used: budget.used,
    calls_remaining: budget.remaining,
    budget: budget.budget,
    resets_at: iso(budget.resetsAt),
    lasts_until: iso(forecast.lastsUntil),
    forecast: forecast.text,
  };
}
