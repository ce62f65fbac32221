import type { ChargingStore } from "../vehicle/charging-log.ts";
import type { ChargingLedger, ChargingSession, FinishedSession } from "../vehicle/charging-session.ts";
import { type VehicleId, vehicleId } from "../vehicle/ids.ts";
import { Repository } from "./repository.ts";

interface SessionRow {
  readonly start_at: number;
  readonly end_at: number;
  readonly partial: number;
  readonly energy_kwh: number | null;
  readonly energy_source: FinishedSession["energySource"];
  readonly soc_start: number | null;
  readonly soc_end: number | null;
  readonly latitude: number | null;
  readonly longitude: number | null;
  readonly at_home: number | null;
}

/** Charging sessions that ended, and per vehicle the one going on and the energy of them all. */
export class ChargingSessionRepository extends Repository implements ChargingStore {
  load(): ReadonlyMap<VehicleId, ChargingLedger> {
    const rows = this.all<{ vehicle_id: string; energy_total_kwh: number; session: string | null }>(
      "SELECT vehicle_id, energy_total_kwh, session FROM charging_ledgers",
    );
    return new Map(
      rows.map((row) => [
        vehicleId(row.vehicle_id),
        {
          energyTotalKwh: row.energy_total_kwh,
          session: row.session === null ? null : (JSON.parse(row.session) as ChargingSession),
        },
      ]),
    );
  }

  save(id: VehicleId, ledger: ChargingLedger, session: FinishedSession | null): void {
    this.transaction(() => {
      this.run(
        "INSERT OR REPLACE INTO charging_ledgers (vehicle_id, energy_total_kwh, session) VALUES (?, ?, ?)",
        id,
        ledger.energyTotalKwh,
        ledger.session === null ? null : JSON.stringify(ledger.session),
      );
      if (session !== null) this.#saveSession(id, session);
    });
  }

  /** Sessions of a vehicle that began in `[from, to)`, newest first. */
  list(id: VehicleId, from: number, to: number, limit = 1_000): FinishedSession[] {
    return this.all<SessionRow>(
      `SELECT start_at, end_at, partial, energy_kwh, energy_source, soc_start, soc_end, latitude, longitude, at_home
       FROM charging_sessions WHERE vehicle_id = ? AND start_at >= ? AND start_at < ? ORDER BY start_at DESC LIMIT ?`,
      id,
      from,
      to,
      limit,
    ).map(sessionOf);
  }

  /** Forgets sessions that ended before an instant; the energy totals stay. */
  prune(before: number): void {
    this.run("DELETE FROM charging_sessions WHERE end_at < ?", before);
  }

  #saveSession(id: VehicleId, session: FinishedSession): void {
    this.run(
      `INSERT OR REPLACE INTO charging_sessions
       (vehicle_id, start_at, end_at, partial, energy_kwh, energy_source, soc_start, soc_end, latitude, longitude, at_home)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      id,
      session.start,
      session.end,
      Number(session.partial),
      session.energyKwh,
      session.energySource,
      session.socStart,
      session.socEnd,
      session.location?.latitude ?? null,
      session.location?.longitude ?? null,
      session.atHome === null ? null : Number(session.atHome),
    );
  }
}

function sessionOf(row: SessionRow): FinishedSession {
  const { latitude, longitude } = row;
  return {
    start: row.start_at,
    end: row.end_at,
    partial: row.partial === 1,
    energyKwh: row.energy_kwh,
    energySource: row.energy_source,
    socStart: row.soc_start,
    socEnd: row.soc_end,
    location: latitude === null || longitude === null ? null : { latitude, longitude },
    atHome: row.at_home === null ? null : row.at_home === 1,
  };
}
