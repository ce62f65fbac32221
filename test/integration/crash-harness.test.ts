import { describe, expect, it } from "vitest";
import { type Kill, runCrashes } from "../../bench/crash/harness.ts";
import { hasMosquitto } from "../support/brokers.ts";

describe.skipIf(!hasMosquitto())("the program, killed thirty times", () => {
  // The same as `npm run bench:crash`, which kills three hundred times.
  it("loses nothing acknowledged, sends nothing twice, and keeps its database whole", {
    timeout: 240_000,
  }, async () => {
    const kills: Kill[] = [];
    const report = await runCrashes({
      kills: 30,
      seed: 20_261,
      longestLoadMs: 400,
      onKill: (kill) => kills.push(kill),
    });
    expect(report.violations).toEqual([]);
    expect(report).toMatchObject({
      ok: true,
      kills: 30,
      lost: 0,
      doubled: 0,
      unanswered: 0,
      contradicted: 0,
      undercounted: 0,
      wrongTopics: 0,
      integrity: "ok",
    });
    expect(kills).toHaveLength(30);
    // That there was something to lose; how much of it depends on the machine.
    for (const moment of ["start", "load", "shutdown", "migration"] as const) {
      expect(report.during[moment], moment).toBeGreaterThan(0);
    }
    expect(report.acknowledged).toBeGreaterThan(100);
    expect(report.sent).toBeGreaterThan(5);
    expect(report.billedCalls).toBeGreaterThan(10);
  });
});
