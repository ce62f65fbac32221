import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import Database, { type Database as Sqlite } from "better-sqlite3";
import { AppError, systemCode } from "../lib/errors.ts";
import type { Part } from "../lib/lifecycle.ts";
import { migrate } from "./migrations.ts";

export const DATABASE_FILE = "smartcar2mqtt.db";

/**
 * The SQLite file. Write-ahead log with `synchronous = FULL`: a transaction that returned is on disk, also after the
 * power failed. Repositories take it in their constructor and prepare their statements when it opens.
 */
export class StoreDatabase implements Part {
  readonly path: string;
  readonly #dataDir: string;
  #sqlite: Sqlite | undefined;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.path = join(dataDir, DATABASE_FILE);
  }

  /** @throws AppError `STORE_OPEN` naming path, user and the command that mends it. */
  start(): void {
    try {
      mkdirSync(this.#dataDir, { recursive: true });
      accessSync(this.#dataDir, constants.R_OK | constants.W_OK | constants.X_OK);
      const sqlite = new Database(this.path, { timeout: 5_000 });
      this.#sqlite = sqlite;
      sqlite.pragma("journal_mode = WAL");
      sqlite.pragma("synchronous = FULL");
      migrate(sqlite);
    } catch (error) {
      this.#sqlite?.close();
      this.#sqlite = undefined;
      if (error instanceof AppError) throw error;
      throw this.#openError(error);
    }
  }

  stop(): void {
    this.#sqlite?.close();
    this.#sqlite = undefined;
  }

  /** The open database. @throws AppError when it is not open: a part used it before start or after stop. */
  get sqlite(): Sqlite {
    if (this.#sqlite === undefined) {
      throw new AppError("STORE_CLOSED", `the database ${this.path} is not open`, { disposition: "bug" });
    }
    return this.#sqlite;
  }

  #openError(cause: unknown): AppError {
    const uid = process.getuid?.() ?? "unknown";
    const code = systemCode(cause) ?? (cause instanceof Error ? cause.message : String(cause));
    return new AppError("STORE_OPEN", `cannot open or write the database ${this.path} as uid ${uid} (${code})`, {
      disposition: "fix-config",
      hint: `make the directory writable: mkdir -p '${this.#dataDir}' && chown -R ${uid} '${this.#dataDir}', or set data_dir to another one`,
      cause,
    });
  }
}
