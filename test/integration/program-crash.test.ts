import { afterEach, describe, expect, it } from "vitest";
import { openStore } from "../../src/store/store.ts";
import { userId, vehicleId } from "../../src/vehicle/ids.ts";
import { hasMosquitto } from "../support/brokers.ts";
import { car } from "../support/cars.ts";
import { type Bench, openBench, startBench, stillCar } from "../support/e2e-bench.ts";
import { command, give, resultOf, resultsOf } from "../support/e2e-commands.ts";
import { fence } from "../support/e2e-fence.ts";

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

/** What the broker keeps of the car, but for what belongs to the running program. */
function kept(topics: ReadonlyMap<string, string>): Record<string, string> {
  const own = /\/(polling|info|availability|problem)$/;
  return Object.fromEntries([...topics].filter(([topic]) => topic.startsWith("smartcar/test-a/") && !own.test(topic)));
}

describe.skipIf(!hasMosquitto())("the program after kill -9", () => {
  it("still has every delivery that it had answered with 200", async () => {
    bench = await startBench({ env: { POLLING_MODE: "never" } });
    await bench.shown();
    const { simulator, program } = bench;
    const answered: number[] = [];
    let next = 0;
    let running = true;
    const stream = async () => {
      while (running) {
        const n = next++;
        const signals = [{ code: `stream-n${n}`, body: { value: n } }];
        const [answer] = await simulator.deliver({ signals });
        if (answer?.status === 200) answered.push(n);
        else running = false;
        if (answered.length >= 100 && running) {
          running = false;
          // In the middle of the others' deliveries.
          program.kill("SIGKILL");
        }
      }
    };
    await Promise.all(Array.from({ length: 8 }, stream));
    expect((await program.exit).signal).toBe("SIGKILL");
    expect(answered.length).toBeGreaterThanOrEqual(100);

    bench.seen.clear();
    await bench.start();
    for (const n of answered) {
      const { payload } = await bench.seen.until(({ topic }) => topic === `smartcar/test-a/signals/stream-n${n}`);
      expect(JSON.parse(payload)).toMatchObject({ body: { value: n }, status: "SUCCESS", source: "webhook" });
    }
  });

  it("takes up a delivery that was set aside, also when it ended right after it had found the vehicle", async () => {
    bench = await openBench({ cars: [], env: { POLLING_MODE: "never" } });
    const { simulator } = bench;
    simulator.addFault({ kind: "error", status: 500, path: "/v3/connections", times: null });
    const program = await bench.start();
    simulator.addCar(stillCar("late"));
    const signals = [{ code: "tractionbattery-stateofcharge", body: { value: 42, unit: "percent" } }];
    expect(await simulator.deliver({ vehicleId: "vehicle-late", signals })).toMatchObject([{ status: 200 }]);
    await program.line(({ msg }) => msg === "delivery set aside");
    await bench.end("SIGKILL");
    const store = openStore(bench.dataDir);
    store.database.start();
    store.vehicles.save(car({ id: vehicleId("vehicle-late"), topic: "test-late", userId: userId("user-late") }));
    store.database.stop();
    simulator.clearFaults();
    await bench.start();
    await bench.seen.until(({ topic, payload }) => topic === "smartcar/test-late/battery" && payload === "42");
  });

  it("shows an empty broker the same as before", async () => {
    bench = await startBench({ env: { POLLING_MODE: "never" } });
    await bench.shown();
    const { simulator, seen } = bench;
    const body = { value: 60, unit: "percent" };
    simulator.setSignal("vehicle-a", "tractionbattery-stateofcharge", { body });
    await seen.until(({ topic, payload }) => topic === "smartcar/test-a/battery" && payload === "60");
    // A failure changes a status and keeps the last good value, over a restart too.
    const error = { type: "UPSTREAM", code: "NO_RESPONSE" };
    simulator.setSignal("vehicle-a", "closure-islocked", { error });
    await seen.until(
      ({ topic, payload }) => topic.endsWith("/signals/closure-islocked") && payload.includes("UPSTREAM"),
    );
    await command(bench, "a", "charge_limit", 80);
    await seen.until(({ topic, payload }) => topic === "smartcar/test-a/charge_limit" && payload === "80");
    await fence(bench);
    const before = kept(await bench.retained());
    expect(before["smartcar/test-a/battery"]).toBe("60");
    expect(before["smartcar/test-a/lock"]).toBe("UNLOCKED");
    expect(Object.keys(before).length).toBeGreaterThan(12);

    await bench.end("SIGKILL");
    await bench.mosquitto.restart({ empty: true });
    expect(await bench.retained()).toEqual(new Map());
    seen.clear();
    await bench.start();
    const names = Object.keys(before);
    await seen.untilAll(() => names.every((topic) => seen.current().has(topic)));
    await fence(bench);
    expect(kept(await bench.retained())).toEqual(before);
  });

  it("does not know what became of a command under way, and never sends it again", async () => {
    bench = await startBench({ cars: [stillCar("a"), stillCar("b")] });
    await bench.shown();
    const path = "/v3/vehicles/vehicle-a/commands/security/lock";
    bench.simulator.addFault({ kind: "stream", bodyAfterMs: 60_000, path, executed: false });
    const sent = await give(bench, "a", "lock", "LOCK");
    const waiting = await give(bench, "a", "charge_limit", 80);
    await bench.seen.until(({ topic, payload }) => topic === "smartcar/test-a/lock" && payload === "LOCKING");
    // Also the second is in the audit table by then: another car's command came after it.
    await command(bench, "b", "charge_limit", 80);
    await bench.end("SIGKILL");
    await bench.seen.until(({ topic, payload }) => topic === "smartcar/bridge/state" && payload === "offline");

    await bench.start();
    expect(await resultOf(bench, sent)).toMatchObject({ status: "unknown", confirmed: false, calls: 1 });
    const unsent = await resultOf(bench, waiting);
    expect(unsent).toMatchObject({ status: "rejected", sent_at: null, calls: 0, error: { code: "RESTARTED" } });
    await bench.seen.untilAll(() => bench?.seen.current().get("smartcar/test-a/lock") === "UNLOCKED");
    // The same id is answered from the table, and a new one is sent: the one before is not.
    await give(bench, "a", "lock", "LOCK", { id: sent });
    expect(await resultOf(bench, sent, 2)).toMatchObject({ status: "unknown" });
    await command(bench, "a", "charge_limit", 70);
    expect(bench.requests("vehicle-a", "security/lock")).toHaveLength(1);
    expect(bench.requests("vehicle-a", "charge/set-limit")).toHaveLength(1);
    expect(resultsOf(bench, waiting)).toHaveLength(1);
  });
});
