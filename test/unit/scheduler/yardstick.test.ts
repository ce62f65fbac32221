import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { days, hours, minutes } from "../../../src/lib/duration.ts";
import { monthStart } from "../../../src/scheduler/month.ts";
import { advanced, affordableAt, firstFrom, spent, started } from "../../../src/scheduler/yardstick.ts";

const INTERVALS = { chargingMs: minutes(15), idleMs: hours(6) };
const DECEMBER = Date.UTC(2026, 11, 1);
const START = DECEMBER - days(2);

/** The reads of the intervals one by one, each after the one before; `charging` from the given instant on. */
function readsUntil(until: number, chargesFrom: number): { at: number; charging: boolean }[] {
  const reads = [{ at: START, charging: START >= chargesFrom }];
  for (;;) {
    const last = reads.at(-1) ?? { at: START, charging: false };
    const at = last.at + (last.charging ? INTERVALS.chargingMs : INTERVALS.idleMs);
    if (at > until) return reads;
    reads.push({ at, charging: at >= chargesFrom });
  }
}

describe("yardstick", () => {
  it("makes the same reads as the intervals would one by one, over the month's turn too", () => {
    const spans = fc.record({ idle: fc.integer({ min: 1, max: days(3) }), charging: fc.nat(days(2)) });
    fc.assert(
      fc.property(spans, ({ idle, charging }) => {
        const [change, until] = [START + idle, START + idle + charging];
        const before = advanced(started(START, false), INTERVALS, change - 1, false);
        const after = advanced(before, INTERVALS, until, true);
        const reads = readsUntil(until, change);
        const month = monthStart(until);
        expect(after.at).toBe(reads.at(-1)?.at);
        expect(after.since).toBe(month === DECEMBER ? month : START);
        const counted = reads.filter(({ at }) => at >= month).length;
        // The first of all was made by both.
        expect(after.saved).toBe(month === DECEMBER ? counted : counted - 1);
      }),
    );
  });

  it("may be advanced in as many steps as one likes", () => {
    const steps = fc.array(fc.nat(hours(30)), { maxLength: 12 });
    fc.assert(
      fc.property(steps, fc.boolean(), (lengths, charging) => {
        let until = START;
        let stepwise = started(START, charging);
        for (const length of lengths) {
          until += length;
          stepwise = advanced(stepwise, INTERVALS, until, charging);
        }
        expect(stepwise).toEqual(advanced(started(START, charging), INTERVALS, until, charging));
      }),
    );
  });

  it("knows its first read from an instant on", () => {
    const yardstick = started(START, true);
    expect(firstFrom(yardstick, INTERVALS, false, START)).toBe(START + minutes(15));
    expect(firstFrom(yardstick, INTERVALS, false, START + minutes(16))).toBe(START + minutes(15) + hours(6));
    expect(firstFrom(yardstick, INTERVALS, false, START + minutes(15) + hours(6))).toBe(START + minutes(15) + hours(6));
  });

  it("never lets a month cost more than the intervals, however eagerly it is read", () => {
    const wishes = fc.array(fc.record({ afterMs: fc.integer({ min: minutes(5), max: hours(20) }), days: fc.nat(2) }), {
      minLength: 1,
      maxLength: 300,
    });
    const from = DECEMBER - days(30);
    fc.assert(
      fc.property(wishes, (all) => {
        let now = from;
        let yardstick = started(from, false);
        const made = [from];
        for (const wish of all) {
          now += wish.afterMs;
          if (affordableAt(yardstick, INTERVALS, false, now, -days(wish.days)) > now) continue;
          yardstick = spent(advanced(yardstick, INTERVALS, now, false));
          made.push(now);
        }
        const end = now < DECEMBER ? DECEMBER : Date.UTC(2027, 0, 1);
        const idle = Math.ceil((end - monthStart(now)) / INTERVALS.idleMs);
        expect(made.filter((at) => at >= monthStart(now)).length).toBeLessThanOrEqual(idle);
        expect(made.filter((at) => at < DECEMBER).length).toBeLessThanOrEqual(120);
      }),
    );
  });

  it("lets a read be made at once if one is saved, else with one of the intervals' reads", () => {
    const at = (saved: number, inHandMs: number) =>
      affordableAt({ ...started(START, false), saved }, INTERVALS, false, START, inHandMs) - START;
    expect(at(1, 0)).toBe(0);
    expect(at(0, 0)).toBe(hours(6));
    expect(at(-3, 0)).toBe(hours(24));
    expect(at(4, days(1))).toBe(hours(6));
    expect(at(5, days(1))).toBe(0);
    expect(at(-3, -days(1))).toBe(0);
    expect(at(-4, -days(1))).toBe(hours(6));
  });
});
