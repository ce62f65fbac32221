import { describe, expect, it } from "vitest";
import { LEAST_TOLERANCE, lines, median, type Samples, verdict } from "../../bench/compare/verdict.ts";

const samples = (base: number[], head: number[], good: Samples["good"] = "high"): Samples => ({
  name: "ingest",
  good,
  base,
  head,
});

describe("a verdict on two sets of ratios", () => {
  it("calls what is worse by more than the tolerance a regression", () => {
    expect(verdict(samples([0.5, 0.5, 0.5], [0.4, 0.4, 0.4]))).toMatchObject({ worse: 0.2, regressed: true });
    expect(verdict(samples([2, 2, 2], [2.4, 2.4, 2.4], "low"))).toMatchObject({ worse: 0.2, regressed: true });
  });

  it("lets pass what is better, or worse by less", () => {
    expect(verdict(samples([0.4, 0.4, 0.4], [0.5, 0.5, 0.5]))).toMatchObject({ worse: -0.25, regressed: false });
    expect(verdict(samples([2, 2, 2], [1, 1, 1], "low")).regressed).toBe(false);
    const barely = verdict(samples([1, 1, 1], [0.9, 0.9, 0.9]));
    expect(barely).toMatchObject({ worse: LEAST_TOLERANCE, tolerance: LEAST_TOLERANCE, regressed: false });
  });

  it("allows for what the samples of one side differ by", () => {
    // Half of what the base's own samples differ by.
    const noisy = verdict(samples([0.3, 0.5, 0.7], [0.35, 0.35, 0.35]));
    expect(noisy).toMatchObject({ worse: 0.3, spread: 0.4, tolerance: 0.4, regressed: false });
  });

  it("is not moved by one bad sample", () => {
    expect(verdict(samples([0.5, 0.5, 0.5], [0.5, 0.1, 0.5])).worse).toBe(0);
  });

  it("takes what could not be measured for a regression", () => {
    expect(verdict(samples([0.5], [Number.NaN])).regressed).toBe(true);
    expect(verdict(samples([], [0.5])).regressed).toBe(true);
  });
});

it("the median of an even number lies between the two in the middle", () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

it("says in a line what was compared and with which tolerance", () => {
  expect(lines([verdict(samples([0.5], [0.4]))])).toEqual([
    "REGRESSED  ingest: base 0.5, now 0.4: 20 % worse (tolerance 10 %, spread 0 %)",
  ]);
  expect(lines([verdict(samples([0.4], [0.5]))])[0]).toMatch(/^ok {9}ingest: .*25 % better/);
});
