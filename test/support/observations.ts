import type { JsonObject } from "../../src/lib/json.ts";
import { signalCode, vehicleId } from "../../src/vehicle/ids.ts";
import type { Batch, Observation } from "../../src/vehicle/observation.ts";

export const CAR = vehicleId("11111111-aaaa-4bbb-8ccc-000000000001");
export const T0 = Date.UTC(2026, 10, 21, 12);

/** An observation with everything known; tests say only what matters to them. */
export function observation(overrides: Partial<Observation> & { body?: JsonObject | null } = {}): Observation {
  return {
    code: signalCode("tractionbattery-stateofcharge"),
    name: "StateOfCharge",
    group: "TractionBattery",
    status: "SUCCESS",
    error: null,
    body: { value: 57, unit: "percent" },
    oemUpdatedAt: T0,
    retrievedAt: T0 + 1_000,
    sequence: null,
    toldAt: T0 + 2_000,
    receivedAt: T0 + 3_000,
    source: "webhook",
    ...overrides,
  };
}

export function failure(overrides: Partial<Observation> = {}): Observation {
  return observation({
    status: "ERROR",
    error: { type: "VEHICLE_STATE", code: "NOT_CHARGING", message: null },
    body: null,
    oemUpdatedAt: null,
    retrievedAt: null,
    ...overrides,
  });
}

export function batch(observations: readonly Observation[], overrides: Partial<Batch> = {}): Batch {
  return { vehicleId: CAR, source: "webhook", receivedAt: T0, observations, problems: [], ...overrides };
}
