import { closeSync, openSync, writeSync } from "node:fs";
import Database from "better-sqlite3";

const PAGE_BYTES = 4_096;

/** What SQLite itself finds in a file: `ok`, or its first complaint. */
export function integrity(file: string): unknown {
  const db = new Database(file);
  try {
    return db.pragma("integrity_check", { simple: true });
  } finally {
    db.close();
  }
}

/** Overwrites a part of a file, as a failing disk does. */
export function overwrite(file: string, at: number, bytes: number): void {
  const handle = openSync(file, "r+");
  try {
    writeSync(handle, Buffer.alloc(bytes, "broken "), 0, bytes, at);
  } finally {
    closeSync(handle);
  }
}

/**
 * Breaks the first page of a table under the eyes of a program that has the database open: the page is written to the
 * file, overwritten there, and the program's own copy of it is made out of date.
 */
export function breakTableInUse(file: string, table: string): void {
  const db = new Database(file);
  try {
    db.pragma("wal_checkpoint(TRUNCATE)");
    const page = Number(db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").pluck().get(table));
    overwrite(file, (page - 1) * PAGE_BYTES, PAGE_BYTES);
    db.prepare("INSERT OR REPLACE INTO settings (key, value) VALUES ('touched', 'true')").run();
  } finally {
    db.close();
  }
}
