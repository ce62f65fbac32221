import { afterEach, describe, expect, it } from "vitest";
import { hasMosquitto } from "../support/brokers.ts";
import { type Bench, openBench, startBench, stillCar } from "../support/e2e-bench.ts";
import { command, give, resultOf, resultsOf } from "../support/e2e-commands.ts";

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

const LOCK_SET = "smartcar/test-a/lock/set";

function commandsOf({ simulator }: Bench): (string | undefined)[] {
  return simulator
    .requests()
    .filter(({ path }) => path.includes("/commands/"))
    .map(({ path }) => path.split("/commands/")[1]);
}

describe.skipIf(!hasMosquitto())("commands that must not be carried out", () => {
  it("refuses and erases a command that was retained before the start", async () => {
    bench = await openBench();
    const { seen } = bench;
    // The car must be known for its topic to mean anything, so the program has run once before.
    await bench.start();
    await bench.shown();
    await bench.end("SIGTERM");
    await seen.publish(LOCK_SET, '{"value": "LOCK", "id": "stored"}', { retain: true });
    await bench.start();
    expect(await resultOf(bench, "stored")).toMatchObject({ status: "rejected", error: { code: "RETAINED" } });
    await seen.until(({ topic, payload }) => topic === LOCK_SET && payload === "");
    const late = await bench.lateWatch("smartcar/test-a/#");
    await late.until(({ topic }) => topic === "smartcar/test-a/charge_limit");
    expect(late.current().has(LOCK_SET)).toBe(false);
    await command(bench, "a", "charge_limit", 80);
    expect(commandsOf(bench)).toEqual(["charge/set-limit"]);
  });

  it.each(["SIGTERM", "SIGKILL"] as const)("forgets a command given while the bridge was away (%s)", async (signal) => {
    bench = await startBench();
    await bench.shown();
    await bench.end(signal);
    const away = await give(bench, "a", "lock", "LOCK");
    await bench.start();
    expect(await command(bench, "a", "charge_limit", 80)).toMatchObject({ status: "succeeded" });
    expect(resultsOf(bench, away)).toEqual([]);
    expect(commandsOf(bench)).toEqual(["charge/set-limit"]);
  });

  it("rejects what waits when the bridge stops, and answers what is under way", async () => {
    bench = await startBench();
    await bench.shown();
    const path = "/v3/vehicles/vehicle-a/commands/security/lock";
    bench.simulator.addFault({ kind: "latency", delayMs: 2_000, path });
    const running = await give(bench, "a", "lock", "LOCK");
    const waiting = await give(bench, "a", "charge_limit", 80);
    await bench.program.line(({ msg, id }) => msg === "command received" && id === waiting);
    expect((await bench.end("SIGTERM")).code).toBe(0);
    expect(await resultOf(bench, waiting)).toMatchObject({ status: "rejected", error: { code: "SHUTDOWN" } });
    expect(await resultOf(bench, running)).toMatchObject({ status: "succeeded" });
    expect(commandsOf(bench)).toEqual(["security/lock"]);
    await bench.start();
    await bench.shown();
    await command(bench, "a", "charge_limit", 70);
    expect(resultsOf(bench, waiting)).toHaveLength(1);
    expect(commandsOf(bench)).toEqual(["security/lock", "charge/set-limit"]);
  });

  it("rejects what is beyond the month's budget, also after a restart", async () => {
    bench = await startBench({
      env: { POLLING_MODE: "never", POLLING_MONTHLY_BUDGET: "2", POLLING_COMMAND_RESERVE: "1" },
    });
    await bench.shown();
    expect(await command(bench, "a", "lock", "LOCK")).toMatchObject({ status: "succeeded" });
    await bench.end("SIGTERM");
    await bench.start();
    expect(await command(bench, "a", "charge_limit", 80)).toMatchObject({ status: "succeeded" });
    const rejected = await command(bench, "a", "charge_limit", 70);
    expect(rejected).toMatchObject({ status: "rejected", sent_at: null, calls: 0, error: { code: "OVER_BUDGET" } });
    const refresh = await command(bench, "a", "refresh", "PRESS");
    expect(refresh).toMatchObject({ status: "rejected", sent_at: null, calls: 0, error: { code: "OVER_BUDGET" } });
    expect(commandsOf(bench)).toEqual(["security/lock", "charge/set-limit"]);
    expect(bench.requests("vehicle-a", "/signals")).toEqual([]);
  });

  it("unlocks and opens the charge port when that is allowed, and nothing else", async () => {
    bench = await startBench({ env: { COMMANDS_ALLOW: "unlock, charge_port" } });
    const { seen } = bench;
    await bench.shown();
    await seen.publish("smartcar/test-a/lock/set", '{"value": "UNLOCK", "id": "open"}');
    expect(await resultOf(bench, "open")).toMatchObject({ value: "UNLOCK", status: "succeeded" });
    expect(await command(bench, "a", "charge_port", "OPEN")).toMatchObject({ status: "succeeded" });
    expect(await command(bench, "a", "lock", "LOCK")).toMatchObject({ error: { code: "NOT_ALLOWED" } });
    const limit = await give(bench, "a", "charge_limit", 80);
    await command(bench, "a", "charge_port", "CLOSE");
    expect(resultsOf(bench, limit)).toEqual([]);
    expect(commandsOf(bench)).toEqual(["security/unlock", "charge-port/open", "charge-port/close"]);
  });

  it("sends nothing for a car whose owner did not grant it", async () => {
    const permissions = ["read_battery", "read_charge", "read_security", "control_charge"];
    bench = await startBench({ cars: [stillCar("a", { permissions })] });
    await bench.shown();
    expect(await command(bench, "a", "lock", "LOCK")).toMatchObject({ error: { code: "NO_PERMISSION" }, calls: 0 });
    expect(await command(bench, "a", "charge_limit", 80)).toMatchObject({ status: "succeeded" });
    expect(commandsOf(bench)).toEqual(["charge/set-limit"]);
  });
});

describe("commands over MQTT 3.1.1, which hides the retain flag of what comes live", () => {
  it("refuses and erases what is retained all the same, and carries out the rest", async () => {
    bench = await startBench({ broker: "aedes" });
    const { seen } = bench;
    await bench.shown();
    await seen.publish(LOCK_SET, '{"value": "LOCK", "id": "kept"}', { retain: true });
    expect(await resultOf(bench, "kept")).toMatchObject({ status: "rejected", error: { code: "RETAINED" } });
    await seen.until(({ topic, payload }) => topic === LOCK_SET && payload === "");
    expect(await command(bench, "a", "charge_limit", 80)).toMatchObject({ status: "succeeded" });

    await bench.end("SIGTERM");
    await seen.publish(LOCK_SET, '{"value": "LOCK", "id": "stored"}', { retain: true });
    await bench.start();
    expect(await resultOf(bench, "stored")).toMatchObject({ status: "rejected", error: { code: "RETAINED" } });
    expect(await command(bench, "a", "charge_limit", 70)).toMatchObject({ status: "succeeded" });
    expect(commandsOf(bench)).toEqual(["charge/set-limit", "charge/set-limit"]);
  });
});
