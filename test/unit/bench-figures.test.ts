import { describe, expect, it } from "vitest";
import { type Figure, judge, table, withTable } from "../../bench/figures.ts";

const figure = (measured: number, more: Partial<Figure> = {}): Figure => ({
  name: "memory",
  measured,
  target: 90,
  unit: "MB",
  good: "at most",
  ...more,
});

describe("judging a figure", () => {
  it.each([
    [90, "at most", true],
    [91, "at most", false],
    [90, "at least", true],
    [89, "at least", false],
    [Number.NaN, "at most", false],
    [Number.NaN, "at least", false],
  ] as const)("%s of %s 90: %s", (measured, good, met) => {
    expect(judge(figure(measured, { good })).met).toBe(met);
  });

  it("says how measured and target relate, where the target allows it", () => {
    expect(judge(figure(99)).ratio).toBe(1.1);
    expect(judge(figure(0, { target: 0 }))).toMatchObject({ ratio: null, met: true });
  });
});

describe("the table", () => {
  it("says by how much a target is missed", () => {
    const text = table([judge(figure(99)), judge(figure(0.4, { good: "at least", target: 0.5, unit: "" }))]);
    expect(text).toContain("| memory | at most 90 MB | 99 MB | no, 10 % above |");
    expect(text).toContain("| memory | at least 0.5 | 0.4 | no, 20 % below |");
  });

  it("replaces what stands between the marks of a document, and nothing else", () => {
    const document = withTable(MARKED, "| new |");
    expect(document).toBe(MARKED.replace("| old |", "| new |"));
    expect(() => withTable("no marks", "x")).toThrow(/lacks/);
  });
});

const MARKED = `before

<!-- figures: written by \`npm run bench -- --write\` -->
| old |
<!-- end of figures -->

after
`;
