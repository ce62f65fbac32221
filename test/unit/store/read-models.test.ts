import { afterEach, describe, expect, it } from "vitest";
import { minutes } from "../../../src/lib/duration.ts";
import type { Change } from "../../../src/vehicle/change.ts";
import { signalCode, vehicleId } from "../../../src/vehicle/ids.ts";
import type { Observation } from "../../../src/vehicle/observation.ts";
import { EMPTY_STATE, type VehicleState } from "../../../src/vehicle/state.ts";
import { CAR, observation, T0 } from "../../support/observations.ts";
import { tempStore } from "../../support/temp-store.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

function bench() {
  const { store, remove } = tempStore();
  cleanups.push(remove);
  let state: VehicleState = EMPTY_STATE;
  const tell = (value: Observation) => {
    const previous = state;
    state = {
      ...state,
      signals: new Map(state.signals).set(value.code, { code: value.code, value, complaint: null, refused: null }),
    };
    const change: Change = { vehicleId: CAR, state, previous, codes: new Set([value.code]), raised: [], cleared: [] };
    store.states.commit(() => ({ deliveries: [], quarantine: [], released: [], changes: [change] }));
  };
  return { store, tell };
}

const SOC = signalCode("tractionbattery-stateofcharge");
const ODOMETER = signalCode("odometer-traveleddistance");

describe("history", () => {
  it("is kept in metric units, once per change, and begins with what held before", () => {
    const { store, tell } = bench();
    const miles = (value: number, oemUpdatedAt: number) =>
      tell(observation({ code: ODOMETER, body: { value, unit: "miles" }, oemUpdatedAt }));
    miles(100, T0);
    miles(100, T0 + minutes(1));
    miles(110, T0 + minutes(10));
    const course = store.states.history(CAR, ODOMETER, T0 + minutes(5), T0 + minutes(60), 100);
    expect(course).toEqual([
      [T0 + minutes(5), 160.9],
      [T0 + minutes(10), 177],
    ]);
  });

  it("is thinned out to the last fact of each span", () => {
    const { store, tell } = bench();
    for (let i = 0; i < 60; i++) {
      tell(observation({ code: SOC, body: { value: i, unit: "percent" }, oemUpdatedAt: T0 + minutes(i) }));
    }
    const course = store.states.history(CAR, SOC, T0, T0 + minutes(60), 10);
    expect(course.length).toBeLessThanOrEqual(11);
    expect(course.at(-1)).toEqual([T0 + minutes(59), 59]);
    expect(store.states.history(vehicleId("another"), SOC, T0, T0 + minutes(60), 10)).toEqual([]);
  });

  it("leaves out what cannot be true", () => {
    const { store, tell } = bench();
    tell(observation({ code: SOC, body: { value: 255, unit: "percent" }, oemUpdatedAt: T0 }));
    expect(store.states.history(CAR, SOC, T0 - 1, T0 + 1, 10)).toEqual([]);
  });
});

describe("calls by day", () => {
  it("tells polls from commands", () => {
    const { store } = bench();
    const day = Date.UTC(2026, 10, 21, 23, 59);
    store.ledger.book(CAR, day, "poll");
    store.ledger.book(CAR, day, "command");
    store.ledger.book(CAR, day + minutes(2), "confirm");
    store.ledger.book(vehicleId("another"), day, "poll");
    expect(store.ledger.perDay(CAR, Date.UTC(2026, 10, 1))).toEqual([
      { day: "2026-11-21", polls: 1, commands: 1 },
      { day: "2026-11-22", polls: 0, commands: 1 },
    ]);
  });
});

describe("the quarantine", () => {
  it("shows what was set aside, newest first, without its bodies", () => {
    const { store } = bench();
    const entry = (eventId: string, receivedAt: number) => ({
      eventId,
      receivedAt,
      vehicleId: null,
      reason: "unknown type",
      body: "{}",
    });
    store.states.commit(() => ({
      deliveries: [],
      quarantine: [entry("a", 1), entry("b", 2)],
      released: [],
      changes: [],
    }));
    expect(store.states.quarantine(1)).toEqual([
      { eventId: "b", receivedAt: 2, vehicleId: null, reason: "unknown type" },
    ]);
  });
});
