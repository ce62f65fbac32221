import type { VehicleId } from "../vehicle/ids.ts";
import { Repository } from "./repository.ts";

/** Command variants a car answered it cannot do. */
export class IncapabilityRepository extends Repository {
  has(id: VehicleId, variant: string): boolean {
    return this.one("SELECT 1 FROM incapabilities WHERE vehicle_id = ? AND command = ?", id, variant) !== undefined;
  }

  add(id: VehicleId, variant: string, since: number): void {
    this.run(
      `INSERT INTO incapabilities (vehicle_id, command, since) VALUES (?, ?, ?)
       ON CONFLICT (vehicle_id, command) DO NOTHING`,
      id,
      variant,
      since,
    );
  }

  /** Forgets all of a vehicle: a new consent or a software update may have changed what it can do. */
  clear(id: VehicleId): void {
    this.run("DELETE FROM incapabilities WHERE vehicle_id = ?", id);
  }
}
