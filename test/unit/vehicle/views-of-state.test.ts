import { describe, expect, it } from "vitest";
import { hours, minutes } from "../../../src/lib/duration.ts";
import { capabilityChanged, isOutOfReach, signalCapabilities } from "../../../src/vehicle/capability.ts";
import { freshMs, staleCodes } from "../../../src/vehicle/freshness.ts";
import { happenings } from "../../../src/vehicle/happening.ts";
import { signalCode } from "../../../src/vehicle/ids.ts";
import type { Observation } from "../../../src/vehicle/observation.ts";
import { iso, readingNames, shownReadings, signalDocument } from "../../../src/vehicle/shown.ts";
import { compareAge, type HeldSignal, standing } from "../../../src/vehicle/signal.ts";
import { EMPTY_STATE, scalar, updatedAt, type VehicleState } from "../../../src/vehicle/state.ts";
import { CAR, failure, observation, T0 } from "../../support/observations.ts";

function held(
  code: string,
  value: Partial<Observation> | null,
  complaint: Partial<Observation> | null = null,
): HeldSignal {
  return {
    code: signalCode(code),
    value: value === null ? null : observation({ code: signalCode(code), ...value }),
    complaint: complaint === null ? null : failure({ code: signalCode(code), ...complaint }),
    refused: null,
  };
}
const state = (...signals: HeldSignal[]): VehicleState => ({
  ...EMPTY_STATE,
  signals: new Map(signals.map((signal) => [signal.code, signal])),
});
const flag = (code: string, value: boolean) => held(code, { body: { value } });
const SOC = "tractionbattery-stateofcharge";

describe("freshness", () => {
  const soc = held(SOC, { oemUpdatedAt: T0, retrievedAt: T0 });
  const lasts = (make: string | null, pollMs: number, ...others: HeldSignal[]) =>
    freshMs(state(soc, ...others), make, pollMs);
  const charging = flag("charge-ischarging", true);

  it("lasts a good day for a parked or sleeping car, and two rounds of its make for an active one", () => {
    expect(lasts("TESLA", 0)).toBe(hours(26));
    expect(lasts("TESLA", 0, charging)).toBe(minutes(10));
    expect(lasts("LAND ROVER", 0, charging)).toBe(minutes(60));
    expect(lasts("Unheard-of", 0, charging)).toBe(minutes(120));
    expect(lasts(null, minutes(90), charging)).toBe(minutes(180));
    expect(lasts("TESLA", 0, charging, flag("connectivitystatus-isasleep", true))).toBe(hours(26));
    expect(lasts("TESLA", 0, held("transmission-gearstate", { body: { value: "DRIVE" } }))).toBe(minutes(10));
    expect(lasts("TESLA", 0, held("motion-currentspeed", { body: { value: 3 } }))).toBe(minutes(10));
  });

  it("never ends for what does not change, and never begins without a value", () => {
    const vin = held("vehicleidentification-vin", { body: { value: "X" } });
    const broken = held("charge-wattage", null, {});
    expect([...staleCodes(state(vin, broken, soc), "TESLA", 0, T0 + hours(9_999))]).toEqual(["charge-wattage", SOC]);
    expect([...staleCodes(state(vin, broken, soc), "TESLA", 0, T0)]).toEqual(["charge-wattage"]);
  });
});

describe("capabilities", () => {
  it("are said to have changed exactly when they read differently", () => {
    const error = (type: string) => ({ toldAt: T0 + hours(1), error: { type, code: null, message: null } });
    const states: VehicleState[] = [
      EMPTY_STATE,
      state(held(SOC, {})),
      state(held(SOC, { body: { value: 1 }, oemUpdatedAt: T0 + 1 })),
      state(held(SOC, { oemUpdatedAt: T0 + hours(48) })),
      state(held(SOC, null, error("COMPATIBILITY"))),
      state(held(SOC, {}, error("PERMISSION"))),
      { ...state(held(SOC, {})), carried: new Set([signalCode(SOC)]) },
    ];
    const reads = (one: VehicleState) => JSON.stringify(signalCapabilities(one, () => null));
    for (const before of states) {
      for (const after of states) {
        expect(capabilityChanged(before, after, signalCode(SOC))).toBe(reads(before) !== reads(after));
      }
    }
  });

  const of = (signal: HeldSignal, carries: boolean | null = null) =>
    signalCapabilities(state(signal), () => carries)[signal.code];

  it("say per signal whether car, grant and webhook carry it", () => {
    expect(of(held(SOC, {}), true)).toEqual({ car: true, granted: true, webhook: true, last_seen: "2026-11-21" });
    const late = { toldAt: T0 + hours(1) };
    const error = (type: string) => ({ ...late, error: { type, code: null, message: null } });
    expect(of(held(SOC, null, error("COMPATIBILITY")))).toEqual({
      car: false,
      granted: null,
      webhook: null,
      last_seen: null,
    });
    expect(of(held(SOC, {}, error("PERMISSION")), false)).toMatchObject({ car: true, granted: false, webhook: false });
    expect(of(held(SOC, {}, error("VEHICLE_STATE")))).toMatchObject({ car: true, granted: null });
    expect([held(SOC, {}), held(SOC, null, error("COMPATIBILITY"))].map(isOutOfReach)).toEqual([false, true]);
  });

  it("come in the order of their codes", () => {
    expect(Object.keys(signalCapabilities(state(held("b", {}), held("a", {})), () => null))).toEqual(["a", "b"]);
  });
});

