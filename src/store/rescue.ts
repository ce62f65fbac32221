import { chmodSync, existsSync, renameSync, rmSync } from "node:fs";
import type { Database as Sqlite } from "better-sqlite3";
import { OWNER_ONLY } from "./file-modes.ts";

const CORRUPT = "SQLITE_CORRUPT";
/**
 * Errors of the disk after which nobody knows what the file holds. A full disk, a used-up quota or a missing right also
 * end as SQLITE_IOERR_…, but pass.
 */
const UNREADABLE = /^SQLITE_IOERR_(READ|SHORT_READ|FSYNC|DIR_FSYNC|CORRUPTFS|DATA|ROLLBACK_ATOMIC)$/;

/** Whether an error says that the file itself is broken; a full disk or a lock does not. */
export function isCorrupt(error: unknown): boolean {
  const code = codeOf(error);
  return code === "SQLITE_NOTADB" || code?.startsWith(CORRUPT) === true;
}

/** Whether the open file must not be used any longer: it is broken, or the disk lost what was written. */
export function endsUse(error: unknown): boolean {
  return isCorrupt(error) || UNREADABLE.test(codeOf(error) ?? "");
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** An error as SQLite's own for a broken file, for what SQLite itself does not notice. */
export function corruption(message: string): Error {
  return Object.assign(new Error(message), { code: CORRUPT });
}

/**
 * Looks through the whole file, indexes included: what only they show would come up again and again while running.
 * @throws Error with the code `SQLITE_CORRUPT` naming the first fault
 */
export function soundness(sqlite: Sqlite): void {
  const [first] = sqlite.pragma("integrity_check(1)") as { integrity_check?: unknown }[];
  if (first?.integrity_check === "ok") return;
  throw corruption(String(first?.integrity_check ?? "integrity_check said nothing"));
}

/** Keeps what is there now as `<path>.v<version>`, whole and consistent. Returns its name. */
export function keepCopy(sqlite: Sqlite, path: string, version: number): string {
  const kept = `${path}.v${version}`;
  const unfinished = `${kept}.part`;
  rmSync(unfinished, { force: true });
  sqlite.prepare("VACUUM INTO ?").run(unfinished);
  chmodSync(unfinished, OWNER_ONLY);
  renameSync(unfinished, kept);
  return kept;
}

/** Moves a broken file, and the log beside it, out of the way. Returns its new name. */
export function setAside(path: string, now: number): string {
  const first = `${path}.corrupt-${new Date(now).toISOString().replace(/[-:]|\.\d+/g, "")}`;
  let kept = first;
  for (let n = 2; existsSync(kept); n++) kept = `${first}-${n}`;
  for (const part of ["", "-wal", "-shm"]) {
    if (existsSync(path + part)) renameSync(path + part, kept + part);
  }
  return kept;
}
