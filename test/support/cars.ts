import { userId, vehicleId } from "../../src/vehicle/ids.ts";
import type { Connection, Vehicle } from "../../src/vehicle/vehicle.ts";
import { CAR } from "./observations.ts";

export function car(overrides: Partial<Vehicle> = {}): Vehicle {
  return {
    id: CAR,
    topic: "volkswagen-id-4",
    name: "Volkswagen ID.4",
    userId: userId("user-1"),
    make: "VOLKSWAGEN",
    model: "ID.4",
    year: 2023,
    powertrain: "BEV",
    mode: "live",
    permissions: ["read_battery", "control_charge", "control_security", "control_navigation"],
    connected: true,
    ...overrides,
  };
}

export function connection(overrides: Partial<Connection> & { id?: string } = {}): Connection {
  const { id, ...rest } = overrides;
  const { userId: user, make, model, year, powertrain, mode, permissions } = car();
  return {
    vehicleId: id === undefined ? CAR : vehicleId(id),
    userId: user,
    make,
    model,
    year,
    powertrain,
    mode,
    permissions,
    ...rest,
  };
}
