import { userId, type VehicleId, vehicleId } from "../vehicle/ids.ts";
import type { Connection } from "../vehicle/vehicle.ts";
import { ConnectionItem } from "./wire.ts";

/** Ids become topics, keys and parts of addresses. */
const SAFE_ID = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/;

/** A vehicle id that is safe to use as one; null for anything else. */
export function readVehicleId(value: unknown): VehicleId | null {
  return typeof value === "string" && SAFE_ID.test(value) ? vehicleId(value) : null;
}

/** Reads one entry of the connection list; null when it does not say which car or whose. */
export function readConnection(item: unknown): Connection | null {
  const parsed = ConnectionItem.safeParse(item);
  if (!parsed.success) return null;
  const { attributes, relationships } = parsed.data;
  const vehicle = readVehicleId(relationships?.vehicle?.data?.id ?? attributes.vehicle.id);
  // The docs' example has it in the relationships only, recorded answers in both.
  const user = relationships?.user?.data?.id ?? attributes.user?.id;
  if (vehicle === null || user === undefined || !/^[\x21-\x7e]+$/.test(user)) return null;
  return {
    vehicleId: vehicle,
    userId: userId(user),
    make: attributes.vehicle.make,
    model: attributes.vehicle.model,
    year: attributes.vehicle.year,
    powertrain: attributes.vehicle.powertrainType,
    mode: attributes.vehicle.mode,
    permissions: attributes.permissions,
  };
}
