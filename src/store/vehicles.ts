import { type VehicleId, vehicleId } from "../vehicle/ids.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import { Repository } from "./repository.ts";

/** The cars ever seen, with the topic name each was given at first sight. */
export class VehicleRepository extends Repository {
  list(): Vehicle[] {
    return this.all<{ id: string; topic: string; data: string }>("SELECT id, topic, data FROM vehicles").map((row) => ({
      ...(JSON.parse(row.data) as Omit<Vehicle, "id" | "topic">),
      id: vehicleId(row.id),
      topic: row.topic,
    }));
  }

  save(vehicle: Vehicle): void {
    const { id, topic, ...data } = vehicle;
    this.run(
      `INSERT INTO vehicles (id, topic, data) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET topic = excluded.topic, data = excluded.data`,
      id,
      topic,
      JSON.stringify(data),
    );
  }

  /** Saves all or none; topic names may change hands among them. */
  saveAll(vehicles: readonly Vehicle[]): void {
    this.transaction(() => {
      // No topic name contains a slash, so this takes none while the names move.
      for (const { id } of vehicles) this.run("UPDATE vehicles SET topic = ? WHERE id = ?", `/${id}`, id);
      for (const vehicle of vehicles) this.save(vehicle);
    });
  }

  remove(id: VehicleId): void {
    this.transaction(() => {
      for (const table of ["signals", "contacts", "problems", "plans", "incapabilities", "quarantine"]) {
        this.run(`DELETE FROM ${table} WHERE vehicle_id = ?`, id);
      }
      this.run("DELETE FROM vehicles WHERE id = ?", id);
    });
  }
}
