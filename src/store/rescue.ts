import { chmodSync, existsSync, renameSync, rmSync } from "node:fs";
import type { Database as Sqlite } from "better-sqlite3";

/** Only the owner may read what holds positions and VINs. */
const PRIVATE = 0o600;
const CORRUPT = "SQLITE_CORRUPT";

/** Whether an error says that the file itself is broken; a full disk or a lock does not. */
export function isCorrupt(error: unknown): boolean {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code === "SQLITE_NOTADB" || code?.startsWith(CORRUPT) === true;
}

/** Looks through the whole file. @throws Error with the code `SQLITE_CORRUPT` naming the first fault */
export function soundness(sqlite: Sqlite): void {
  const [first] = sqlite.pragma("quick_check(1)") as { quick_check?: unknown }[];
  if (first?.quick_check === "ok") return;
  throw Object.assign(new Error(String(first?.quick_check ?? "quick_check said nothing")), { code: CORRUPT });
}

/** Keeps what is there now as `<path>.v<version>`, whole and consistent. Returns its name. */
export function keepCopy(sqlite: Sqlite, path: string, version: number): string {
  const kept = `${path}.v${version}`;
  const unfinished = `${kept}.part`;
  rmSync(unfinished, { force: true });
  sqlite.prepare("VACUUM INTO ?").run(unfinished);
  chmodSync(unfinished, PRIVATE);
  renameSync(unfinished, kept);
  return kept;
}

/** Moves a broken file, and the log beside it, out of the way. Returns its new name. */
export function setAside(path: string, now: number): string {
  const kept = `${path}.corrupt-${new Date(now).toISOString().replace(/[-:]|\.\d+/g, "")}`;
  for (const part of ["", "-wal", "-shm"]) {
    if (existsSync(path + part)) renameSync(path + part, kept + part);
  }
  return kept;
}
