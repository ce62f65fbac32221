import type { JsonValue } from "../lib/json.ts";
import { type VehicleId, vehicleId } from "../vehicle/ids.ts";
import { Repository } from "./repository.ts";

/** One row of the audit table. `Execution` of src/commands has this shape. */
interface Row {
  readonly key: number;
  readonly id: string;
  readonly vehicle_id: string | null;
  readonly topic: string;
  readonly command: string;
  readonly value: string;
  readonly state: string;
  readonly confirmed: number;
  readonly error: string | null;
  readonly requested_at: number;
  readonly sent_at: number | null;
  readonly completed_at: number | null;
  readonly calls: number;
  readonly reply: string;
}

export interface StoredExecution {
  readonly key: number;
  readonly id: string;
  readonly vehicleId: VehicleId | null;
  readonly topic: string;
  readonly command: string;
  readonly value: JsonValue;
  readonly state: string;
  readonly confirmed: boolean;
  readonly error: object | null;
  readonly requestedAt: number;
  readonly sentAt: number | null;
  readonly completedAt: number | null;
  readonly calls: number;
  readonly reply: object;
}

/** Everything asked of the cars and what came of it. */
export class ExecutionRepository<E extends StoredExecution> extends Repository {
  add(execution: Omit<E, "key">): E {
    const key = this.run(
      `INSERT INTO commands (id, vehicle_id, topic, command, value, state, confirmed, error,
         requested_at, sent_at, completed_at, calls, reply)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      execution.id,
      execution.vehicleId,
      execution.topic,
      execution.command,
      JSON.stringify(execution.value),
      execution.state,
      execution.confirmed ? 1 : 0,
      execution.error === null ? null : JSON.stringify(execution.error),
      execution.requestedAt,
      execution.sentAt,
      execution.completedAt,
      execution.calls,
      JSON.stringify(execution.reply),
    );
    return { ...execution, key } as E;
  }

  update(execution: E): void {
    this.run(
      `UPDATE commands SET state = ?, confirmed = ?, error = ?, sent_at = ?, completed_at = ?, calls = ? WHERE key = ?`,
      execution.state,
      execution.confirmed ? 1 : 0,
      execution.error === null ? null : JSON.stringify(execution.error),
      execution.sentAt,
      execution.completedAt,
      execution.calls,
      execution.key,
    );
  }

  /** The first execution with this id that ended at or after `since`, or has not ended. Callers' times do not count. */
  findById(id: string, since: number): E | undefined {
    return this.#read("id = ? AND (completed_at IS NULL OR completed_at >= ?) ORDER BY key LIMIT 1", id, since)[0];
  }

  /** The newest ones, of one vehicle or of all. */
  newest(limit: number, id: VehicleId | null): E[] {
    return id === null
      ? this.#read("key > 0 ORDER BY key DESC LIMIT ?", limit)
      : this.#read("vehicle_id = ? ORDER BY key DESC LIMIT ?", id, limit);
  }

  unfinished(): E[] {
    return this.#read("completed_at IS NULL ORDER BY key");
  }

  /** Finished ones whose result the broker never confirmed. */
  unanswered(): E[] {
    return this.#read("completed_at IS NOT NULL AND answered = 0 ORDER BY key");
  }

  unconfirmedSince(completedSince: number): E[] {
    return this.#read(
      "confirmed = 0 AND state IN ('succeeded', 'unknown') AND completed_at >= ? ORDER BY key",
      completedSince,
    );
  }

  markAnswered(key: number): void {
    this.run("UPDATE commands SET answered = 1 WHERE key = ?", key);
  }

  /** Forgets those that ended before an instant. When they were requested is the caller's word. */
  prune(before: number): void {
    this.run("DELETE FROM commands WHERE completed_at < ?", before);
  }

  #read(condition: string, ...values: unknown[]): E[] {
    return this.all<Row>(`SELECT * FROM commands WHERE ${condition}`, ...values).map(
      (row) =>
        ({
          key: row.key,
          id: row.id,
          vehicleId: row.vehicle_id === null ? null : vehicleId(row.vehicle_id),
          topic: row.topic,
          command: row.command,
          value: JSON.parse(row.value) as JsonValue,
          state: row.state,
          confirmed: row.confirmed === 1,
          error: row.error === null ? null : (JSON.parse(row.error) as object),
          requestedAt: row.requested_at,
          sentAt: row.sent_at,
          completedAt: row.completed_at,
          calls: row.calls,
          reply: JSON.parse(row.reply) as object,
        }) satisfies StoredExecution as unknown as E,
    );
  }
}
