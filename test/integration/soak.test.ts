import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runSoak } from "../../bench/soak/run.ts";

// Where the clocks are changed twice a year. `npm run bench:soak` plays the whole year.
const ZONE = process.env["TZ"];
beforeAll(() => {
  process.env["TZ"] = "Europe/Berlin";
});
afterAll(() => {
  if (ZONE === undefined) delete process.env["TZ"];
  else process.env["TZ"] = ZONE;
});

describe("the whole program, with three living cars, through days of the calendar that are not like others", () => {
  it.each([
    {
      name: "the end of summer time and of a month",
      from: Date.UTC(2027, 9, 27),
      to: Date.UTC(2027, 10, 5),
      months: 1,
    },
    { name: "leap day, between two turns", from: Date.UTC(2028, 1, 26), to: Date.UTC(2028, 2, 4), months: 1 },
    { name: "the begin of summer time and a turn", from: Date.UTC(2028, 2, 23), to: Date.UTC(2028, 3, 4), months: 1 },
  ])("keeps every promise over $name", { timeout: 240_000 }, async ({ name, from, to, months }) => {
    const report = await runSoak({ from, to, beyondRetention: name.startsWith("leap day") });
    expect(report.broken).toEqual([]);
    // It is not for want of something to do.
    expect(report.jobs).toMatchObject({ nights: report.days, months });
    expect(report.commands.given).toBe(report.days);
    expect(report.topics.compared).toBeGreaterThan(150);
    expect(report.reconnects).toBeGreaterThan(0);
    expect(report.database.rows).toMatchObject({ charging_sessions: expect.any(Number) });
    expect(report.calls.length).toBeGreaterThanOrEqual(6);
  });
});
