import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { days } from "../../../src/lib/duration.ts";
import { Budget } from "../../../src/scheduler/budget.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { CAR } from "../../support/observations.ts";
import { tempStore } from "../../support/temp-store.ts";

type Step =
  | { readonly do: "book"; readonly kind: "poll" | "command" | "confirm" }
  | { readonly do: "refund" | "exhaust" | "restart" }
  | { readonly do: "wait"; readonly ms: number };

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("book" as const), kind: fc.constantFrom("poll", "command", "confirm") }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("refund" as const, "restart" as const) }) },
  { weight: 1, arbitrary: fc.constant({ do: "exhaust" as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: days(12) }) }) },
);

describe("budget, against a plain counter", () => {
  it("never counts less than was booked, never allows more, and forgets only with the month", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(steps, { maxLength: 40, size: "max" }),
        fc.constantFrom([0, 0], [4, 0], [6, 2]),
        async (script, [monthly = 0, reserve = 0]) => {
          const files = tempStore();
          const clock = new FakeClock(Date.UTC(2026, 10, 5));
          const month = () => new Date(clock.now()).toISOString().slice(0, 7);
          let store = files.store;
          let budget = new Budget(clock, store.ledger, { monthly, reserve });
          let count = 0;
          let ceiling = false;
          let now = month();
          const open: { booking: number; month: string }[] = [];
          try {
            for (const step of script) {
              if (step.do === "wait") await clock.advance(step.ms);
              if (month() !== now) [count, ceiling, now] = [0, false, month()];
              const left = ceiling ? 0 : monthly === 0 ? Number.POSITIVE_INFINITY : monthly - count;
              if (step.do === "book") {
                const allowed = step.kind === "poll" && monthly > 0 ? left - reserve >= 1 : left >= 1;
                const booking = budget.book(CAR, step.kind);
                expect(booking !== null, step.kind).toBe(allowed);
                if (booking !== null) {
                  count++;
                  open.push({ booking, month: now });
                }
              }
              if (step.do === "refund") {
                const last = open.pop();
                if (last !== undefined) budget.refund(last.booking);
                if (last?.month === now) count--;
              }
              if (step.do === "exhaust") {
                budget.exhaust(CAR);
                ceiling = true;
              }
              if (step.do === "restart") {
                store = files.reopen();
                budget = new Budget(clock, store.ledger, { monthly, reserve });
              }
              const view = budget.view(CAR);
              expect(view.used).toBeGreaterThanOrEqual(count);
              expect(view.remaining).toBe(ceiling ? 0 : monthly === 0 ? null : Math.max(0, monthly - count));
              expect(store.ledger.countSince(CAR, Date.UTC(2026, 0, 1))).toBe(open.length);
            }
          } finally {
            files.remove();
          }
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);
});
