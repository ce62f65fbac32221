import type { Database as Sqlite } from "better-sqlite3";
import { AppError } from "../lib/errors.ts";

/** Forward-only steps; the position is the schema version. A step that was released is never edited. */
const STEPS: readonly string[] = [
  `
  CREATE TABLE vehicles (id TEXT PRIMARY KEY, topic TEXT NOT NULL UNIQUE, data TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE signals (
    vehicle_id TEXT NOT NULL, code TEXT NOT NULL, value TEXT, complaint TEXT, refused TEXT,
    PRIMARY KEY (vehicle_id, code)
  ) WITHOUT ROWID;
  CREATE TABLE contacts (vehicle_id TEXT PRIMARY KEY, last_webhook_at INTEGER NOT NULL, carried TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE problems (
    vehicle_id TEXT NOT NULL, key TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (vehicle_id, key)
  ) WITHOUT ROWID;
  CREATE TABLE history (
    vehicle_id TEXT NOT NULL, code TEXT NOT NULL, at INTEGER NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (vehicle_id, code, at)
  ) WITHOUT ROWID;
  CREATE TABLE deliveries (event_id TEXT PRIMARY KEY, received_at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE INDEX deliveries_by_time ON deliveries (received_at);
  CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY, event_id TEXT NOT NULL, received_at INTEGER NOT NULL, vehicle_id TEXT,
    reason TEXT NOT NULL, body TEXT NOT NULL
  );
  CREATE TABLE calls (id INTEGER PRIMARY KEY, vehicle_id TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL);
  CREATE INDEX calls_by_vehicle ON calls (vehicle_id, at);
  CREATE TABLE ceilings (vehicle_id TEXT PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE plans (vehicle_id TEXT PRIMARY KEY, data TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE commands (
    key INTEGER PRIMARY KEY, id TEXT NOT NULL, vehicle_id TEXT, topic TEXT NOT NULL, command TEXT NOT NULL,
    value TEXT NOT NULL, state TEXT NOT NULL, confirmed INTEGER NOT NULL DEFAULT 0, error TEXT,
    requested_at INTEGER NOT NULL, sent_at INTEGER, completed_at INTEGER, calls INTEGER NOT NULL DEFAULT 0,
    reply TEXT NOT NULL, answered INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX commands_by_id ON commands (id, requested_at);
  CREATE INDEX commands_open ON commands (state) WHERE completed_at IS NULL;
  CREATE TABLE incapabilities (
    vehicle_id TEXT NOT NULL, command TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (vehicle_id, command)
  ) WITHOUT ROWID;
  CREATE TABLE announcements (topic TEXT PRIMARY KEY, components TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  `,
  `
  CREATE TABLE charging_sessions (
    vehicle_id TEXT NOT NULL, start_at INTEGER NOT NULL, end_at INTEGER NOT NULL, partial INTEGER NOT NULL,
    energy_kwh REAL, energy_source TEXT, soc_start REAL, soc_end REAL, latitude REAL, longitude REAL, at_home INTEGER,
    PRIMARY KEY (vehicle_id, start_at)
  ) WITHOUT ROWID;
  CREATE TABLE charging_ledgers (
    vehicle_id TEXT PRIMARY KEY, energy_total_kwh REAL NOT NULL, session TEXT
  ) WITHOUT ROWID;
  `,
];

export const SCHEMA_VERSION = STEPS.length;

/**
 * Brings the schema up to date, or to an older version, as tests want it.
 * @param keep called before a database that holds something is changed
 * @throws AppError `STORE_NEWER` when a newer program wrote this file.
 */
export function migrate(
  sqlite: Sqlite,
  target = SCHEMA_VERSION,
  keep: (version: number) => void = () => undefined,
): void {
  const version = sqlite.pragma("user_version", { simple: true }) as number;
  if (version > SCHEMA_VERSION) {
    throw new AppError(
      "STORE_NEWER",
      `the database was written by a newer smartcar2mqtt (schema ${version}, this one knows ${SCHEMA_VERSION})`,
      { disposition: "fix-config", hint: "start the newer version again, or restore a backup made before the upgrade" },
    );
  }
  if (version > 0 && version < target) keep(version);
  sqlite.transaction(() => {
    for (const step of STEPS.slice(version, target)) sqlite.exec(step);
    sqlite.pragma(`user_version = ${target}`);
  })();
}
