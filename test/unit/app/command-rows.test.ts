import { expect, it } from "vitest";
import { commandRows } from "../../../src/app/api/cars.ts";
import type { Allowance } from "../../../src/commands/catalogue.ts";
import { CommandViews } from "../../../src/commands/view.ts";
import { car } from "../../support/cars.ts";

const rowsOf = (vehicle = car(), allow: readonly Allowance[] = ["lock", "charging", "charge_schedule", "refresh"]) => {
  const incapabilities = { has: (_id: unknown, variant: string) => variant === "charging_stop" };
  const rows = commandRows(new CommandViews({ current: () => undefined }, incapabilities, new Set(allow)), vehicle);
  return new Map(rows.map((row) => [row.variant, row]));
};

it("names each variant's command, and why it cannot be given", () => {
  const rows = rowsOf();
  expect([...rows].map(([variant, { command }]) => `${variant}: ${command}`)).toEqual([
    "lock: lock",
    "unlock: lock",
    "charging_start: charging",
    "charging_stop: charging",
    "charge_limit: charge_limit",
    "charge_port_open: charge_port",
    "charge_port_close: charge_port",
    "destination: destination",
    "charge_schedule_daily: charge_schedule",
    "charge_schedule_weekly: charge_schedule",
    "charge_schedule_workweek: charge_schedule",
    "charge_schedule_delete: charge_schedule",
    "refresh: refresh",
  ]);
  expect(rows.get("lock")).toMatchObject({ usable: true, reason: null });
  expect(rows.get("unlock")?.reason).toBe("Switched off here: add unlock to commands.allow.");
  expect(rows.get("charge_port_open")?.reason).toBe("Switched off here: add charge_port to commands.allow.");
  expect(rows.get("charging_stop")).toMatchObject({ usable: false, reason: expect.stringContaining("cannot do this") });
});

it("puts what the owner must do before what the car can do, and a lost connection before all", () => {
  const granted = car({ permissions: ["control_security"] });
  expect(rowsOf(granted).get("charging_stop")?.reason).toMatch(/^The owner has not granted control_charge:/);
  expect(rowsOf(granted).get("refresh")?.usable).toBe(true);
  const gone = [...rowsOf(car({ connected: false })).values()];
  expect(new Set(gone.map(({ reason }) => reason))).toEqual(new Set(["The car is no longer connected."]));
});
