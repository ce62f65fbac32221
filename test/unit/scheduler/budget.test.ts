import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { days, minutes } from "../../../src/lib/duration.ts";
import { ApplicationBucket } from "../../../src/scheduler/bucket.ts";
import { Budget } from "../../../src/scheduler/budget.ts";
import { CallError } from "../../../src/vehicle/call-error.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { CAR } from "../../support/observations.ts";
import { tempStore } from "../../support/temp-store.ts";

let files: ReturnType<typeof tempStore>;
let clock: FakeClock;

beforeEach(() => {
  files = tempStore();
  clock = new FakeClock(Date.UTC(2026, 10, 29, 12));
});
afterEach(() => files.remove());

const build = (monthly: number, reserve: number) => new Budget(clock, files.store.ledger, { monthly, reserve });

describe("budget", () => {
  it("counts on disk, and keeps the reserve from polling only", () => {
    const budget = build(5, 2);
    const kinds = ["poll", "poll", "poll", "poll", "command", "confirm", "command"] as const;
    expect(kinds.map((kind) => budget.book(CAR, kind) !== null)).toEqual([true, true, true, false, true, true, false]);
    const reopened = new Budget(clock, files.reopen().ledger, { monthly: 5, reserve: 2 });
    expect(reopened.view(CAR)).toMatchObject({ used: 5, remaining: 0, forPolling: 0 });
  });

  it("gives back what certainly never left", () => {
    const budget = build(1, 0);
    const booking = budget.book(CAR, "command");
    expect(budget.book(CAR, "command")).toBeNull();
    if (booking !== null) budget.refund(booking);
    expect(budget.book(CAR, "command")).not.toBeNull();
  });

  it("begins anew with the month in UTC", async () => {
    const budget = build(1, 0);
    budget.book(CAR, "poll");
    expect(budget.view(CAR).resetsAt).toBe(Date.UTC(2026, 11, 1));
    await clock.advance(days(2));
    expect(budget.view(CAR)).toMatchObject({ used: 0, remaining: 1, resetsAt: Date.UTC(2027, 0, 1) });
  });

  it("snaps to the ceiling when Smartcar says so, until the month turns", async () => {
    const budget = build(500, 50);
    budget.book(CAR, "poll");
    budget.exhaust(CAR);
    expect(budget.view(CAR)).toMatchObject({ used: 500, remaining: 0, forPolling: 0 });
    expect(budget.book(CAR, "command")).toBeNull();
    await clock.advance(days(2));
    expect(budget.view(CAR)).toMatchObject({ used: 0, remaining: 500 });
  });

  it("knows no limit with budget 0, except Smartcar's own", () => {
    const budget = build(0, 0);
    for (let n = 0; n < 600; n++) expect(budget.book(CAR, "poll")).not.toBeNull();
    expect(budget.view(CAR)).toMatchObject({ used: 600, remaining: null });
    budget.exhaust(CAR);
    expect(budget.view(CAR).remaining).toBe(0);
    expect(budget.book(CAR, "poll")).toBeNull();
  });
});

describe("application bucket", () => {
  it("gives 120 calls and two more a minute, over a restart too", async () => {
    const bucket = new ApplicationBucket(clock, files.store.settings);
    for (let n = 0; n < 120; n++) bucket.take();
    expect(() => bucket.take()).toThrow(CallError);
    await clock.advance(minutes(2));
    const after = new ApplicationBucket(clock, files.reopen().settings);
    expect(after.available()).toBe(4);
    for (let n = 0; n < 4; n++) after.take();
    expect(after.availableAt(1)).toBe(clock.now() + 30_000);
  });

  it("says when to come again, and that nothing was sent", () => {
    const bucket = new ApplicationBucket(clock, files.store.settings);
    bucket.pause(clock.now() + 5_000);
    const error = (() => {
      try {
        bucket.take();
      } catch (thrown) {
        return thrown;
      }
      return undefined;
    })();
    expect(error).toMatchObject({
      disposition: "wait",
      scope: "application",
      sent: false,
      retryAt: clock.now() + 5_000,
    });
  });

  it("neither fills nor empties when the clock is set back", () => {
    const bucket = new ApplicationBucket(clock, files.store.settings);
    for (let n = 0; n < 100; n++) bucket.take();
    clock.jump(-days(1));
    expect(bucket.available()).toBe(20);
  });
});
