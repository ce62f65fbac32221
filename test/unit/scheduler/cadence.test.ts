import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { days, hours, minutes, seconds } from "../../../src/lib/duration.ts";
import type { BudgetView } from "../../../src/scheduler/budget.ts";
import { nextPoll } from "../../../src/scheduler/cadence.ts";
import { type Feed, SILENT_FEED } from "../../../src/scheduler/feed.ts";
import { NEW_PLAN } from "../../../src/scheduler/plan.ts";
import { FLOOR_MS, type Situation } from "../../../src/scheduler/situation.ts";

const NOW = Date.UTC(2026, 10, 15, 12);
const budget: BudgetView = {
  used: 10,
  remaining: 490,
  forPolling: 440,
  budget: 500,
  resetsAt: Date.UTC(2026, 11, 1),
};

function input(overrides: Partial<Situation> = {}): Situation {
  return {
    now: NOW,
    settings: { mode: "auto", chargingMs: minutes(15), idleMs: hours(6) },
    plan: NEW_PLAN,
    budget,
    charging: false,
    asleep: false,
    feed: SILENT_FEED,
    uncarried: false,
    refreshedAt: null,
    ...overrides,
  };
}

const heard = (feed: Partial<Feed>): Feed => ({ ...SILENT_FEED, ...feed });
const MONTH = Date.UTC(2026, 10, 1);
/** Read so long ago, when the intervals would have read as well; they have made that many reads more until then. */
const polled = (agoMs: number, saved = 20) => ({
  ...NEW_PLAN,
  lastPollAt: NOW - agoMs,
  lastTryAt: NOW - agoMs,
  yardstick: { at: NOW - agoMs, charging: false, saved, since: MONTH },
});

