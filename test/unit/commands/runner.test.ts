import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hours, minutes, seconds } from "../../../src/lib/duration.ts";
import { Budget } from "../../../src/scheduler/budget.ts";
import { vehicleId } from "../../../src/vehicle/ids.ts";
import { car } from "../../support/cars.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { CAR } from "../../support/observations.ts";
import { tempStore } from "../../support/temp-store.ts";
import { bench, callError, LOCKED, slowLogin } from "./support.ts";

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

describe("command runner", () => {
  it("sends, answers with everything the contract names, and books one call", async () => {
    const { give, calls, results, budget } = started();
    const id = give("charge_limit", "80");
    await settle();
    expect(calls[0]).toMatchObject({ method: "POST", path: "commands/charge/set-limit", body: { percent: 80 } });
    await clock.advance(seconds(3));
    calls[0]?.answer({ outcome: "succeeded" });
    await settle();
    const at = clock.now();
    expect(results).toEqual([
      {
        id,
        command: "charge_limit",
        value: 80,
        status: "succeeded",
        confirmed: false,
        error: null,
        requested_at: new Date(at - 3_000).toISOString(),
        sent_at: new Date(at - 3_000).toISOString(),
        completed_at: new Date(at).toISOString(),
        duration_ms: 3_000,
        calls: 1,
      },
    ]);
    expect(budget.view(CAR).used).toBe(1);
  });

  it("carries out the commands of one car one after the other, in order", async () => {
    const { give, calls, results } = started();
    give("lock", "LOCK");
    give("charging", "ON");
    await settle();
    expect(calls.map(({ path }) => path)).toEqual(["commands/security/lock"]);
    calls[0]?.answer({ outcome: "succeeded" });
    await settle();
    expect(calls[1]?.path).toBe("commands/charge/start");
    expect(results).toHaveLength(1);
  });

  it("lets a newer value take the place of one that waits, however often, and never of one that was sent", async () => {
    const { give, calls, results } = started();
    give("lock", "LOCK");
    await settle();
    for (let limit = 60; limit <= 90; limit++) give("charge_limit", String(limit));
    give("lock", "UNLOCK");
    expect(results.map(({ status }) => status)).toEqual(Array(30).fill("superseded"));
    expect(results[0]).toMatchObject({ value: 60, sent_at: null, calls: 0, error: { type: "SUPERSEDED" } });
    for (const index of [0, 1, 2]) {
      calls[index]?.answer({ outcome: "succeeded" });
      await settle();
    }
    expect(calls.map(({ path, body }) => [path, body?.["percent"]])).toEqual([
      ["commands/security/lock", undefined],
      ["commands/charge/set-limit", 90],
      ["commands/security/unlock", undefined],
    ]);
  });

  it("keeps schedules beside each other, up to a bound", async () => {
    const { give, calls, results } = started();
    for (let n = 0; n < 12; n++) give("charge_schedule", { delete: `s${n}` });
    expect(results).toMatchObject([
      { status: "rejected", error: { code: "BUSY" } },
      { status: "rejected", error: { code: "BUSY" } },
    ]);
    for (let n = 0; n < 10; n++) {
      await settle();
      calls[n]?.answer({ outcome: "succeeded" });
    }
    await settle();
    expect(calls.map(({ path }) => path)).toEqual(Array.from({ length: 10 }, (_, n) => `charge-schedules/s${n}`));
    expect(results).toHaveLength(12);
  });

  it("refuses what waited longer than commands.max_age, or past its MQTT expiry", async () => {
    const { give, calls, results } = started();
    give("lock", "LOCK");
    give("charging", true);
    give("charge_limit", 70, { expiresAt: clock.now() + seconds(10) });
    await clock.advance(seconds(61));
    calls[0]?.answer({ outcome: "succeeded" });
    await settle();
    expect(results.slice(1)).toMatchObject([
      { command: "charging", status: "rejected", error: { code: "TOO_OLD" }, sent_at: null },
      { command: "charge_limit", status: "rejected", error: { code: "TOO_OLD" } },
    ]);
    expect(calls).toHaveLength(1);
  });

  it("refuses what grew too old while the login took its time, and books nothing", async () => {
    const { ready, answer } = slowLogin();
    const { give, calls, results, budget } = started({ ready });
    give("lock", "UNLOCK");
    give("charging", true);
    await clock.advance(seconds(61));
    give("charging", false);
    expect(results).toMatchObject([{ status: "superseded" }]);
    answer();
    await settle();
    expect(results.slice(1)).toMatchObject([
      { command: "lock", status: "rejected", error: { code: "TOO_OLD" }, sent_at: null, calls: 0 },
    ]);
    expect(calls).toMatchObject([{ path: "commands/charge/stop", notAfter: clock.now() + seconds(60) }]);
    expect(budget.view(CAR).used).toBe(1);
  });

  it("answers the same id again with the first result for 24 hours, whatever time the caller claims", async () => {
    const day = started({ maxAgeMs: hours(72) });
    const ask = () => day.give("lock", "LOCK", { id: "abc", requestedAt: clock.now() - hours(30) });
    ask();
    await settle();
    ask();
    expect(day.results).toEqual([]);
    day.calls[0]?.answer({ outcome: "succeeded" });
    await settle();
    await clock.advance(hours(23));
    ask();
    await settle();
    expect(day.results).toHaveLength(2);
    expect(day.results[1]).toEqual(day.results[0]);
    expect(day.calls).toHaveLength(1);
    await clock.advance(hours(2));
    ask();
    await settle();
    expect(day.calls).toHaveLength(2);
  });

  it("answers a repeated id where the repetition asks for it", async () => {
    const { give, results, runner } = started();
    expect(runner.current(CAR, "lock")).toBeUndefined();
    give("lock", "JAM", { id: "abc" });
    give("lock", "LOCK", { id: "abc", reply: { responseTopic: "back", correlationData: null } });
    expect(results).toMatchObject([{ error: { code: "BAD_VALUE" } }, { error: { code: "BAD_VALUE" } }]);
  });

  it("refuses a retained message although its id is known", async () => {
    const { give, results } = started();
    give("lock", "JAM", { id: "abc" });
    give("lock", "LOCK", { id: "abc", retained: true });
    expect(results[1]).toMatchObject({ status: "rejected", error: { code: "RETAINED" } });
  });

  it("rejects over budget, also a refresh, and sends nothing", async () => {
    const { give, calls, results, reads } = started({
      budget: new Budget(clock, files.store.ledger, { monthly: 1, reserve: 0 }),
    });
    give("lock", "LOCK");
    await settle();
    give("charging", true);
    give("refresh", "PRESS");
    calls[0]?.answer({ outcome: "succeeded" });
    await settle();
    expect(results.slice(1)).toMatchObject([
      { status: "rejected", error: { code: "OVER_BUDGET" }, calls: 0 },
      { command: "refresh", status: "rejected", error: { code: "OVER_BUDGET" }, calls: 0 },
    ]);
    expect(reads).toEqual([]);
  });

  it("gives a call back that certainly never left, and tells what Smartcar says", async () => {
    const { give, calls, results, budget } = started();
    give("lock", "LOCK");
    await settle();
    const told = {
      type: "VEHICLE_STATE",
      smartcarCode: "DOOR_OPEN",
      ownerMessage: "Close the door.",
      url: "https://x.y",
    };
    calls[0]?.answer({ outcome: "failed", error: callError({ ...told, sent: false }) });
    await settle();
    expect(results[0]).toMatchObject({
      status: "failed",
      error: { type: "VEHICLE_STATE", code: "DOOR_OPEN", message: "Close the door.", action: "https://x.y" },
      calls: 0,
    });
    expect(budget.view(CAR).used).toBe(0);
  });

  it("remembers what the car can never do, not what it cannot do now", async () => {
    const { give, calls, results, incapable } = started();
    const incapacity = { status: 501, type: "COMPATIBILITY", disposition: "give-up" } as const;
    for (const smartcarCode of ["SMARTCAR_NOT_CAPABLE", "VEHICLE_NOT_CAPABLE"]) {
      give("charging", true);
      await settle();
      calls.at(-1)?.answer({ outcome: "failed", error: callError({ ...incapacity, smartcarCode }) });
      await settle();
    }
    give("charging", true);
    expect(results.at(-1)).toMatchObject({ status: "rejected", error: { code: "NOT_CAPABLE" } });
    give("charging", false);
    await settle();
    expect([calls.length, incapable]).toEqual([3, ["charging_start"]]);
  });

  it("refreshes by one read: confirmed, or failed with the reason", async () => {
    const error = callError({ type: null, smartcarCode: null });
    let answer: { ok: true } | { ok: false; error: Error } = { ok: true };
    const { give, results } = started({ read: () => Promise.resolve(answer) });
    give("refresh", "press");
    await settle();
    answer = { ok: false, error };
    give("refresh", "PRESS");
    await settle();
    expect(results).toMatchObject([
      { status: "succeeded", confirmed: true, value: "PRESS", calls: 1 },
      { status: "failed", confirmed: false, error: { type: "BRIDGE", code: "SC_TEST" } },
    ]);
  });

  it("keeps an outcome it could not learn in the audit table, for a repeated id too", async () => {
    const { give, calls, results } = started();
    give("lock", "LOCK", { id: "abc" });
    await settle();
    calls[0]?.explode(new Error("a bug"));
    await settle();
    give("lock", "LOCK", { id: "abc" });
    expect(results).toMatchObject([{ status: "unknown" }, { status: "unknown" }]);
    expect(files.store.executions.unfinished()).toEqual([]);
  });
});

