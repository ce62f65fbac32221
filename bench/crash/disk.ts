import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { DATABASE_FILE } from "../../src/store/database.ts";
import type { Found } from "./oracle.ts";

/** A row of the audit table. */
export interface AuditRow {
  readonly id: string;
  readonly vehicle_id: string | null;
  readonly command: string;
  readonly state: string;
  readonly sent_at: number | null;
  readonly completed_at: number | null;
}

/** Every signal held, as its retained topic must show it. */
export interface HeldSignal {
  readonly topic: string;
  readonly code: string;
  readonly value: { readonly body: unknown; readonly oemUpdatedAt: number | null } | null;
}

export interface Disk extends Found {
  /** What SQLite says of the file; `ok` when it is whole. */
  readonly integrity: string;
  readonly schema: number;
  readonly audit: readonly AuditRow[];
  /** Calls booked per vehicle. */
  readonly booked: ReadonlyMap<string, number>;
  readonly signals: readonly HeldSignal[];
}

/**
 * What a killed program left, read from a copy: the file itself is repaired by the next start, as after a real crash.
 * Undefined when it was killed before there was a database.
 */
export function readDisk(dataDir: string): Disk | undefined {
  if (!existsSync(join(dataDir, DATABASE_FILE))) return undefined;
  const folder = mkdtempSync(join(tmpdir(), "crash-copy-"));
  try {
    for (const suffix of ["", "-wal"]) {
      const file = join(dataDir, DATABASE_FILE + suffix);
      if (existsSync(file)) copyFileSync(file, join(folder, DATABASE_FILE + suffix));
    }
    return read(join(folder, DATABASE_FILE));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The program's own bucket of calls fills by two a minute, and a restart must not fill it: this lets an hour pass, and
 * makes a read of every car due.
 */
export function letTimePass(dataDir: string): void {
  const db = new Database(join(dataDir, DATABASE_FILE), { timeout: 5_000 });
  try {
    db.exec("DELETE FROM settings WHERE key = 'application_bucket'; DELETE FROM plans;");
  } finally {
    db.close();
  }
}

function read(path: string): Disk {
  const db = new Database(path);
  try {
    const integrity = String(db.pragma("integrity_check", { simple: true }));
    const schema = Number(db.pragma("user_version", { simple: true }));
    const none: Disk = {
      integrity,
      schema,
      held: new Map(),
      setAside: new Set(),
      audit: [],
      booked: new Map(),
      signals: [],
    };
    // Killed before the first schema was there.
    if (schema === 0) return none;
    const rows = db
      .prepare<[], { vehicle_id: string; topic: string | null; code: string; value: string | null }>(
        "SELECT vehicle_id, topic, code, value FROM signals LEFT JOIN vehicles ON vehicles.id = vehicle_id",
      )
      .all();
    const held = new Map<string, number>();
    const signals: HeldSignal[] = [];
    for (const { vehicle_id, topic, code, value } of rows) {
      const parsed = value === null ? null : (JSON.parse(value) as NonNullable<HeldSignal["value"]>);
      const number = Number((parsed?.body as { value?: unknown } | undefined)?.value);
      if (code.startsWith("crash-")) held.set(`${vehicle_id}/${code}`, number);
      if (topic !== null) signals.push({ topic, code, value: parsed });
    }
    const events = db.prepare<[], { event_id: string }>("SELECT event_id FROM quarantine").all();
    const calls = db
      .prepare<[], { vehicle_id: string; n: number }>("SELECT vehicle_id, count(*) AS n FROM calls GROUP BY vehicle_id")
      .all();
    const audit = db
      .prepare<[], AuditRow>("SELECT id, vehicle_id, command, state, sent_at, completed_at FROM commands ORDER BY key")
      .all();
    return {
      integrity,
      schema,
      held,
      setAside: new Set(events.map(({ event_id }) => event_id)),
      audit,
      booked: new Map(calls.map(({ vehicle_id, n }) => [vehicle_id, n])),
      signals,
    };
  } finally {
    db.close();
  }
}
