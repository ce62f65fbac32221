import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hours, minutes, seconds } from "../../../src/lib/duration.ts";
import { liveOn } from "../../../src/simulator/living/car-life.ts";
import { readingsOf } from "../../../src/simulator/living/car-readings.ts";
import { type CarState, isAsleep, isCharging } from "../../../src/simulator/living/car-state.ts";
import { type CarModel, MODELS } from "../../../src/simulator/living/models.ts";
import { obey } from "../../../src/simulator/living/obedience.ts";
import { positionAt, routeLengthKm } from "../../../src/simulator/living/route.ts";

const { battery, hybrid, petrol } = MODELS;

/** The car's states over a time, minute by minute. */
function lifeOf({ spec, start }: CarModel, ms: number, from: CarState = start): CarState[] {
  const states = [from];
  for (let at = 0; at < ms; at += minutes(1)) states.push(liveOn(spec, states.at(-1) ?? from, minutes(1)));
  return states;
}

const socOf = ({ spec }: CarModel, state: CarState): unknown =>
  readingsOf(spec, state).get("tractionbattery-stateofcharge")?.body?.["value"];

describe("a battery car's life", () => {
  test("begins charging, and the battery rises", () => {
    const states = lifeOf(battery, hours(1));
    expect(isCharging(battery.spec, battery.start)).toBe(true);
    states.slice(1).forEach((state, index) => {
      expect(state.batteryKwh).toBeGreaterThan(states[index]?.batteryKwh ?? 0);
    });
  });

  test("stops at the limit exactly, and sleeps then", () => {
    const later = liveOn(battery.spec, battery.start, hours(6));
    expect(later.batteryKwh).toBeCloseTo(77 * 0.8, 6);
    expect(socOf(battery, later)).toBe(80);
    expect(isCharging(battery.spec, later)).toBe(false);
    expect(isAsleep(battery.spec, later)).toBe(true);
    expect(readingsOf(battery.spec, later).get("charge-detailedchargingstatus")?.body).toEqual({
      value: "FULLY_CHARGED",
    });
  });

  test("drives to work and back, uses the battery, and plugs in at home again", () => {
    const states = lifeOf(battery, hours(24));
    const driven = (states.at(-1)?.odometerKm ?? 0) - battery.start.odometerKm;
    expect(driven).toBeCloseTo(2 * routeLengthKm(battery.spec.route), 6);
    expect(states.some((state) => state.activity === "driving")).toBe(true);
    expect(Math.min(...states.slice(600).map(({ batteryKwh }) => batteryKwh))).toBeLessThan(77 * 0.75);
    expect(states.at(-1)).toMatchObject({ place: "home", pluggedIn: true, locked: true });
  });

  test("stays where it is when the battery does not reach", () => {
    const empty = { ...battery.start, batteryKwh: 1, pluggedIn: false, portOpen: false };
    expect(liveOn(battery.spec, empty, hours(24)).odometerKm).toBe(empty.odometerKm);
  });

  test("obeys a start only while plugged in, and a stop until the cable is pulled", () => {
    const stopped = obey(battery.start, { kind: "charge-stop" });
    expect(liveOn(battery.spec, stopped, hours(5)).batteryKwh).toBe(battery.start.batteryKwh);
    const nextEvening = liveOn(battery.spec, stopped, hours(25));
    expect(nextEvening.batteryKwh).toBeGreaterThan(liveOn(battery.spec, stopped, hours(24) - minutes(50)).batteryKwh);
  });

  test("waits for its schedule", () => {
    const night = { days: [0, 1, 2, 3, 4, 5, 6], startMin: 23 * 60, stopMin: 6 * 60 };
    const schedule = { id: "s", type: "daily" as const, latitude: 50, longitude: 8, windows: [night] };
    const scheduled = obey(battery.start, { kind: "schedule-create", schedule });
    expect(isCharging(battery.spec, scheduled)).toBe(false);
    const atMidnight = liveOn(battery.spec, scheduled, hours(5.5));
    expect(isCharging(battery.spec, atMidnight)).toBe(true);
    const started = obey(scheduled, { kind: "charge-start" });
    expect(isCharging(battery.spec, started)).toBe(true);
  });
});

describe("cars with a tank", () => {
  test("burn fuel and refuel before they run dry", () => {
    const states = lifeOf(petrol, hours(24 * 14));
    const levels = states.map(({ fuelLitres }) => fuelLitres);
    expect(Math.min(...levels)).toBeGreaterThan(0);
    expect(Math.min(...levels)).toBeLessThan(petrol.start.fuelLitres);
    expect(levels.every((litres) => litres <= 50)).toBe(true);
  });

  test("and a battery use the battery first", () => {
    const electric = liveOn(hybrid.spec, { ...hybrid.start, batteryKwh: 18 }, hours(2));
    expect(electric.fuelLitres).toBe(hybrid.start.fuelLitres);
    expect(electric.odometerKm).toBeGreaterThan(hybrid.start.odometerKm);
    const empty = liveOn(hybrid.spec, { ...hybrid.start, batteryKwh: 18.8 * 0.08 }, minutes(30));
    expect(empty.fuelLitres).toBeLessThan(hybrid.start.fuelLitres);
  });
});

describe("every life", () => {
  test.each([battery, hybrid, petrol].map((model) => [model.identity.model, model] as const))(
    "of the %s keeps to physics",
    (_name, model) => {
      const states = lifeOf(model, hours(24 * 8));
      states.slice(1).forEach((state, index) => {
        const before = states[index] ?? state;
        expect(state.odometerKm).toBeGreaterThanOrEqual(before.odometerKm);
        expect(state.batteryKwh).toBeGreaterThanOrEqual(0);
        if (state.activity === "driving") expect(state.pluggedIn).toBe(false);
        if (isAsleep(model.spec, state)) expect(state.locked).toBe(true);
      });
      expect(new Set(states.map(({ activity }) => activity))).toEqual(
        new Set(["parked", "leaving", "driving", "arriving"]),
      );
      expect(states.some((state) => isAsleep(model.spec, state))).toBe(true);
    },
  );

  test("comes out the same in one leap and in steps", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), fc.constantFrom(battery, hybrid, petrol), (steps, model) => {
        const step = seconds(15);
        let stepped = model.start;
        for (let i = 0; i < steps; i++) stepped = liveOn(model.spec, stepped, step);
        expect(liveOn(model.spec, model.start, steps * step)).toEqual(stepped);
      }),
      { numRuns: 30 },
    );
  });

  test("follows its route to the end and not beyond", () => {
    const { route } = battery.spec;
    expect(positionAt(route, 0)).toMatchObject(route[0] ?? {});
    expect(positionAt(route, 1e6)).toMatchObject(route.at(-1) ?? {});
    const { heading } = positionAt(route, 1);
    expect(heading).toBeGreaterThanOrEqual(0);
    expect(heading).toBeLessThan(360);
  });
});
