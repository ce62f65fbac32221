import { describe, expect, it } from "vitest";
import { CATALOGUE, READINGS, signalSpec } from "../../../src/vehicle/catalogue.ts";
import { signalCode } from "../../../src/vehicle/ids.ts";
import fixtures from "../../fixtures/signals/catalogue.json" with { type: "json" };

/** Promised to the outside in docs and contract; `last_webhook_received` is the bridge's own. */
const PROMISED = [
  "battery range odometer charging charging_status charging_cable_plugged_in charge_limit lock location",
  "battery_capacity low_voltage_battery charge_rate energy_added time_to_complete charging_voltage charging_current",
  "charging_current_max charging_power fuel fuel_percent fuel_range engine_oil_life",
  "tire_pressure_front_left tire_pressure_front_right tire_pressure_back_left tire_pressure_back_right",
  "door_front_left door_front_right door_back_left door_back_right",
  "door_front_left_lock door_front_right_lock door_back_left_lock door_back_right_lock",
  "window_front_left window_front_right window_back_left window_back_right",
  "front_trunk front_trunk_lock rear_trunk rear_trunk_lock sunroof engine_cover gear_state online asleep",
  "digital_key_paired surveillance_enabled fast_charger_connected battery_heater_active firmware_version",
  "internal_temperature trim",
].flatMap((line) => line.split(" "));

/** Topics beside the readings that mean something else. */
const TAKEN = "availability info signals state polling problem event destination charge_schedule refresh".split(" ");

/** Ranges under other conditions come within the usual range or as signals of their own. */
const SHARED = ["range_estimated", "range_ideal", "range_rated"];

describe("catalogue", () => {
  it("has a row for every signal with a fixture, and a fixture for every row", () => {
    expect(CATALOGUE.map(({ code }) => code).toSorted()).toEqual([...new Set(fixtures.map(({ code }) => code))].sort());
    expect(CATALOGUE).toHaveLength(96);
  });

  it("has an example in the fixtures for every reading of every row", () => {
    for (const { code, readings } of CATALOGUE) {
      const shown = new Set(fixtures.filter((one) => one.code === code).flatMap(({ metric }) => Object.keys(metric)));
      expect([...shown].sort(), code).toEqual(readings.map(({ name }) => name).toSorted());
    }
  });

  it("names the promised readings", () => {
    expect(PROMISED.filter((name) => !READINGS.has(name))).toEqual([]);
  });

  it("gives each reading a name of its own, fit for a topic and not taken by another", () => {
    const names = CATALOGUE.flatMap(({ readings }) => readings.map(({ name }) => name));
    const twice = names.filter((name, index) => names.indexOf(name) !== index);
    expect(twice.toSorted()).toEqual(SHARED);
    expect(names.filter((name) => !/^[a-z]+(_[a-z]+)*$/.test(name))).toEqual([]);
    expect(names.filter((name) => TAKEN.includes(name))).toEqual([]);
  });

  it("describes a shared reading alike in both places", () => {
    for (const name of SHARED) {
      const [first, second] = CATALOGUE.flatMap(({ readings }) => readings.filter((one) => one.name === name));
      expect({ ...first, read: null }).toEqual({ ...second, read: null });
    }
  });

  it("gives each entity a label of its own, first letter upper", () => {
    const labels = [...READINGS.values()].map(({ label }) => label);
    expect(labels.filter((label, index) => labels.indexOf(label) !== index)).toEqual([]);
    expect(labels.filter((label) => !/^[A-Z0-9]/.test(label))).toEqual([]);
  });

  it("finds a row by its code in any case, and none for what is new", () => {
    expect(signalSpec(signalCode("TractionBattery-StateOfCharge"))?.name).toBe("StateOfCharge");
    expect(signalSpec(signalCode("toString"))).toBeUndefined();
  });
});
