import { closeSync, existsSync, openSync, renameSync, rmSync } from "node:fs";
import Database, { type Database as Sqlite } from "better-sqlite3";
import { OWNER_ONLY } from "./file-modes.ts";
import { migrate } from "./migrations.ts";

/** Where a new file waits until it may take its place. Whole as soon as it bears this name. */
export function newFileOf(path: string): string {
  return `${path}.new`;
}

/**
 * Makes a database with today's schema as `<path>.new`, readable by its owner only; `fill` puts in what it is to begin
 * with. Cut short at any point, it leaves no such file.
 */
export function makeNewFile(path: string, fill: (sqlite: Sqlite) => void): void {
  const whole = newFileOf(path);
  const unfinished = `${whole}.part`;
  for (const stale of [whole, unfinished, `${unfinished}-journal`]) rmSync(stale, { force: true });
  closeSync(openSync(unfinished, "wx", OWNER_ONLY));
  const sqlite = new Database(unfinished);
  try {
    migrate(sqlite);
    fill(sqlite);
  } finally {
    sqlite.close();
  }
  renameSync(unfinished, whole);
}

/** Whether a start that was cut short had a new file ready, after it had moved the broken one away. */
export function hasNewFile(path: string): boolean {
  return existsSync(newFileOf(path));
}

export function putNewFileInPlace(path: string): void {
  renameSync(newFileOf(path), path);
}
