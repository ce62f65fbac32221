import type { UserId, VehicleId } from "./ids.ts";

/** What we know of one car from its connection; everything but the id may be missing upstream. */
export interface Vehicle {
  readonly id: VehicleId;
  /** The topic name: fixed at first sight, or the configuration's override. */
  readonly topic: string;
  /** Shown to people: the configured name, else make and model. */
  readonly name: string;
  readonly userId: UserId;
  readonly make: string | null;
  readonly model: string | null;
  readonly year: number | null;
  readonly powertrain: string | null;
  readonly mode: string | null;
  /** What the owner granted; an open set. */
  readonly permissions: readonly string[];
  /** False once the connection is gone: kept, so that a transient fault upstream costs nothing. */
  readonly connected: boolean;
}

/** One entry of Smartcar's connection list. */
export interface Connection {
  readonly vehicleId: VehicleId;
  readonly userId: UserId;
  readonly make: string | null;
  readonly model: string | null;
  readonly year: number | null;
  readonly powertrain: string | null;
  readonly mode: string | null;
  readonly permissions: readonly string[];
}
