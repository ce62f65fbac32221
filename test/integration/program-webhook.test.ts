import { afterEach, describe, expect, it } from "vitest";
import { GENERATIONS } from "../../src/simulator/event-payload.ts";
import testEvent from "../fixtures/smartcar/test.json" with { type: "json" };
import { hasMosquitto } from "../support/brokers.ts";
import { type Bench, openBench, startBench, stillCar } from "../support/e2e-bench.ts";
import { fence } from "../support/e2e-fence.ts";

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

const SOC = "tractionbattery-stateofcharge";
const BATTERY = "smartcar/test-a/battery";

/** Only deliveries tell of the car: no poll can do their work. */
async function running(): Promise<Bench> {
  bench = await startBench({ env: { POLLING_MODE: "never" } });
  await bench.shown();
  return bench;
}

const soc = (value: number, meta?: Record<string, string | number>) => ({
  code: SOC,
  body: { value, unit: "percent" },
  ...(meta === undefined ? {} : { meta }),
});

async function statusesOf(answers: Promise<{ status: number | null }[]>): Promise<(number | null)[]> {
  return (await answers).map(({ status }) => status);
}

describe.skipIf(!hasMosquitto())("deliveries to the running program", () => {
  it("takes in every generation of the payload", async () => {
    const { simulator, seen } = await running();
    for (const [index, generation] of GENERATIONS.entries()) {
      const value = 60 + index;
      const answers = await simulator.deliver({ generation, signals: [soc(value)] });
      expect(answers, generation).toMatchObject([{ status: 200 }]);
      await seen.until(({ topic, payload }) => topic === BATTERY && payload === String(value));
      await seen.until(
        ({ topic, payload }) => topic === "smartcar/test-a/state" && payload.includes(`"battery":${value}`),
      );
      const { payload } = await seen.until(
        ({ topic, payload }) => topic === `smartcar/test-a/signals/${SOC}` && payload.includes(`"value":${value}`),
      );
      expect(JSON.parse(payload), generation).toMatchObject({ source: "webhook", status: "SUCCESS", fresh: true });
    }
  });

  it("refuses what is not signed, and takes nothing of it", async () => {
    const ours = await running();
    const { simulator, seen, program } = ours;
    const refused = simulator.deliver(
      { signature: "wrong", signals: [soc(11)] },
      { signature: "none", signals: [soc(12)] },
    );
    expect(await statusesOf(refused)).toEqual([401, 401]);
    await fence(ours);
    expect(seen.current().get(BATTERY)).toBe("50");
    await program.line(({ msg }) => msg === "unsigned webhook request refused");
  });

  it("answers test events and unknown ones, and leaves the state alone", async () => {
    const ours = await running();
    const { simulator, seen } = ours;
    const answered = simulator.deliver(
      { mode: "TEST", signals: [soc(13)] },
      { payload: testEvent },
      { payload: { eventId: "of-the-future", eventType: "VEHICLE_DREAM", data: { vehicle: { id: "vehicle-a" } } } },
      { payload: "no json at all" },
    );
    expect(await statusesOf(answered)).toEqual([200, 200, 200, 200]);
    await fence(ours);
    expect(seen.current().get(BATTERY)).toBe("50");
  });

  it("takes an event once, however often it comes", async () => {
    const ours = await running();
    const { simulator, seen } = ours;
    const first = simulator.deliver({ eventId: "again", signals: [soc(61)] });
    expect(await statusesOf(first)).toEqual([200]);
    await seen.until(({ topic, payload }) => topic === BATTERY && payload === "61");
    await fence(ours);
    seen.clear();
    const again = simulator.deliver({ eventId: "again", signals: [soc(99)], times: 3 });
    expect(await statusesOf(again)).toEqual([200, 200, 200]);
    await fence(ours);
    expect(seen.messages.filter(({ topic }) => topic.startsWith("smartcar/test-a/"))).toEqual([]);
    expect((await ours.retained(BATTERY)).get(BATTERY)).toBe("61");
  });

  it("keeps the newest value when deliveries come out of order", async () => {
    const ours = await running();
    const { simulator, seen } = ours;
    const at = Date.now();
    // The car's own times decide, in whatever order and with whatever sequence the deliveries come.
    const order = [3, 1, 4, 2].map((n) => ({
      signals: [soc(70 + n, { oemUpdatedAt: at + n, retrievedAt: at + 100 - n })],
      sequence: 100 - n,
    }));
    expect(await statusesOf(simulator.deliver(...order))).toEqual([200, 200, 200, 200]);
    await fence(ours);
    const batteries = seen.messages.filter(({ topic }) => topic === BATTERY).map(({ payload }) => payload);
    // 73 is passed over when 74 is there before its turn; what is older is never said.
    expect(batteries.filter((value) => value !== "73")).toEqual(["50", "74"]);
  });

  it("sets aside what an unknown vehicle tells, and takes it once the vehicle is connected", async () => {
    bench = await openBench({ cars: [], env: { POLLING_MODE: "never" } });
    const { simulator, seen } = bench;
    // The car is connected while the program could not list the connections yet.
    simulator.addFault({ kind: "error", status: 500, path: "/v3/connections" });
    const program = await bench.start();
    await program.line(({ msg }) => msg === "connections could not be listed");
    simulator.addCar(stillCar("late"));
    const delivery = { vehicleId: "vehicle-late", signals: [soc(42)] };
    expect(await statusesOf(simulator.deliver(delivery))).toEqual([200]);
    await program.line(({ msg }) => msg === "delivery set aside");
    // The program waits some seconds before it lists again.
    await seen.until(({ topic, payload }) => topic === "smartcar/test-late/battery" && payload === "42");
    await seen.until(({ topic }) => topic === "smartcar/test-late/last_webhook_received");
    expect(bench.requests("vehicle-late", "/signals")).toEqual([]);
  });

  it("shows a problem that Smartcar reports until it is solved", async () => {
    const { simulator, seen } = await running();
    const problem = (fits: (document: Record<string, unknown>) => boolean) =>
      seen.until(({ topic, payload }) => topic === "smartcar/test-a/problem" && fits(JSON.parse(payload)));
    const fault = { type: "CONNECTED_SERVICES_ACCOUNT", code: "AUTHENTICATION_FAILED" };
    const suggestedUserMessage = "Sign in again.";
    simulator.sendErrors("vehicle-a", [{ ...fault, state: "ERROR", suggestedUserMessage }]);
    await problem(
      ({ active, type, message }) => active === true && type === fault.type && message === "Sign in again.",
    );
    await seen.until(({ topic, payload }) => topic === "smartcar/test-a/availability" && payload === "offline");
    seen.clear();
    simulator.sendErrors("vehicle-a", [{ ...fault, state: "RESOLVED" }]);
    await problem(({ active }) => active === false);
    await seen.until(({ topic, payload }) => topic === "smartcar/test-a/availability" && payload === "online");
  });
});
