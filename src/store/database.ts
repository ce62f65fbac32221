import { accessSync, constants, existsSync, statSync } from "node:fs";
import { join } from "node:path";
import Database, { type Database as Sqlite } from "better-sqlite3";
import type { Clock } from "../lib/clock.ts";
import { AppError, systemCode, toError } from "../lib/errors.ts";
import type { Part } from "../lib/lifecycle.ts";
import { makeDataFolder } from "./data-folder.ts";
import { exposure } from "./file-modes.ts";
import { migrate, SCHEMA_VERSION } from "./migrations.ts";
import { hasNewFile, makeNewFile, putNewFileInPlace } from "./new-file.ts";
import { DISK_ERRORS, freeBytesAt, openError } from "./open-error.ts";
import { endsUse, isCorrupt, keepCopy, setAside, soundness } from "./rescue.ts";
import { NOTHING_SAVED, noteLostCalls, type Salvage, salvage, savedInWords } from "./salvage.ts";

export const DATABASE_FILE = "smartcar2mqtt.db";

/** At the start nothing else has to be done meanwhile but to show that; it is tried again anyway. */
const START_WAIT_MS = 1_000;
/**
 * While running, a wait for somebody else's lock holds up everything. Smartcar delivers again what was answered 503, and
 * neither `backup` nor `doctor` keeps a lock for longer than it takes to write one row.
 */
export const BUSY_WAIT_MS = 250;

/** What repositories need: a database that is open, and its name for messages. */
export interface OpenDatabase {
  readonly path: string;
  /** @throws AppError when it is not open, or must not be used any longer */
  readonly sqlite: Sqlite;
  /** Hears of everything SQLite refuses. */
  readonly onError?: (error: unknown) => void;
}

/** Something about the file that the person who runs the bridge must hear of. */
export type StoreIncident =
  /** It could not be read any more: it was kept as `keptAs`, and a new one begun with what could be saved. */
  | { readonly kind: "corrupt"; readonly keptAs: string; readonly reason: string; readonly saved: Salvage }
  /** It turned out to be broken while it was used: nothing is read or written any more until the next start. */
  | { readonly kind: "failed"; readonly reason: string; readonly fix: string }
  /** Other users of the machine may read it; `detail` says how to end that. */
  | { readonly kind: "exposed"; readonly detail: string }
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
  #failure: { readonly message: string; readonly hint: string } | null = null;

  constructor(dataDir: string, watch: StoreWatch = {}) {
    this.#dataDir = dataDir;
    this.#watch = watch;
    this.path = join(dataDir, DATABASE_FILE);
  }

  /** @throws AppError `STORE_OPEN` naming path, user and the command that mends it, `STORE_NEWER` after a downgrade. */
  start(): void {
    this.#failure = null;
    try {
      makeDataFolder(this.#dataDir);
      accessSync(this.#dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
      this.#provide();
      try {
        this.#open();
      } catch (error) {
        if (!isCorrupt(error)) throw error;
        this.#replace(toError(error).message);
        this.#open();
      }
      const detail = this.exposure;
      if (detail !== null) this.#watch.onIncident?.({ kind: "exposed", detail });
    } catch (thrown) {
      this.stop();
      const error = thrown instanceof AppError ? thrown : openError(this.path, this.#dataDir, thrown);
      this.#failure = { message: error.message, hint: error.hint ?? "" };
      throw error;
    }
  }

  stop(): void {
    this.#sqlite?.close();
    this.#sqlite = undefined;
  }

  get sqlite(): Sqlite {
    if (this.#failure !== null) {
      const { message, hint } = this.#failure;
      throw new AppError("STORE_BROKEN", message, { disposition: "retry", hint });
    }
    if (this.#sqlite === undefined) {
      throw new AppError("STORE_CLOSED", `the database ${this.path} is not open`, { disposition: "bug" });
    }
    return this.#sqlite;
  }

  /** Stops all use of a file that turned out to be broken: what is written to it now would be lost at the next start. */
  readonly onError = (error: unknown): void => {
    if (this.#failure !== null || !endsUse(error)) return;
    const reason = `${systemCode(error)}: ${toError(error).message}`;
    const hint = isCorrupt(error)
      ? "restart: the broken file is kept aside, and what can be read of it goes into a new one; or restore a backup (docs/backup.md)"
      : DISK_ERRORS;
    this.#failure = { message: `the database ${this.path} cannot be used any longer (${reason})`, hint };
    this.#watch.onIncident?.({ kind: "failed", reason, fix: hint });
  };

  /** Why a new database was begun at this start, in words; null when that did not happen. */
  get incident(): string | null {
    return this.#incident;
  }

  /** Why it cannot be used, or not any longer, and what to do; null while it is. */
  get failure(): { readonly message: string; readonly hint: string } | null {
    return this.#failure;
  }

  /** That others on this machine may read it, in words; null when they may not. */
  get exposure(): string | null {
    return exposure(this.path);
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

  /** Sees to it that there is a file. One appears only when it is whole, so an empty one was emptied afterwards. */
  #provide(): void {
    if (existsSync(this.path)) {
      if (statSync(this.path).size === 0) this.#replace("it is empty");
      return;
    }
    if (hasNewFile(this.path)) this.#putInPlace();
    else if (existsSync(`${this.path}-wal`)) this.#replace("it is gone, and only the log beside it is left");
    else {
      makeNewFile(this.path, () => undefined);
      putNewFileInPlace(this.path);
    }
  }

  #open(): void {
    const sqlite = new Database(this.path, { timeout: START_WAIT_MS });
    this.#sqlite = sqlite;
    sqlite.pragma("journal_mode = WAL");
    sqlite.pragma("synchronous = FULL");
    // All is read once, at the start; after that 2 MB hold what is written. The driver's own 16 MB would never be given back.
    sqlite.pragma("cache_size = -2000");
    soundness(sqlite);
    migrate(sqlite, SCHEMA_VERSION, (from) => {
      const keptAs = keepCopy(sqlite, this.path, from);
      this.#watch.onIncident?.({ kind: "upgraded", keptAs, from, to: SCHEMA_VERSION });
    });
    sqlite.pragma(`busy_timeout = ${BUSY_WAIT_MS}`);
  }

  /** The new file is ready, with what could be saved, before the broken one is moved: no moment forgets the calls. */
  #replace(reason: string): void {
    this.stop();
    let saved = NOTHING_SAVED;
    makeNewFile(this.path, (sqlite) => {
      saved = salvage(this.path, sqlite);
      if (!saved.callsAreWhole) noteLostCalls(sqlite, this.#now());
    });
    const keptAs = this.#putInPlace();
    this.#incident = `the database could not be read (${reason}) and was kept as ${keptAs}; a new one was begun with ${savedInWords(saved)}`;
    this.#watch.onIncident?.({ kind: "corrupt", keptAs, reason, saved });
  }

  /** Also out of the way: a log without its file would be taken for the new file's own. */
  #putInPlace(): string {
    const keptAs = setAside(this.path, this.#now());
    putNewFileInPlace(this.path);
    return keptAs;
  }

  #now(): number {
    return this.#watch.clock?.now() ?? 0;
  }
}