describe("confirmation", () => {
  async function succeeded(overrides: Parameters<typeof bench>[2] = {}) {
    const made = started(overrides);
    made.give("lock", "LOCK", { id: "abc" });
    await settle();
    made.calls[0]?.answer({ outcome: "succeeded" });
    await settle();
    return made;
  }

  it("comes as a second result with the same id, once, and saves the read", async () => {
    const { signal, results, reads } = await succeeded();
    signal(LOCKED, { value: false }, clock.now() + 1_000);
    signal(LOCKED, { value: true }, clock.now() - 1_000);
    expect(results).toHaveLength(1);
    signal(LOCKED, { value: true }, clock.now() + 2_000);
    signal(LOCKED, { value: true }, clock.now() + 3_000);
    await clock.advance(minutes(11));
    expect(results).toEqual([results[0], { ...results[0], confirmed: true }]);
    expect(reads).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it("is asked for by one read after 30 s, which `never` forbids", async () => {
    const { reads, runner } = await succeeded();
    await clock.advance(seconds(30) - 1);
    expect(reads).toEqual([]);
    await clock.advance(minutes(9));
    expect(reads).toEqual(["confirm"]);
    expect(runner.current(CAR, "lock")?.state).toBe("succeeded");
    await clock.advance(minutes(1));
    expect(runner.current(CAR, "lock")).toBeUndefined();
    const never = await succeeded({ mayConfirm: () => false });
    await clock.advance(minutes(1));
    expect(never.reads).toEqual([]);
  });

  it("can still come after an unknown outcome, without a read of ours", async () => {
    const { give, calls, results, reads, signal } = started();
    give("lock", "LOCK");
    await settle();
    calls[0]?.answer({ outcome: "unknown", error: callError() });
    await clock.advance(minutes(1));
    signal(LOCKED, { value: true }, clock.now());
    expect(results.map(({ status, confirmed }) => [status, confirmed])).toEqual([
      ["unknown", false],
      ["unknown", true],
    ]);
    expect(reads).toEqual([]);
  });

  it("is watched for after a restart too, within the ten minutes", async () => {
    await succeeded();
    await clock.advance(minutes(9));
    const after = bench(files.reopen(), clock);
    after.runner.start();
    expect(after.results).toEqual([]);
    after.signal(LOCKED, { value: true }, clock.now());
    expect(after.results).toMatchObject([{ id: "abc", status: "succeeded", confirmed: true }]);
    await clock.advance(minutes(2));
    const late = bench(files.reopen(), clock);
    late.runner.start();
    late.signal(LOCKED, { value: true }, clock.now());
    expect(late.results).toEqual([]);
  });

  it("is not watched for any longer because the clock was set back meanwhile", async () => {
    await succeeded();
    clock.jump(-hours(24));
    const { runner } = bench(files.reopen(), clock);
    runner.start();
    await clock.advance(minutes(10) - 1);
    expect(runner.current(CAR, "lock")?.state).toBe("succeeded");
    await clock.advance(1);
    expect(runner.current(CAR, "lock")).toBeUndefined();
  });
});

describe("end of the runner", () => {
  it("rejects what waits, waits a moment for what runs, and takes nothing more", async () => {
    const { give, calls, results, runner } = started();
    give("lock", "LOCK");
    give("charging", true);
    await settle();
    const stopped = runner.stop();
    expect(results).toMatchObject([{ command: "charging", status: "rejected", error: { code: "SHUTDOWN" } }]);
    give("charge_limit", 80);
    calls[0]?.answer({ outcome: "succeeded" });
    await stopped;
    expect(results.slice(1)).toMatchObject([
      { command: "charge_limit", status: "rejected", error: { code: "SHUTDOWN" } },
      { command: "lock", status: "succeeded" },
    ]);
    expect(calls).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("rejects what waits for the login, and does not send it when that ends", async () => {
    const { ready, answer } = slowLogin();
    const { give, runner, calls, results } = started({ ready });
    give("lock", "UNLOCK");
    await settle();
    const stopped = runner.stop();
    answer();
    await stopped;
    expect(results).toMatchObject([{ status: "rejected", error: { code: "SHUTDOWN" }, sent_at: null }]);
    expect(calls).toEqual([]);
  });

  it("leaves a command that hangs to the next start, which calls it unknown and never sends it", async () => {
    const { give, runner } = started();
    give("lock", "LOCK", { id: "hangs" });
    await settle();
    const stopped = runner.stop();
    await clock.advance(seconds(4));
    await stopped;
    const after = bench(files.reopen(), clock);
    after.runner.start();
    await settle();
    expect(after.results).toMatchObject([{ id: "hangs", status: "unknown", error: { code: "RESTARTED" }, calls: 1 }]);
    expect(after.calls).toEqual([]);
  });

  it("rejects after a crash what was never sent, and answers what was never answered", async () => {
    const lost = bench(files.store, clock, { vehicle: () => undefined });
    lost.runner.start();
    lost.give("lock", "LOCK");
    lost.give("charging", true, { id: "waits" });
    lost.give("charging", true, { id: "elsewhere", vehicle: car({ id: vehicleId("other") }) });
    await settle();
    const after = bench(files.reopen(), clock);
    after.runner.start();
    expect(after.results.map(({ id, status }) => [id, status])).toEqual([
      [expect.any(String), "unknown"],
      ["waits", "rejected"],
      ["elsewhere", "unknown"],
    ]);
    const again = bench(files.reopen(), clock);
    again.runner.start();
    expect(again.results).toEqual([]);
  });
});
