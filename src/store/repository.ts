import type { Database as Sqlite, Statement } from "better-sqlite3";
import { AppError, systemCode } from "../lib/errors.ts";
import type { OpenDatabase } from "./database.ts";

/** Common ground of the repositories: statements prepared once per opened database, failures in one form. */
export abstract class Repository {
  readonly #database: OpenDatabase;
  #prepared = new Map<string, Statement<unknown[]>>();
  #preparedFor: Sqlite | undefined;

  constructor(database: OpenDatabase) {
    this.#database = database;
  }

  protected run(sql: string, ...values: unknown[]): number {
    return this.#guard(() => Number(this.#statement(sql).run(...values).lastInsertRowid));
  }

  protected one<Row>(sql: string, ...values: unknown[]): Row | undefined {
    return this.#guard(() => this.#statement(sql).get(...values) as Row | undefined);
  }

  protected all<Row>(sql: string, ...values: unknown[]): Row[] {
    return this.#guard(() => this.#statement(sql).all(...values) as Row[]);
  }

  /** Runs `work` as one transaction, durable when this returns. */
  protected transaction<T>(work: () => T): T {
    return this.#guard(() => this.#database.sqlite.transaction(work).immediate());
  }

  #statement(sql: string): Statement<unknown[]> {
    const { sqlite } = this.#database;
    if (this.#preparedFor !== sqlite) {
      this.#prepared = new Map();
      this.#preparedFor = sqlite;
    }
    let statement = this.#prepared.get(sql);
    if (statement === undefined) {
      statement = sqlite.prepare<unknown[]>(sql);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof AppError) throw error;
      this.#database.onError?.(error);
      throw new AppError(
        "STORE_FAILED",
        `the database ${this.#database.path} refused (${systemCode(error) ?? "error"})`,
        {
          disposition: "retry",
          hint: "check free space and permissions of the data directory",
          cause: error,
        },
      );
    }
  }
}