describe("cadence", () => {
  it("reads at once what was never read", () => {
    expect(nextPoll(input())).toMatchObject({ dueAt: NOW, reason: "first read" });
  });

  it("follows the intervals for charging and otherwise", () => {
    expect(nextPoll(input({ plan: polled(0) })).dueAt).toBe(NOW + hours(6));
    expect(nextPoll(input({ plan: polled(0), charging: true })).dueAt).toBe(NOW + minutes(15));
  });

  it("never polls in mode never", () => {
    expect(nextPoll(input({ settings: { mode: "never", chargingMs: 1, idleMs: 1 } })).dueAt).toBeNull();
  });

  it("needs one read a day as a safety net while the webhook delivers, in mode auto only", () => {
    const delivered = { plan: polled(hours(5)), feed: heard({ lastAt: NOW - minutes(1) }) };
    expect(nextPoll(input(delivered)).dueAt).toBe(NOW - minutes(1) + hours(24));
    const always = { mode: "always", chargingMs: minutes(15), idleMs: hours(6) } as const;
    expect(nextPoll(input({ ...delivered, settings: always })).dueAt).toBe(NOW + hours(1));
  });

  it("looks sooner after a car that fell silent while it charged", () => {
    const silent = { plan: polled(hours(5)), feed: heard({ lastAt: NOW - minutes(10) }), charging: true };
    expect(nextPoll(input(silent)).dueAt).toBe(NOW + minutes(50));
    // Without the webhook bringing the end of it.
    expect(nextPoll(input({ ...silent, uncarried: true })).dueAt).toBe(NOW);
  });

  it("waits as long as twice the deliveries are apart, at most an hour", () => {
    const at = (gapMs: number) =>
      nextPoll(input({ plan: polled(hours(5)), feed: heard({ lastAt: NOW, gapMs }), charging: true, uncarried: true }));
    expect([minutes(1), minutes(20), hours(9)].map((gapMs) => (at(gapMs).dueAt ?? 0) - NOW)).toEqual([
      minutes(10),
      minutes(40),
      hours(1),
    ]);
  });

  it("goes back to the intervals when the webhook has been silent for more than a day", () => {
    const feed = heard({ lastAt: NOW - hours(27) });
    expect(nextPoll(input({ plan: polled(hours(5)), feed })).dueAt).toBe(NOW + hours(1));
  });

  it("reads what the webhook does not bring when the car wakes, when something turns and when it settles", () => {
    const at = (feed: Partial<Feed>, agoMs: number) =>
      nextPoll(input({ plan: polled(agoMs), feed: heard(feed), uncarried: true })).dueAt;
    expect(at({ lastAt: NOW, wokeAt: NOW }, hours(3))).toBe(NOW + minutes(1));
    expect(at({ lastAt: NOW, wokeAt: NOW - hours(1), turnedAt: NOW }, minutes(30))).toBe(NOW + minutes(1));
    expect(at({ lastAt: NOW - minutes(2), wokeAt: NOW - hours(1) }, minutes(30))).toBe(NOW + minutes(8));
    // The read came after all that was delivered: nothing is to be learnt.
    expect(at({ lastAt: NOW - minutes(8), wokeAt: NOW - hours(1) }, minutes(5))).toBe(NOW - minutes(5) + hours(24));
    expect(at({ lastAt: NOW - minutes(40), wokeAt: NOW - hours(1) }, minutes(20))).toBe(NOW - minutes(20) + hours(24));
  });

  it("makes no reads beside the webhook that cost more than the idle interval", () => {
    const at = (feed: Partial<Feed>, saved: number) =>
      nextPoll(input({ plan: polled(hours(3), saved), feed: heard({ lastAt: NOW, ...feed }), uncarried: true })).dueAt;
    const [woke, turned] = [{ wokeAt: NOW }, { turnedAt: NOW }];
    // In the middle of the month a car that woke up must leave half a day's reads in hand, or it is read when it settles.
    expect(at(woke, 3)).toBe(NOW + minutes(1));
    expect(at(woke, 2)).toBe(NOW + minutes(10));
    // What turned may borrow the reads of the two days to come, and then waits for the next one.
    expect(at(turned, -7)).toBe(NOW + minutes(1));
    expect(at(turned, -8)).toBe(NOW + hours(3));
    expect(at(turned, -9)).toBe(NOW + hours(9));
  });

  it("reads a car that woke up the sooner the less of the time is over that is counted", () => {
    const at = (sinceMs: number, saved: number) => {
      const plan = polled(hours(3), saved);
      const yardstick = { ...plan.yardstick, since: NOW - sinceMs };
      const feed = heard({ lastAt: NOW, wokeAt: NOW });
      return (nextPoll(input({ plan: { ...plan, yardstick }, feed, uncarried: true })).dueAt ?? 0) - NOW;
    };
    // The first read of all was three hours ago.
    expect([at(hours(3), -2), at(hours(3), -3)]).toEqual([minutes(1), minutes(10)]);
    // What was saved in October counts no more; half of November is over.
    expect(at(days(20), 20)).toBe(minutes(10));
  });

  it("borrows nothing from the next month", () => {
    const now = budget.resetsAt - hours(7);
    const at = (saved: number) => {
      const plan = { ...polled(0, saved), lastPollAt: now - hours(1), lastTryAt: now - hours(1) };
      const yardstick = { ...plan.yardstick, at: now - hours(1) };
      const feed = heard({ lastAt: now, turnedAt: now });
      return nextPoll(input({ now, plan: { ...plan, yardstick }, feed, uncarried: true })).dueAt;
    };
    // One read of the month is to come yet.
    expect(at(0)).toBe(now + minutes(1));
    expect(at(-1)).toBe(now + hours(5));
  });

  it("keeps the floor between reads beside the webhook", () => {
    const feed = heard({ lastAt: NOW, wokeAt: NOW });
    expect(nextPoll(input({ plan: polled(minutes(2)), feed, uncarried: true })).dueAt).toBe(NOW + minutes(3));
  });

  it("waits longer each time nothing new came, up to a day", () => {
    const quiet = (n: number) => nextPoll(input({ plan: { ...polled(0), quiet: n } })).intervalMs;
    expect([0, 1, 2, 3, 50].map(quiet)).toEqual([hours(6), hours(12), hours(24), hours(24), hours(24)]);
  });

  it("reads a car that wakes after weeks in which reads brought nothing newer, and one that fell asleep meanwhile", () => {
    const plan = { ...polled(minutes(2)), quiet: 14 };
    const feed = heard({ lastAt: NOW, wokeAt: NOW });
    const dueAt = NOW + minutes(3);
    expect(nextPoll(input({ plan, feed, uncarried: true })).dueAt).toBe(dueAt);
    expect(nextPoll(input({ plan, feed, uncarried: true, asleep: true })).dueAt).toBe(dueAt);
  });

  it("keeps the pace of the month beside the webhook", () => {
    const feed = heard({ lastAt: NOW, wokeAt: NOW });
    const ahead = { ...budget, used: 400, remaining: 100, forPolling: 50 };
    const { dueAt } = nextPoll(input({ plan: polled(minutes(2)), feed, uncarried: true, budget: ahead }));
    expect(dueAt).toBe(NOW - minutes(2) + (budget.resetsAt - NOW) / 50 / 4);
  });

  it("waits with a read of its own for one that the intervals would make, if none is saved", () => {
    const at = (saved: number) =>
      nextPoll(input({ plan: { ...polled(hours(2), saved), lastPollAt: NOW - hours(6) } })).dueAt;
    expect(at(1)).toBe(NOW);
    expect(at(0)).toBe(NOW + hours(4));
  });

  describe("with a store that does not follow the car", () => {
    const next = (agoMs: number, refreshedAgoMs: number, overrides: Partial<Situation> = {}) => {
      const plan = { ...polled(agoMs), quiet: 1 };
      return (nextPoll(input({ plan, refreshedAt: NOW - refreshedAgoMs, ...overrides })).dueAt ?? 0) - NOW;
    };

    it("looks for the day's refresh every half hour from the earliest to the latest time that it may come", () => {
      expect(next(0, hours(6))).toBe(hours(17) + minutes(30));
      expect(next(hours(10), hours(20))).toBe(hours(3) + minutes(30));
      expect(next(0, hours(24) + minutes(15))).toBe(minutes(30));
      expect(next(0, hours(24) + minutes(45))).toBe(minutes(15));
    });

    it("looks four times, too, where the refresh has been seen to be less regular", () => {
      const plan = { ...polled(0), quiet: 1, refresh: { earlyMs: hours(20), lateMs: hours(28) } };
      expect(next(0, hours(10), { plan })).toBe(hours(12));
    });

    it("makes the read of the intervals that falls into that time, and none shortly before it", () => {
      expect(next(minutes(45), hours(17) + minutes(50))).toBe(hours(5) + minutes(15));
      const plan = { ...polled(hours(5)), quiet: 1, lastPollAt: NOW - hours(1) };
      // The intervals read in an hour; by itself it would be two minutes earlier.
      expect(next(0, hours(22) + minutes(32), { plan })).toBe(hours(1));
      expect(next(0, hours(22) + minutes(40), { plan })).toBe(minutes(50));
    });

    it("makes the next of those reads also when the refresh is late, but not at the pace of charging", () => {
      const plan = { ...polled(hours(2)), quiet: 6, lastPollAt: NOW };
      expect(next(0, hours(27), { plan })).toBe(hours(4));
      expect(next(0, hours(35), { plan })).toBe(hours(4));
      expect(next(0, hours(36), { plan })).toBe(hours(24));
      const charging = { ...plan, yardstick: { ...plan.yardstick, charging: true } };
      expect(next(0, hours(27), { plan: charging, charging: true })).toBe(hours(1.5));
    });

    it("makes that read also while it follows the interval, and when nothing is saved", () => {
      const plan = { ...polled(hours(5), -1), lastPollAt: NOW - hours(1) };
      expect(next(0, hours(23) + minutes(30), { plan })).toBe(hours(1));
    });

    it("asks again while the refresh is late, ever less often, up to a day", () => {
      expect(next(0, hours(25))).toBe(hours(2));
      expect(next(0, hours(31))).toBe(hours(6));
      expect(next(0, hours(90))).toBe(hours(24));
    });

    it("looks but once for that of a car that has been parked for days", () => {
      const parked = (quiet: number) => next(hours(1), hours(7), { plan: { ...polled(hours(4)), quiet } });
      expect([7, 8].map(parked)).toEqual([hours(16) + minutes(30), hours(18)]);
    });

    it("keeps the interval until a read has brought nothing newer", () => {
      expect(next(0, hours(20), { plan: polled(0) })).toBe(hours(6));
    });

    it("looks from an hour before for the end of a charge seen the day before", () => {
      const charging = (agoMs: number, refreshedAgoMs: number) =>
        next(agoMs, refreshedAgoMs, { charging: true, plan: { ...polled(agoMs), quiet: 6 } });
      expect(charging(0, hours(8))).toBe(hours(15));
      expect(charging(0, hours(23) + minutes(10))).toBe(minutes(15));
      expect(charging(0, hours(26))).toBe(hours(1));
    });

    it("looks but once for that of a sleeping car, which a read of the store does not wake", () => {
      expect(next(hours(1), hours(7), { asleep: true, plan: polled(hours(1)) })).toBe(hours(17));
      expect(next(hours(4), hours(7), { asleep: true, plan: polled(hours(4)) })).toBe(hours(18));
    });

    it("keeps the pace of the month and the floor", () => {
      const ahead = { ...budget, used: 400, remaining: 100, forPolling: 50 };
      expect(next(0, hours(25), { budget: ahead })).toBe((budget.resetsAt - NOW) / 50);
      expect(next(minutes(1), hours(23) + minutes(44))).toBeGreaterThanOrEqual(minutes(4));
    });

    it("is not misled by a refresh of the future", () => {
      expect(next(0, -days(3))).toBe(hours(23) + minutes(30));
    });
  });

  it("leaves a sleeping car alone for a day", () => {
    expect(nextPoll(input({ plan: polled(0), asleep: true, charging: true }))).toMatchObject({
      dueAt: NOW + hours(24),
      reason: "asleep",
    });
  });

  it("tries a failed first read again after 30 s, doubling to 15 min", () => {
    const after = (failures: number) => {
      const { dueAt } = nextPoll(input({ plan: { ...NEW_PLAN, failures, lastTryAt: NOW } }));
      return (dueAt ?? 0) - NOW;
    };
    expect([1, 2, 3, 10].map(after)).toEqual([seconds(30), seconds(60), seconds(120), minutes(15)]);
  });

  it("obeys a hold to the millisecond and gives its reason", () => {
    const plan = { ...polled(hours(7)), holdUntil: NOW + 61_000, holdReason: "Smartcar asked to wait" };
    expect(nextPoll(input({ plan }))).toMatchObject({ dueAt: NOW + 61_000, reason: "Smartcar asked to wait" });
  });

  it("stops until the month turns when the polling share is used up", () => {
    const spent = { ...budget, used: 450, remaining: 50, forPolling: 0 };
    expect(nextPoll(input({ budget: spent, plan: polled(hours(9)) })).dueAt).toBe(budget.resetsAt);
  });

  it("keeps the interval a fifth ahead of an even pace, and stretches it beyond", () => {
    const charging = { plan: polled(0), charging: true };
    // On the 15th at noon 48 % of November are over: even pace 241.7, a fifth ahead 341.7.
    const at = (used: number) =>
      nextPoll(input({ ...charging, budget: { ...budget, used, remaining: 500 - used, forPolling: 450 - used } }));
    expect(at(341).intervalMs).toBe(minutes(15));
    expect(at(342).intervalMs).toBe(Math.round((budget.resetsAt - NOW) / 108));
  });

  it("does not wait longer because the clock was set back", () => {
    const plan = { ...NEW_PLAN, lastPollAt: NOW + hours(24), lastTryAt: NOW + hours(24) };
    expect(nextPoll(input({ plan })).dueAt).toBe(NOW + hours(6));
  });

  it("never asks sooner than the floor after an answer, nor before now", () => {
    const plans = fc.record({
      lastPollAt: fc.integer({ min: NOW - hours(48), max: NOW }),
      failures: fc.constant(0),
      quiet: fc.nat(10),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const instant = fc.option(fc.integer({ min: NOW - hours(72), max: NOW }));
    const feeds = fc.record({ lastAt: instant, wokeAt: instant, turnedAt: instant, gapMs: fc.nat(hours(30)) });
    const cars = fc.record({ charging: fc.boolean(), asleep: fc.boolean(), uncarried: fc.boolean() });
    fc.assert(
      fc.property(plans, cars, feeds, instant, (plan, car, feed, refreshedAt) => {
        const full = { ...NEW_PLAN, ...plan, lastTryAt: plan.lastPollAt };
        const { dueAt } = nextPoll(input({ plan: full, ...car, feed: heard(feed), refreshedAt }));
        expect(dueAt).toBeGreaterThanOrEqual(Math.max(NOW, plan.lastPollAt + FLOOR_MS));
      }),
    );
  });
});
