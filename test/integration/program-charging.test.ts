import { afterEach, describe, expect, it } from "vitest";
import type { HandDeliveryInput } from "../../src/simulator/script-schema.ts";
import { hasMosquitto } from "../support/brokers.ts";
import { type Bench, startBench } from "../support/e2e-bench.ts";

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

const TOPIC = "smartcar/test-a";

describe.skipIf(!hasMosquitto())("charging sessions of the running program", () => {
  it("are told when they end and counted in the energy total, over a restart", async () => {
    bench = await startBench({ env: { POLLING_MODE: "never" } });
    await bench.shown();
    const { simulator, seen } = bench;
    const t0 = Date.now();
    const deliver = async (minute: number, values: Readonly<Record<string, boolean | number>>) => {
      const at = new Date(t0 + minute * 60_000).toISOString();
      const meta = { oemUpdatedAt: at, retrievedAt: at };
      const signals = Object.entries(values).map(([code, value]) => ({ code, body: { value }, meta }));
      const delivery: HandDeliveryInput = { signals };
      expect(await simulator.deliver(delivery)).toMatchObject([{ status: 200 }]);
    };
    await seen.until(({ topic, payload }) => topic === `${TOPIC}/energy_total` && payload === "0");
    await deliver(1, { "charge-ischarging": true, "charge-energyadded": 0.5, "tractionbattery-stateofcharge": 50 });
    await deliver(30, { "charge-energyadded": 5.25 });
    await seen.until(({ topic, payload }) => topic === `${TOPIC}/energy_total` && payload === "5.25");

    await bench.end("SIGKILL");
    await bench.start();
    await deliver(61, { "charge-ischarging": false, "charge-energyadded": 10, "tractionbattery-stateofcharge": 63 });
    const { payload, packet } = await seen.until(
      ({ topic, payload }) => topic === `${TOPIC}/event` && payload.includes("charging_session"),
    );
    expect(packet.retain).toBe(false);
    expect(JSON.parse(payload)).toEqual({
      event_type: "charging_session",
      start: new Date(t0 + 60_000).toISOString(),
      end: new Date(t0 + 61 * 60_000).toISOString(),
      energy_kwh: 10,
      energy_source: "energy_added",
      soc_start: 50,
      soc_end: 63,
      location: null,
      partial: false,
    });
    await seen.until(({ topic, payload: total }) => topic === `${TOPIC}/energy_total` && total === "10");
    await seen.until(({ topic, payload: state }) => topic === `${TOPIC}/state` && state.includes('"energy_total":10'));
  });
});
