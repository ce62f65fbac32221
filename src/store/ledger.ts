import type { VehicleId } from "../vehicle/ids.ts";
import { Repository } from "./repository.ts";
import { CALLS_LOST } from "./salvage.ts";

/** Billed calls, written before each is made, so that a crash can only over-count. */
export class LedgerRepository extends Repository {
  /** Only a start changes it, and every look at the budget asks. */
  #lostAt: number | null | undefined;

  /** Notes a call about to be made; the number identifies it for {@link LedgerRepository.refund}. */
  book(id: VehicleId, at: number, kind: string): number {
    return this.run("INSERT INTO calls (vehicle_id, at, kind) VALUES (?, ?, ?)", id, at, kind);
  }

  /** Takes a booking back: the request certainly never left. */
  refund(booking: number): void {
    this.run("DELETE FROM calls WHERE id = ?", booking);
  }

  countSince(id: VehicleId, since: number): number {
    return (
      this.one<{ n: number }>("SELECT count(*) AS n FROM calls WHERE vehicle_id = ? AND at >= ?", id, since)?.n ?? 0
    );
  }

  /** When a new database was begun because of a broken one whose calls could not all be read, or null. */
  lostAt(): number | null {
    if (this.#lostAt === undefined) {
      const row = this.one<{ value: string }>("SELECT value FROM settings WHERE key = ?", CALLS_LOST);
      this.#lostAt = row === undefined ? null : (JSON.parse(row.value) as number);
    }
    return this.#lostAt;
  }

  /** Calls by day (UTC) since an instant, oldest first; `poll` for itself, everything else belongs to commands. */
  perDay(id: VehicleId, since: number): { day: string; polls: number; commands: number }[] {
    return this.all<{ day: string; polls: number; commands: number }>(
      `SELECT strftime('%Y-%m-%d', at / 1000, 'unixepoch') AS day,
         sum(kind = 'poll') AS polls, sum(kind <> 'poll') AS commands
       FROM calls WHERE vehicle_id = ? AND at >= ? GROUP BY day ORDER BY day`,
      id,
      since,
    );
  }

  /** When Smartcar last said that the vehicle's plan is used up, or null. */
  ceilingAt(id: VehicleId): number | null {
    return this.one<{ at: number }>("SELECT at FROM ceilings WHERE vehicle_id = ?", id)?.at ?? null;
  }

  setCeiling(id: VehicleId, at: number): void {
    this.run(
      "INSERT INTO ceilings (vehicle_id, at) VALUES (?, ?) ON CONFLICT (vehicle_id) DO UPDATE SET at = excluded.at",
      id,
      at,
    );
  }

  prune(before: number): void {
    this.run("DELETE FROM calls WHERE at < ?", before);
  }
}
