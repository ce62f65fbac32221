import type { Part } from "../lib/lifecycle.ts";
import { type SignalCode, type VehicleId, vehicleId } from "../vehicle/ids.ts";
import type { Observation } from "../vehicle/observation.ts";
import { type LocationPrivacy, privateObservation, privatePlace, privateText } from "../vehicle/privacy.ts";
import type { StoreDatabase } from "./database.ts";
import { Repository } from "./repository.ts";
import type { SettingsRepository } from "./settings.ts";

const SETTING = "privacy_applied";
const SLOTS = ["value", "complaint", "refused"] as const;
type SignalRow = { vehicle_id: string; code: string } & Record<(typeof SLOTS)[number], string | null>;

/**
 * Holds what an earlier, laxer configuration stored to the privacy rule of today: once after the rule was changed, and
 * with nothing left in the file's free pages. Runs before anything is loaded.
 */
export class PrivacySweep extends Repository implements Part {
  readonly #database: StoreDatabase;
  readonly #settings: SettingsRepository;
  readonly #levelOf: (id: VehicleId | null) => LocationPrivacy;
  /** The rule as the configuration states it; another text means another rule. */
  readonly #rule: string;
  readonly #dropped = new Map<VehicleId, SignalCode[]>();

  constructor(
    database: StoreDatabase,
    settings: SettingsRepository,
    rule: string,
    levelOf: (id: VehicleId | null) => LocationPrivacy,
  ) {
    super(database);
    this.#database = database;
    this.#settings = settings;
    this.#rule = rule;
    this.#levelOf = levelOf;
  }

  start(): void {
    if (this.#settings.read<string>(SETTING) === this.#rule) return;
    const isFirst = this.#settings.read<string>(SETTING) === undefined;
    this.transaction(() => {
      this.#sweepSignals();
      this.#sweepQuarantine();
      this.#sweepSessions();
    });
    if (!isFirst) this.#forgetFreePages();
    this.#settings.write(SETTING, this.#rule);
  }

  /** Signals that are no longer held of a vehicle: what stands of them at the broker is to go. */
  dropped(id: VehicleId): readonly SignalCode[] {
    return this.#dropped.get(id) ?? [];
  }

  #sweepSignals(): void {
    for (const row of this.all<SignalRow>("SELECT vehicle_id, code, value, complaint, refused FROM signals")) {
      const id = vehicleId(row.vehicle_id);
      const level = this.#levelOf(id);
      const swept = SLOTS.map((slot) => softened(row[slot], level));
      if (swept.every((text, index) => text === row[SLOTS[index] ?? "value"])) continue;
      if (swept.every((text) => text === null)) {
        this.run("DELETE FROM signals WHERE vehicle_id = ? AND code = ?", row.vehicle_id, row.code);
        this.#dropped.set(id, [...this.dropped(id), row.code as SignalCode]);
      } else {
        this.run(
          "UPDATE signals SET value = ?, complaint = ?, refused = ? WHERE vehicle_id = ? AND code = ?",
          ...swept,
          row.vehicle_id,
          row.code,
        );
      }
    }
  }

  #sweepQuarantine(): void {
    type Row = { id: number; vehicle_id: string | null; body: string };
    for (const row of this.all<Row>("SELECT id, vehicle_id, body FROM quarantine")) {
      const level = this.#levelOf(row.vehicle_id === null ? null : vehicleId(row.vehicle_id));
      this.run("UPDATE quarantine SET body = ? WHERE id = ?", privateText(row.body, level), row.id);
    }
  }

  #sweepSessions(): void {
    type Row = { vehicle_id: string; start_at: number; latitude: number; longitude: number };
    const sessions = this.all<Row>(
      "SELECT vehicle_id, start_at, latitude, longitude FROM charging_sessions WHERE latitude IS NOT NULL",
    );
    for (const { vehicle_id, start_at, latitude, longitude } of sessions) {
      const place = privatePlace({ latitude, longitude }, this.#levelOf(vehicleId(vehicle_id)));
      this.run(
        "UPDATE charging_sessions SET latitude = ?, longitude = ? WHERE vehicle_id = ? AND start_at = ?",
        place?.latitude ?? null,
        place?.longitude ?? null,
        vehicle_id,
        start_at,
      );
    }
    type LedgerRow = { vehicle_id: string; session: string };
    for (const row of this.all<LedgerRow>(
      "SELECT vehicle_id, session FROM charging_ledgers WHERE session IS NOT NULL",
    )) {
      const session = privateText(row.session, this.#levelOf(vehicleId(row.vehicle_id)));
      this.run("UPDATE charging_ledgers SET session = ? WHERE vehicle_id = ?", session, row.vehicle_id);
    }
  }

  /** Deleted rows stay readable in free pages and in the log until both are rewritten. */
  #forgetFreePages(): void {
    this.#database.sqlite.exec("VACUUM");
    this.#database.sqlite.pragma("wal_checkpoint(TRUNCATE)");
  }
}

function softened(text: string | null, level: LocationPrivacy): string | null {
  if (text === null || level === "exact") return text;
  const observation = privateObservation(JSON.parse(text) as Observation, level);
  return observation === null ? null : JSON.stringify(observation);
}
