import { type VehicleId, vehicleId } from "../vehicle/ids.ts";
import { Repository } from "./repository.ts";

/** What each vehicle's polling remembers over a restart. */
export class PlanRepository<Plan extends object> extends Repository {
  load(): Map<VehicleId, Plan> {
    const rows = this.all<{ vehicle_id: string; data: string }>("SELECT vehicle_id, data FROM plans");
    return new Map(rows.map((row) => [vehicleId(row.vehicle_id), JSON.parse(row.data) as Plan]));
  }

  save(id: VehicleId, plan: Plan): void {
    this.run(
      "INSERT INTO plans (vehicle_id, data) VALUES (?, ?) ON CONFLICT (vehicle_id) DO UPDATE SET data = excluded.data",
      id,
      JSON.stringify(plan),
    );
  }
}
