import { accessSync, constants, mkdirSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import Database, { type Database as Sqlite } from "better-sqlite3";
import type { Clock } from "../lib/clock.ts";
import { AppError, systemCode } from "../lib/errors.ts";
import type { Part } from "../lib/lifecycle.ts";
import { migrate, SCHEMA_VERSION } from "./migrations.ts";
import { isCorrupt, keepCopy, setAside, soundness } from "./rescue.ts";

export const DATABASE_FILE = "smartcar2mqtt.db";

/** What repositories need: a database that is open, and its name for messages. */
export interface OpenDatabase {
  readonly path: string;
  /** @throws AppError when it is not open */
  readonly sqlite: Sqlite;
}

/** Something about the file that the person who runs the bridge must hear of. */
export type StoreIncident =
  /** It could not be read any more: it was kept as `keptAs`, and a new one begun. */
  | { readonly kind: "corrupt"; readonly keptAs: string; readonly reason: string }
  /** Its schema is older: `keptAs` is what it was before the upgrade. */
  | { readonly kind: "upgraded"; readonly keptAs: string; readonly from: number; readonly to: number };

export interface StoreWatch {
  /** Dates what is set aside. */
  readonly clock?: Pick<Clock, "now">;
  readonly onIncident?: (incident: StoreIncident) => void;
}

/**
 * The SQLite file. Write-ahead log with `synchronous = FULL`: a transaction that returned is on disk, also after the
 * power failed. Repositories take it in their constructor and prepare their statements when it opens. A file that is
 * broken is kept aside, and one of an older schema copied before it is changed.
 */
export class StoreDatabase implements Part, OpenDatabase {
  readonly path: string;
  readonly #dataDir: string;
  readonly #watch: StoreWatch;
  #sqlite: Sqlite | undefined;
  #incident: string | null = null;

  constructor(dataDir: string, watch: StoreWatch = {}) {
    this.#dataDir = dataDir;
    this.#watch = watch;
    this.path = join(dataDir, DATABASE_FILE);
  }

  /** @throws AppError `STORE_OPEN` naming path, user and the command that mends it, `STORE_NEWER` after a downgrade. */
  start(): void {
    try {
      mkdirSync(this.#dataDir, { recursive: true });
      accessSync(this.#dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
      try {
        this.#open();
      } catch (error) {
        if (!isCorrupt(error)) throw error;
        this.#replace(error instanceof Error ? error.message : String(error));
      }
    } catch (error) {
      this.stop();
      if (error instanceof AppError) throw error;
      throw this.#openError(error);
    }
  }

  stop(): void {
    this.#sqlite?.close();
    this.#sqlite = undefined;
  }

  get sqlite(): Sqlite {
    if (this.#sqlite === undefined) {
      throw new AppError("STORE_CLOSED", `the database ${this.path} is not open`, { disposition: "bug" });
    }
    return this.#sqlite;
  }

  /** Why a new database was begun at this start, in words; null when that did not happen. */
  get incident(): string | null {
    return this.#incident;
  }

  /** Of the schema, while it is open. */
  get version(): number | null {
    return this.#sqlite === undefined ? null : SCHEMA_VERSION;
  }

  /** Of the file and the log beside it; null while they are not there. */
  get sizeBytes(): number | null {
    try {
      const log = statSync(`${this.path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
      return statSync(this.path).size + log;
    } catch {
      return null;
    }
  }

  /** Space left beside it; null where that cannot be told. */
  get freeBytes(): number | null {
    return freeBytesAt(this.#dataDir);
  }

  #open(): void {
    const sqlite = new Database(this.path, { timeout: 5_000 });
    this.#sqlite = sqlite;
    sqlite.pragma("journal_mode = WAL");
    sqlite.pragma("synchronous = FULL");
    soundness(sqlite);
    migrate(sqlite, SCHEMA_VERSION, (from) => {
      const keptAs = keepCopy(sqlite, this.path, from);
      this.#watch.onIncident?.({ kind: "upgraded", keptAs, from, to: SCHEMA_VERSION });
    });
  }

  #replace(reason: string): void {
    this.stop();
    const keptAs = setAside(this.path, this.#watch.clock?.now() ?? 0);
    this.#open();
    this.#incident = `the database could not be read (${reason}) and was kept as ${keptAs}; a new one was begun`;
    this.#watch.onIncident?.({ kind: "corrupt", keptAs, reason });
  }

  #openError(cause: unknown): AppError {
    return openError(this.path, this.#dataDir, cause);
  }
}

/** What to say when the file or its folder cannot be used; for the daemon and for `doctor`. */
export function openError(path: string, dataDir: string, cause: unknown): AppError {
  const uid = process.getuid?.() ?? "unknown";
  const code = systemCode(cause) ?? (cause instanceof Error ? cause.message : String(cause));
  return new AppError("STORE_OPEN", `cannot open or write the database ${path} as uid ${uid} (${code})`, {
    disposition: "fix-config",
    hint: remedy(code, dataDir, uid),
    cause,
  });
}

function remedy(code: string, dataDir: string, uid: number | "unknown"): string {
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) {
    return "another program has locked it: stop it (a second smartcar2mqtt with the same data_dir?) and start again";
  }
  if (code === "SQLITE_FULL" || code === "ENOSPC" || code === "EDQUOT") {
    return `the disk is full: free some space for '${dataDir}', or set data_dir to another one`;
  }
  return `make the directory writable: mkdir -p '${dataDir}' && chown -R ${uid} '${dataDir}', or set data_dir to another one`;
}

export function freeBytesAt(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}
