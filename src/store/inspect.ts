import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import Database, { type Database as Sqlite } from "better-sqlite3";
import { AppError, toError } from "../lib/errors.ts";
import type { VehicleId } from "../vehicle/ids.ts";
import type { VehicleState } from "../vehicle/state.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import { DATABASE_FILE, type OpenDatabase } from "./database.ts";
import { exposure } from "./file-modes.ts";
import { LedgerRepository } from "./ledger.ts";
import { SCHEMA_VERSION } from "./migrations.ts";
import { freeBytesAt, openError } from "./open-error.ts";
import { isCorrupt, soundness } from "./rescue.ts";
import { StateRepository } from "./states.ts";
import { VehicleRepository } from "./vehicles.ts";

/** What the database knows, read without changing anything. */
export interface StoreFacts {
  readonly vehicles: readonly Vehicle[];
  readonly states: ReadonlyMap<VehicleId, VehicleState>;
  readonly ledger: LedgerRepository;
}

/** What a look from outside shows of the data directory, also while the bridge runs. */
export interface StoreInspection {
  readonly path: string;
  readonly failure: { readonly message: string; readonly hint: string | null } | null;
  readonly freeBytes: number | null;
  /** That others on this machine may read the file, in words; null when they may not. */
  readonly exposure: string | null;
  /** Null when there is no database yet. */
  readonly version: number | null;
  /** Null without a database that this version can read. */
  readonly facts: StoreFacts | null;
  close(): void;
}

/** `writable` opens the file for writing, to book a billed call; its contents are otherwise left alone. */
export function inspectStore(dataDir: string, { writable = false } = {}): StoreInspection {
  const path = join(dataDir, DATABASE_FILE);
  let sqlite: Sqlite | undefined;
  const close = () => sqlite?.close();
  const freeBytes = freeBytesAt(existsSync(dataDir) ? dataDir : dirname(dataDir));
  const base = { path, freeBytes, exposure: exposure(path), facts: null, close };
  try {
    checkFolder(dataDir);
    if (!existsSync(path)) return { ...base, failure: null, version: null };
    accessSync(path, constants.R_OK | constants.W_OK);
    sqlite = new Database(path, { readonly: !writable, fileMustExist: true, timeout: 5_000 });
    soundness(sqlite);
    const version = Number(sqlite.pragma("user_version", { simple: true }));
    if (version > SCHEMA_VERSION) {
      const message = `the database was written by a newer smartcar2mqtt (schema ${version}, this one knows ${SCHEMA_VERSION})`;
      return { ...base, failure: { message, hint: "start the newer version again, or restore a backup" }, version };
    }
    const facts = version === SCHEMA_VERSION ? factsOf({ path, sqlite }) : null;
    return { ...base, failure: null, version, facts };
  } catch (thrown) {
    const cause = toError(thrown);
    const error = isCorrupt(cause) ? broken(path, cause) : openError(path, dataDir, cause);
    return { ...base, failure: { message: error.message, hint: error.hint ?? null }, version: null };
  }
}

/** A folder that is not there yet is made by the bridge, if it may. */
function checkFolder(dataDir: string): void {
  if (!existsSync(dataDir)) {
    const parent = dirname(dataDir);
    if (parent !== dataDir) checkFolder(parent);
    return;
  }
  if (!statSync(dataDir).isDirectory()) {
    throw Object.assign(new Error(`${dataDir} is a file`), { code: "ENOTDIR" });
  }
  accessSync(dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
}

function factsOf(database: OpenDatabase): StoreFacts {
  return {
    vehicles: new VehicleRepository(database).list(),
    states: new StateRepository(database).loadStates(),
    ledger: new LedgerRepository(database),
  };
}

function broken(path: string, cause: Error): AppError {
  return new AppError("STORE_BROKEN", `the database ${path} cannot be read (${cause.message})`, {
    disposition: "fix-config",
    hint: "restore a backup (docs/backup.md); the bridge keeps a broken file aside at its next start and begins a new one",
    cause,
  });
}