describe("happenings", () => {
  const change = (previous: VehicleState, next: VehicleState) =>
    happenings({ vehicleId: CAR, previous, state: next, codes: new Set(), raised: [], cleared: [] });
  const cable = "charge-ischargingcableconnected";

  it("are a flag's turn, with the charge then", () => {
    const soc = held(SOC, {});
    expect(change(state(flag("charge-ischarging", true)), state(flag("charge-ischarging", false), soc))).toMatchObject([
      { event_type: "charging_stopped", battery: 57 },
    ]);
    expect(change(state(flag(cable, false)), state(flag(cable, true)))).toMatchObject([{ event_type: "plugged_in" }]);
    expect(change(state(flag(cable, true)), state(flag(cable, false)))).toMatchObject([{ event_type: "unplugged" }]);
  });

  it("are none without a turn, for the first value, and for what is no flag", () => {
    expect(change(EMPTY_STATE, state(flag(cable, true)))).toEqual([]);
    expect(change(state(flag(cable, true)), state(flag(cable, true)))).toEqual([]);
    expect(change(state(flag(cable, true)), state(held(cable, { body: { value: null } })))).toEqual([]);
  });
});

describe("what is held of a signal", () => {
  it("is as old as its facts say: unknown times lose, then sequence, then arrival", () => {
    const ages = [
      observation({ oemUpdatedAt: null, retrievedAt: null }),
      observation({ oemUpdatedAt: T0, retrievedAt: null }),
      observation({ oemUpdatedAt: T0, retrievedAt: T0 }),
      observation({ oemUpdatedAt: T0, retrievedAt: T0, sequence: 1 }),
      observation({ oemUpdatedAt: T0, retrievedAt: T0, sequence: 2, receivedAt: 1 }),
      observation({ oemUpdatedAt: T0, retrievedAt: T0, sequence: 2, receivedAt: 2 }),
      observation({ oemUpdatedAt: T0 + 1, retrievedAt: null }),
    ];
    expect(ages.toReversed().sort(compareAge)).toEqual(ages);
  });

  it("stands by the newer of value and complaint", () => {
    const both = (complaint: Partial<Observation>) =>
      standing(held(SOC, { retrievedAt: T0 + 1_000 }, complaint))?.status;
    expect(both({ toldAt: T0 })).toBe("SUCCESS");
    expect(both({ toldAt: T0 + 1_000 })).toBe("ERROR");
    expect(both({ oemUpdatedAt: T0 - 1 })).toBe("SUCCESS");
    expect(both({ oemUpdatedAt: T0 + 1 })).toBe("ERROR");
  });

  it("is shown with its times and the error beside the last good value", () => {
    const error = { type: "VEHICLE_STATE", code: "X", message: null };
    expect(signalDocument(held(SOC, {}, { toldAt: T0 + hours(1), error }), true, true)).toEqual({
      code: SOC,
      name: "StateOfCharge",
      group: "TractionBattery",
      status: "ERROR",
      error,
      body: { value: 57, unit: "percent" },
      unit: "percent",
      oem_updated_at: iso(T0),
      retrieved_at: iso(T0 + 1_000),
      received_at: iso(T0 + 3_000),
      source: "webhook",
      fresh: true,
    });
    expect(signalDocument(held(SOC, null, {}), false, true)).toMatchObject({ status: "ERROR", body: null, unit: null });
  });

  it("yields readings, the newer fact's where two signals tell one", () => {
    const soc = held(SOC, {});
    expect([...shownReadings(state(soc, held("new-to-us", {})), "metric", () => true)]).toEqual([["battery", 57]]);
    expect([readingNames(state(soc), soc.code, "metric"), readingNames(EMPTY_STATE, soc.code, "metric")]).toEqual([
      ["battery"],
      [],
    ]);
    expect([scalar(state(soc), SOC), scalar(EMPTY_STATE, SOC)]).toEqual([57, undefined]);
  });

  it("is as new as its newest value's own time, whatever arrived later", () => {
    const untimed = held("a", { oemUpdatedAt: null, retrievedAt: null, receivedAt: T0 + hours(1) });
    expect(updatedAt(state(held(SOC, {}), untimed, held("b", null, { oemUpdatedAt: T0 + hours(2) })))).toBe(T0);
    expect([updatedAt(EMPTY_STATE), iso(null), iso(undefined)]).toEqual([null, null, null]);
  });
});
