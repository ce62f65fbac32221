import { describe, expect, it } from "vitest";
import { days, hours, minutes } from "../../../src/lib/duration.ts";
import { type Job, Jobs } from "../../../src/scheduler/jobs.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

const MIDNIGHT = Date.UTC(2026, 10, 22);
const setup = (jobs: readonly Job[]) => {
  const clock = new FakeClock(Date.UTC(2026, 10, 21, 12));
  const failures: string[] = [];
  return { clock, failures, jobs: new Jobs(clock, jobs, (job, error) => failures.push(`${job}: ${error.message}`)) };
};

describe("jobs", () => {
  it("run by the calendar in UTC, and not at the start", async () => {
    const ran: number[] = [];
    const { clock, jobs } = setup([{ name: "daily", pattern: "0 0 * * *", run: () => void ran.push(clock.now()) }]);
    jobs.start();
    await clock.advance(days(2));
    expect(ran).toEqual([MIDNIGHT, MIDNIGHT + days(1)]);
    await jobs.stop();
    expect(clock.pending).toBe(0);
  });

  it("do not overlap with themselves or each other, and a failure stops neither", async () => {
    const running: string[] = [];
    let end: () => void = () => undefined;
    const { clock, failures, jobs } = setup([
      {
        name: "fails",
        pattern: "0 * * * *",
        run: () => {
          throw new Error("odd");
        },
      },
      {
        name: "slow",
        pattern: "0 * * * *",
        run: () => {
          running.push("slow");
          return new Promise<void>((resolve) => {
            end = resolve;
          });
        },
      },
    ]);
    jobs.start();
    await clock.advance(hours(3) + minutes(30));
    expect(running).toEqual(["slow"]);
    end();
    await settle();
    await clock.advance(minutes(30));
    expect(running).toEqual(["slow", "slow"]);
    // What was missed meanwhile is made up for once.
    expect(failures).toEqual(["fails: odd", "fails: odd", "fails: odd"]);
    end();
    await jobs.stop();
    expect(clock.pending).toBe(0);
  });

  it("notice within ten minutes that the clock was set forward, and run once", async () => {
    let ran = 0;
    const { clock, jobs } = setup([{ name: "daily", pattern: "0 0 * * *", run: () => void ran++ }]);
    jobs.start();
    clock.jump(days(3));
    await clock.advance(minutes(10));
    expect(ran).toBe(1);
    await jobs.stop();
  });

  it("keep to the calendar when the clock is set back by years", async () => {
    const ran: number[] = [];
    const { clock, jobs } = setup([{ name: "daily", pattern: "0 0 * * *", run: () => void ran.push(clock.now()) }]);
    jobs.start();
    clock.jump(-days(365));
    await clock.advance(days(1));
    expect(ran).toEqual([MIDNIGHT - days(365)]);
    await jobs.stop();
  });

  it("wait at the stop for the one that runs, and begin no other", async () => {
    let end: () => void = () => undefined;
    const later: string[] = [];
    const { clock, jobs } = setup([
      {
        name: "slow",
        pattern: "0 * * * *",
        run: () =>
          new Promise<void>((resolve) => {
            end = resolve;
          }),
      },
      { name: "next", pattern: "0 * * * *", run: () => void later.push("next") },
    ]);
    jobs.start();
    await clock.advance(hours(1));
    let stopped = false;
    const done = jobs.stop().then(() => {
      stopped = true;
    });
    await settle();
    expect(stopped).toBe(false);
    end();
    await done;
    expect(later).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
