import { describe, expect, it } from "vitest";
import { hasMosquitto } from "../support/brokers.ts";
import { own } from "../support/cleanups.ts";
import { openBench, startBench } from "../support/e2e-bench.ts";
import { command } from "../support/e2e-commands.ts";
import { fence } from "../support/e2e-fence.ts";
import { readiness } from "../support/e2e-readiness.ts";

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
    await bench.shown();
    await bench.seen.until(({ topic, payload }) => topic === config && payload.includes('"charge_limit"'));
    await fence(bench);
    // What is wrong with the set-up is looked at again meanwhile.
    const held = async () =>
      new Map([...(await bench.retained())].filter(([topic]) => topic !== "smartcar/bridge/info"));
    const before = await held();
    expect(before.size).toBeGreaterThan(15);
    await bench.mosquitto.pause();
    bench.seen.clear();
    await bench.mosquitto.resume();
    await bench.seen.untilAll(() => [...before.keys()].every((topic) => bench.seen.current().has(topic)), 5_000);
    await fence(bench);
    expect(await held()).toEqual(before);
    expect(await command(bench, "a", "charge_limit", 80)).toMatchObject({ status: "succeeded" });
  });
});
