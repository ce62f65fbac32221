import { describe, expect, it } from "vitest";
import { days, hours, minutes } from "../../../src/lib/duration.ts";
import { type Answer, answered, NEW_PLAN, rebased } from "../../../src/scheduler/plan.ts";
import { PlanBook } from "../../../src/scheduler/plan-book.ts";
import { ABOUT_A_DAY, learnt } from "../../../src/scheduler/refresh-window.ts";
import { CAR } from "../../support/observations.ts";

const T0 = Date.UTC(2026, 10, 2);
const KNOWN = { charging: false, refreshedAt: T0 };

function answer(at: number, overrides: Partial<Answer> = {}): Answer {
  const intervals = { chargingMs: minutes(15), idleMs: hours(6) };
  return { at, isPoll: true, news: true, before: KNOWN, after: KNOWN, intervals, jitter: 0, ...overrides };
}

const first = answered(NEW_PLAN, answer(T0));

describe("plan", () => {
  it("begins the yardstick with the first answer", () => {
    expect(first.yardstick).toEqual({ at: T0, charging: false, saved: 0, since: T0 });
  });

  it("counts a poll against the reads of the intervals, but none that somebody asked for", () => {
    const at = T0 + hours(13);
    expect(answered(first, answer(at)).yardstick).toMatchObject({ at: T0 + hours(12), saved: 1 });
    // What it found the intervals know as well, and go on from there.
    const after = { ...KNOWN, charging: true };
    const asked = answered(first, answer(at, { isPoll: false, after }));
    expect(asked.yardstick).toMatchObject({ at, charging: true, saved: 2 });
  });

  it("takes it that the intervals found what was known then, or what a read due with theirs found", () => {
    const after = { ...KNOWN, charging: true };
    const late = answered(first, answer(T0 + hours(6) + minutes(2), { after }));
    expect(late.yardstick).toMatchObject({ at: T0 + hours(6), charging: false });
    const with_ = answered(first, answer(T0 + hours(6) + minutes(1) - 1, { after }));
    expect(with_.yardstick).toMatchObject({ at: T0 + hours(6), charging: true });
  });

  it("begins the yardstick of a plan that an earlier version kept with its last read", () => {
    const { yardstick: _, refresh: __, ...old } = first;
    const saved = new Map([[CAR, old as typeof first]]);
    const book = new PlanBook({ load: () => saved, save: (id, plan) => void saved.set(id, plan) });
    book.load();
    expect(book.of(CAR)).toEqual({ ...first, yardstick: null });
    book.save(CAR, answered(book.of(CAR), answer(T0 + hours(7))));
    expect(saved.get(CAR)?.yardstick).toMatchObject({ at: T0 + hours(6), saved: 0 });
  });

  it("moves the yardstick with a clock that was set back", () => {
    const now = T0 - days(3);
    expect(rebased(first, now).yardstick?.at).toBe(now);
    expect(rebased(first, T0)).toBe(first);
  });

  it("learns how far apart refreshes of the store are", () => {
    const gap = (ms: number) => answered(first, answer(T0 + 1, { after: { ...KNOWN, refreshedAt: T0 + ms } })).refresh;
    expect(gap(hours(24))).toEqual(ABOUT_A_DAY);
    expect(gap(hours(21))).toEqual({ ...ABOUT_A_DAY, earlyMs: hours(21) });
    expect(gap(hours(27))).toEqual({ ...ABOUT_A_DAY, lateMs: hours(27) });
    expect(gap(hours(4))).toEqual(ABOUT_A_DAY);
    expect(gap(hours(48))).toEqual(ABOUT_A_DAY);
    const unknown = answer(T0 + 1, { before: { ...KNOWN, refreshedAt: null } });
    expect(answered(first, unknown).refresh).toEqual(ABOUT_A_DAY);
  });

  it("forgets an unusual day, and never looks for less than about a day", () => {
    let window = learnt(ABOUT_A_DAY, hours(19));
    for (let day = 0; day < 100; day++) window = learnt(window, hours(24));
    expect(window.earlyMs).toBeGreaterThan(hours(22.9));
    expect(window.earlyMs).toBeLessThanOrEqual(hours(23));
    expect(window.lateMs).toBe(hours(25));
  });
});
