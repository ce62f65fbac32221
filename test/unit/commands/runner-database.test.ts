import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ExecutionStore } from "../../../src/commands/runner-options.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { tempStore } from "../../support/temp-store.ts";
import { bench } from "./support.ts";

let files: ReturnType<typeof tempStore>;
let clock: FakeClock;

beforeEach(() => {
  files = tempStore();
  clock = new FakeClock();
});
afterEach(() => files.remove());

const started = (overrides: Parameters<typeof bench>[2] = {}) => {
  const made = bench(files.store, clock, overrides);
  made.runner.start();
  return made;
};

/** An audit table that refuses to be changed while it is broken. */
function failing(store: ExecutionStore, isBroken: () => boolean): ExecutionStore {
  return new Proxy(store, {
    get(target, key) {
      if (key === "update" && isBroken()) {
        return () => {
          throw new Error("disk full");
        };
      }
      const member: unknown = Reflect.get(target, key);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}

describe("command runner, while the database refuses", () => {
  it("answers although the database fails in between, and goes on with the next", async () => {
    let broken = false;
    const { executions } = files.store;
    const { give, calls, results } = started({ store: failing(executions, () => broken) });
    give("lock", "LOCK");
    give("charging", true);
    give("charge_limit", 70, { expiresAt: clock.now() + 1 });
    await clock.advance(1);
    broken = true;
    calls[0]?.answer({ outcome: "succeeded" });
    await settle();
    expect(results).toMatchObject([
      { command: "lock", status: "unknown", error: { code: "INTERNAL" } },
      { command: "charging", status: "rejected", error: { code: "INTERNAL" } },
      { command: "charge_limit", status: "rejected", error: { code: "INTERNAL" } },
    ]);
    broken = false;
    give("charging", true);
    await settle();
    expect(calls.map(({ path }) => path)).toEqual(["commands/security/lock", "commands/charge/start"]);
  });

  it("never sends what it could not take in, and keeps the place of what waits instead", async () => {
    let broken = false;
    const { executions } = files.store;
    const { give, calls, results } = started({ store: failing(executions, () => broken) });
    give("lock", "LOCK");
    give("charging", true);
    broken = true;
    expect(() => give("charging", false)).toThrow("disk full");
    expect(() => give("lock", "JAM")).toThrow("disk full");
    broken = false;
    await settle();
    calls[0]?.answer({ outcome: "succeeded" });
    await settle();
    expect(calls.map(({ path }) => path)).toEqual(["commands/security/lock", "commands/charge/start"]);
    expect(results).toMatchObject([{ command: "lock", status: "succeeded" }]);
  });

  it("sends nothing more although the database refuses to note the rejection", async () => {
    let broken = false;
    const { executions } = files.store;
    const { give, runner, calls, results } = started({ store: failing(executions, () => broken) });
    give("lock", "LOCK");
    await settle();
    give("lock", "UNLOCK");
    give("charging", true);
    broken = true;
    const stopped = runner.stop();
    broken = false;
    calls[0]?.answer({ outcome: "succeeded" });
    await stopped;
    expect(calls).toHaveLength(1);
    expect(results).toMatchObject([{ command: "lock", status: "succeeded" }]);
    const next = started();
    expect(next.results).toMatchObject([
      { value: "UNLOCK", status: "rejected", error: { code: "RESTARTED" } },
      { value: true, status: "rejected", error: { code: "RESTARTED" } },
    ]);
  });
});
