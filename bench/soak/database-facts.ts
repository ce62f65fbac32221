import { statSync } from "node:fs";
import { join } from "node:path";
import Database, { type Database as Sqlite } from "better-sqlite3";
import { DATABASE_FILE } from "../../src/store/database.ts";

const DATED = {
  deliveries: "received_at",
  history: "at",
  calls: "at",
  commands: "requested_at",
  charging_sessions: "end_at",
} as const;

export type DatedTable = keyof typeof DATED;
export const DATED_TABLES = Object.keys(DATED) as readonly DatedTable[];

/** Looks at the program's database from outside. */
export class DatabaseFacts {
  readonly #path: string;

  constructor(dataDir: string) {
    this.#path = join(dataDir, DATABASE_FILE);
  }

  /** Of the file itself; the log beside it is worked in and begun anew all the time. */
  get bytes(): number {
    return statSync(this.#path).size;
  }

  rows(table: DatedTable): number {
    return this.#ask((db) => Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()));
  }

  /** Rows from before an instant. */
  olderThan(table: DatedTable, instant: number): number {
    const sql = `SELECT count(*) FROM ${table} WHERE ${DATED[table]} < ?`;
    return this.#ask((db) => Number(db.prepare(sql).pluck().get(instant)));
  }

  /** Booked calls by `<vehicle id> <year-month>`. */
  booked(): ReadonlyMap<string, number> {
    const sql = `SELECT vehicle_id || ' ' || strftime('%Y-%m', at / 1000, 'unixepoch') AS key, count(*) AS calls
      FROM calls GROUP BY key ORDER BY key`;
    const rows = this.#ask((db) => db.prepare(sql).all()) as { key: string; calls: number }[];
    return new Map(rows.map(({ key, calls }) => [key, calls]));
  }

  #ask<T>(question: (db: Sqlite) => T): T {
    const db = new Database(this.#path, { readonly: true });
    try {
      return question(db);
    } finally {
      db.close();
    }
  }
}
