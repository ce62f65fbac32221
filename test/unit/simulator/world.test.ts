import { describe, expect, test } from "vitest";
import { hours, seconds } from "../../../src/lib/duration.ts";
import { MODELS } from "../../../src/simulator/living/models.ts";
import { startSimulator } from "../../support/simulator-harness.ts";

const { vehicleId } = MODELS.battery.identity;
const SOC = "tractionbattery-stateofcharge";

async function gainAt(speed: number): Promise<number> {
  const harness = await startSimulator({ cars: [{ living: "battery" }], speed });
  await harness.clock.advance(seconds(30));
  return harness.bodyOf(vehicleId, SOC).value - 55;
}

describe("the cars' world", () => {
  test("runs so many times faster than the clock", async () => {
    expect(await gainAt(30)).toBeCloseTo((await gainAt(60)) / 2, 0);
    expect(await gainAt(60)).toBeGreaterThan(5);
  });

  test("writes the clock's time on the wire, however fast it runs", async () => {
    const harness = await startSimulator({ cars: [{ living: "battery" }], speed: 3_600 });
    await harness.clock.advance(seconds(30));
    const now = harness.clock.now();
    const { signals } = harness.simulator.cars()[0] ?? { signals: [] };
    for (const { oemUpdatedAt } of signals) {
      expect(oemUpdatedAt).toBeLessThanOrEqual(now);
      expect(oemUpdatedAt).toBeGreaterThanOrEqual(now - seconds(30));
    }
  });

  test("goes on from where it was after the machine slept", async () => {
    const harness = await startSimulator({ cars: [{ living: "battery" }], speed: 60 });
    harness.clock.jump(hours(8));
    await harness.clock.advance(seconds(1));
    expect(harness.bodyOf(vehicleId, SOC).value).toBeLessThan(60);
    harness.clock.jump(-hours(8));
    await harness.clock.advance(seconds(1));
    expect(harness.bodyOf(vehicleId, SOC).value).toBeGreaterThan(55);
  });

  test("needs no timer for cars without a life, and gets one with the first that has", async () => {
    const harness = await startSimulator({ cars: [{ vehicleId: "veh-1" }] });
    expect(harness.clock.pending).toBe(0);
    harness.simulator.addCar({ living: "petrol" });
    expect(harness.clock.pending).toBe(1);
    harness.simulator.removeCar(MODELS.petrol.identity.vehicleId);
    await harness.clock.advance(seconds(1));
    expect(harness.clock.pending).toBe(0);
  });

  test("leaves a sleeping car's times alone, and wakes it with a command", async () => {
    const harness = await startSimulator({ cars: [{ living: "battery" }] });
    harness.simulator.advance(5 * 3_600);
    expect(harness.bodyOf(vehicleId, "connectivitystatus-isasleep")).toEqual({ value: true });
    const asleepAt = harness.clock.now();
    await harness.clock.advance(seconds(200));
    const times = () => harness.simulator.cars()[0]?.signals.find(({ code }) => code === SOC)?.oemUpdatedAt;
    expect(times()).toBeLessThanOrEqual(asleepAt);
    await harness.asOwner("POST", vehicleId, "/commands/security/unlock");
    await harness.clock.advance(seconds(2));
    expect(harness.bodyOf(vehicleId, "connectivitystatus-isasleep")).toEqual({ value: false });
    expect(times()).toBeGreaterThan(asleepAt);
  });
});
