import { describe, expect, it } from "vitest";
import type { Figures } from "../../../bench/economy/histogram.ts";
import type { Month, Row } from "../../../bench/economy/rows.ts";
import { isLost, judge } from "../../../bench/economy/verdict.ts";

interface Fake {
  readonly calls?: number;
  readonly age?: number;
  readonly wrong?: number;
}

function staleness({ age = 5, wrong = 5 }: Fake) {
  const all = (mean: number) => {
    const figures: Figures = { mean, p95: 10 };
    return { battery: figures, charging: figures, location: figures };
  };
  return { age: all(age), wrong: all(wrong), lastTrue: all(5) };
}

function row(planner: "ours" | "fixed", fakes: readonly Fake[]): Row {
  const months = fakes.map((fake, seed): Month => ({ seed, calls: fake.calls ?? 100, staleness: staleness(fake) }));
  const mean = (of: (fake: Fake) => number) => fakes.reduce((sum, fake) => sum + of(fake), 0) / fakes.length;
  return {
    scenario: "commuter",
    webhook: "none",
    planner,
    calls: mean(({ calls = 100 }) => calls),
    mostCalls: Math.max(...months.map(({ calls }) => calls)),
    staleness: staleness({ age: mean(({ age = 5 }) => age), wrong: mean(({ wrong = 5 }) => wrong) }),
    months,
  };
}

const lostBy = (ours: readonly Fake[], fixed: readonly Fake[]) =>
  judge([row("ours", ours), row("fixed", fixed)])
    .filter(isLost)
    .map(({ figure, decides, lost }) => [figure, decides, lost.map(({ seed }) => seed)]);

describe("the verdict of the economy bench", () => {
  it("is won by what is nowhere worse", () => {
    expect(lostBy([{}, {}], [{}, { age: 6, calls: 101 }])).toEqual([]);
  });

  it("is lost by a single month, however good all together are", () => {
    expect(lostBy([{ calls: 10 }, { calls: 101 }], [{}, {}])).toEqual([["calls", true, [1]]]);
    expect(lostBy([{ age: 1 }, { age: 5.01 }], [{}, {}])).toEqual([
      ["age of battery, mean", true, [1]],
      ["age of charging, mean", true, [1]],
      ["age of location, mean", true, [1]],
    ]);
  });

  it("is lost above 500 calls, although fixed intervals need as many", () => {
    expect(lostBy([{ calls: 501 }], [{ calls: 501 }])).toEqual([["calls of 500", true, [0]]]);
  });

  it("tells of the other measures, but does not go by them", () => {
    const lost = lostBy([{ wrong: 6 }], [{}]);
    expect(lost).toHaveLength(3);
    expect(lost.every(([, decides]) => decides === false)).toBe(true);
  });
});
