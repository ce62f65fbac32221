import { afterEach, describe, expect, it } from "vitest";
import { hasMosquitto } from "../support/brokers.ts";
import { type Bench, openBench, startBench } from "../support/e2e-bench.ts";
import { command } from "../support/e2e-commands.ts";
import { readiness } from "../support/e2e-readiness.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function own(bench: Bench): Bench {
  cleanups.push(() => bench.close());
  return bench;
}

describe.skipIf(!hasMosquitto())("the program and its broker", () => {
  it("runs without a broker, says so, and shows everything when it is there", async () => {
    const bench = own(await openBench());
    await bench.mosquitto.pause();
    const program = await bench.start({ connected: false });
    await program.line(({ msg }) => msg === "no MQTT session");
    // Deliveries are taken in meanwhile.
    const soc = { code: "tractionbattery-stateofcharge", body: { value: 61, unit: "percent" } };
    await program.line(({ msg }) => msg === "connections listed");
    expect(await bench.simulator.deliver({ signals: [soc] })).toMatchObject([{ status: 200 }]);
    const down = await readiness(bench);
    expect(down).toMatchObject({ status: 503, parts: { mqtt: { ok: false }, smartcar: { ok: true } } });
    expect(down.parts["mqtt"]?.detail).toContain(`127.0.0.1:${bench.broker.port}`);

    await bench.mosquitto.resume();
    await bench.seen.until(({ topic, payload }) => topic === "smartcar/test-a/battery" && payload === "61");
    await bench.seen.until(({ topic, payload }) => topic === "smartcar/bridge/state" && payload === "online");
    expect(bench.seen.messages.filter(({ topic }) => topic === "smartcar/test-a/battery")).toHaveLength(1);
    expect((await readiness(bench)).status).toBe(200);
  });

  it("shows a broker that lost everything all of it again within 5 seconds", async () => {
    const bench = own(await startBench({ env: { POLLING_MODE: "never" } }));
    const config = "homeassistant/device/smartcar_vehicle-a/config";
    await bench.seen.until(({ topic }) => topic === config);
    const before = await bench.retained();
    expect(before.size).toBeGreaterThan(15);
    await bench.mosquitto.pause();
    bench.seen.clear();
    await bench.mosquitto.resume();
    await bench.seen.untilAll(() => [...before.keys()].every((topic) => bench.seen.current().has(topic)), 5_000);
    const after = await bench.retained();
    expect(after).toEqual(before);
    expect(await command(bench, "a", "charge_limit", 80)).toMatchObject({ status: "succeeded" });
  });
});
