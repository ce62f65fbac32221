import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { days, hours, minutes } from "../../../src/lib/duration.ts";
import type { BudgetView } from "../../../src/scheduler/budget.ts";
import { nextPoll } from "../../../src/scheduler/cadence.ts";
import { SILENT_FEED } from "../../../src/scheduler/feed.ts";
import { answered, NEW_PLAN } from "../../../src/scheduler/plan.ts";
import { FLOOR_MS } from "../../../src/scheduler/situation.ts";

const START = Date.UTC(2026, 10, 1);
const END = Date.UTC(2026, 11, 1);
const SETTINGS = { mode: "auto", chargingMs: minutes(15), idleMs: hours(6) } as const;

interface Refresh {
  readonly at: number;
  readonly charging: boolean;
  readonly news: boolean;
}

interface Read {
  readonly at: number;
  /** When the store that it saw was refreshed. */
  readonly sees: number;
}

/** A store that is refreshed 23 to 25 h after the last time. */
const stores = fc
  .record({
    first: fc.nat(hours(24)),
    days: fc.array(fc.record({ minute: fc.nat(120), charging: fc.boolean(), news: fc.boolean() }), {
      minLength: 34,
      maxLength: 34,
    }),
  })
  .map(({ first, days: drawn }) => {
    let at = START - first;
    const refreshes: Refresh[] = [];
    for (const { minute, charging, news } of drawn) {
      refreshes.push({ at, charging: charging && news, news });
      at += hours(23) + minutes(minute);
    }
    return refreshes;
  });

function storeAt(refreshes: readonly Refresh[], now: number): Refresh {
  return refreshes.findLast(({ at }) => at <= now) ?? { at: START, charging: false, news: false };
}

/** The intervals alone: charging 15 min, otherwise 6 h. */
function byIntervals(refreshes: readonly Refresh[]): Read[] {
  const reads: Read[] = [];
  for (let now = START; now < END; ) {
    const { at, charging } = storeAt(refreshes, now);
    reads.push({ at: now, sees: at });
    now += charging ? SETTINGS.chargingMs : SETTINGS.idleMs;
  }
  return reads;
}

function byPlan(refreshes: readonly Refresh[]): Read[] {
  const reads: Read[] = [];
  let plan = NEW_PLAN;
  let held: Refresh | null = null;
  for (let now = START; ; ) {
    const budget: BudgetView = { used: reads.length, remaining: 500, forPolling: 450, budget: 500, resetsAt: END };
    const { dueAt }: { dueAt: number | null } = nextPoll({
      now,
      settings: SETTINGS,
      plan,
      budget,
      charging: held?.charging ?? false,
      asleep: false,
      feed: SILENT_FEED,
      uncarried: false,
      refreshedAt: held?.at ?? null,
    });
    if (dueAt === null || dueAt >= END) return reads;
    if (dueAt > now) {
      now = dueAt;
      continue;
    }
    const store = storeAt(refreshes, now);
    const isSame: boolean = held?.at === store.at;
    const before = { charging: held?.charging ?? false, refreshedAt: held?.at ?? null };
    const after = { charging: store.charging, refreshedAt: store.at };
    const news = held === null || (!isSame && store.news);
    plan = answered(plan, { at: now, isPoll: true, news, before, after, intervals: SETTINGS, jitter: 0 });
    held = store;
    reads.push({ at: now, sees: store.at });
  }
}

describe("polling without a webhook, through a month", () => {
  it("never knows less than the intervals would, nor costs more by then, and keeps the floor", () => {
    fc.assert(
      fc.property(stores, (refreshes) => {
        const [ours, theirs] = [byPlan(refreshes), byIntervals(refreshes)];
        for (const [count, { at, sees }] of theirs.entries()) {
          expect(ours.findLast((read) => read.at <= at)?.sees).toBeGreaterThanOrEqual(sees);
          expect(ours.filter((read) => read.at <= at).length).toBeLessThanOrEqual(count + 1);
        }
        for (const [n, { at }] of ours.entries()) expect(at - (ours[n - 1]?.at ?? 0)).toBeGreaterThanOrEqual(FLOOR_MS);
      }),
      { numRuns: 60 },
    );
  });

  it("reads about once a day where nothing ever comes", () => {
    const reads = byPlan([{ at: START - hours(3), charging: true, news: true }]);
    const gaps = reads.slice(1).map(({ at }, n) => at - (reads[n]?.at ?? 0));
    expect(Math.max(...gaps)).toBe(days(1));
    expect(gaps.slice(-20).every((gap) => gap >= hours(12))).toBe(true);
  });
});
