import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { days, hours, minutes } from "../../../src/lib/duration.ts";
import type { BudgetView } from "../../../src/scheduler/budget.ts";
import { forecast } from "../../../src/scheduler/forecast.ts";

const START = Date.UTC(2026, 10, 1);
const END = Date.UTC(2026, 11, 1);

function view(used: number, overrides: Partial<BudgetView> = {}): BudgetView {
  const forPolling = Math.max(0, 450 - used);
  return { used, remaining: 500 - used, forPolling, budget: 500, resetsAt: END, ...overrides };
}

describe("forecast", () => {
  it("carries the pace so far on to the day on which polling's share is used up", () => {
    // 200 in ten days leave 250 for 12.5 more: the middle of the 23rd.
    expect(forecast(view(200), START + days(10))).toEqual({
      lastsUntil: Date.UTC(2026, 10, 23),
      text: "lasts until the 23rd",
    });
  });

  it("writes the day as people do", () => {
    const text = (used: number, day: number) => forecast(view(used), START + days(day)).text;
    expect([text(225, 10), text(215, 10), text(225, 10.6), text(225, 11.9)]).toEqual([
      "lasts until the 21st",
      "lasts until the 21st",
      "lasts until the 22nd",
      "lasts until the 24th",
    ]);
  });

  it("says nothing of a day when it lasts to the month's end", () => {
    expect(forecast(view(100), START + days(10))).toEqual({ lastsUntil: null, text: "lasts to the month's end" });
    expect(forecast(view(0), START)).toEqual({ lastsUntil: null, text: "lasts to the month's end" });
  });

  it("does not take the first reads after the month's turn for a pace", () => {
    expect(forecast(view(3), START + minutes(20)).lastsUntil).toBeNull();
  });

  it("tells a used-up share and a missing limit apart", () => {
    const now = START + days(20) + hours(5);
    expect(forecast(view(450), now)).toEqual({ lastsUntil: START + days(20), text: "used up" });
    expect(forecast(view(450, { remaining: null, forPolling: null, budget: 0 }), now)).toEqual({
      lastsUntil: null,
      text: "no limit",
    });
  });

  it("names the start of a day within the month, never one that has gone", () => {
    const input = fc.record({ used: fc.nat(600), at: fc.integer({ min: START, max: END - 1 }) });
    fc.assert(
      fc.property(input, ({ used, at }) => {
        const { lastsUntil } = forecast(view(used), at);
        if (lastsUntil === null) return;
        expect(lastsUntil % days(1)).toBe(0);
        expect(lastsUntil).toBeGreaterThan(at - days(1));
        expect(lastsUntil).toBeLessThan(END);
      }),
    );
  });
});
