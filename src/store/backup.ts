import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import Database from "better-sqlite3";
import { AppError, systemCode } from "../lib/errors.ts";
import { DATABASE_FILE } from "./database.ts";
import { OWNER_ONLY } from "./file-modes.ts";
import { soundness } from "./rescue.ts";

/** All of it at once: copied in small pieces, every write of the running bridge would make it begin again. */
const ALL_PAGES = 0x7fff_ffff;

export interface BackupOptions {
  readonly dataDir: string;
  readonly target: string;
  /** Replace a file that is there already. */
  readonly force: boolean;
}

/**
 * A consistent copy of the database, also while the bridge writes to it. It appears under its name only once it is
 * whole, checked and on disk.
 *
 * @throws AppError `BACKUP_SOURCE`, `BACKUP_EXISTS` or `BACKUP_FAILED`
 */
export async function backupDatabase({ dataDir, target, force }: BackupOptions): Promise<{ bytes: number }> {
  const source = join(dataDir, DATABASE_FILE);
  if (!existsSync(source)) {
    throw fail("BACKUP_SOURCE", `there is no database at ${source}`, "set data_dir to the bridge's, or start it once");
  }
  if (resolve(target) === resolve(source)) {
    throw fail("BACKUP_EXISTS", `${target} is the database itself`, "name another file");
  }
  if (existsSync(target) && !force) {
    throw fail("BACKUP_EXISTS", `${target} exists already`, "name another file, or add --force");
  }
  const unfinished = `${target}.part`;
  try {
    rmSync(unfinished, { force: true });
    // Made first, so that at no time anybody else may read it.
    closeSync(openSync(unfinished, "wx", OWNER_ONLY));
    const reader = new Database(source, { readonly: true, timeout: 5_000 });
    try {
      await reader.backup(unfinished, { progress: () => ALL_PAGES });
    } finally {
      reader.close();
    }
    check(unfinished);
    sync(unfinished);
    renameSync(unfinished, target);
    sync(dirname(resolve(target)));
    return { bytes: statSync(target).size };
  } catch (error) {
    for (const part of ["", "-wal", "-shm", "-journal"]) rmSync(unfinished + part, { force: true });
    throw fail(
      "BACKUP_FAILED",
      `the copy could not be made (${systemCode(error) ?? (error instanceof Error ? error.message : String(error))})`,
      "check that the folder exists, can be written and has space",
      error,
    );
  }
}

function check(path: string): void {
  const copy = new Database(path, { fileMustExist: true });
  try {
    // One file is easier to carry than three; the bridge turns the log on again when it opens it.
    copy.pragma("journal_mode = DELETE");
    soundness(copy);
  } finally {
    copy.close();
  }
}

function sync(path: string): void {
  const handle = openSync(path, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function fail(code: string, message: string, hint: string, cause?: unknown): AppError {
  return new AppError(code, message, {
    disposition: "fix-config",
    hint: `${hint[0]?.toUpperCase()}${hint.slice(1)}.`,
    cause,
  });
}
