import { join } from "node:path";
import Database from "better-sqlite3";
import { DATABASE_FILE } from "../../src/store/database.ts";
import { migrate } from "../../src/store/migrations.ts";

export const OLD_CAR = { id: "vehicle-old", topic: "test-old" } as const;

/** A database as an older version of the program left it, with a car, a reading, a booked call and a command. */
export function createOldDatabase(dataDir: string, version: number): void {
  const db = new Database(join(dataDir, DATABASE_FILE));
  try {
    db.pragma("journal_mode = WAL");
    if (version === 0) return;
    migrate(db, version);
    const vehicle = {
      name: "Test Old",
      userId: "user-old",
      make: "TEST",
      model: "Old",
      year: 2023,
      powertrain: "BEV",
      mode: "live",
      permissions: [],
      connected: true,
    };
    const value = {
      code: "tractionbattery-stateofcharge",
      name: "StateOfCharge",
      group: "TractionBattery",
      status: "SUCCESS",
      error: null,
      body: { value: 44, unit: "percent" },
      oemUpdatedAt: 1_790_000_000_000,
      retrievedAt: 1_790_000_000_000,
      sequence: 1,
      toldAt: 1_790_000_000_000,
      receivedAt: 1_790_000_000_000,
      source: "webhook",
    };
    db.prepare("INSERT INTO vehicles (id, topic, data) VALUES (?, ?, ?)").run(
      OLD_CAR.id,
      OLD_CAR.topic,
      JSON.stringify(vehicle),
    );
    db.prepare("INSERT INTO signals (vehicle_id, code, value) VALUES (?, ?, ?)").run(
      OLD_CAR.id,
      value.code,
      JSON.stringify(value),
    );
    db.prepare("INSERT INTO calls (vehicle_id, at, kind) VALUES (?, ?, 'poll')").run(OLD_CAR.id, Date.now());
    db.prepare(
      `INSERT INTO commands (id, vehicle_id, topic, command, value, state, requested_at, sent_at, completed_at, reply)
       VALUES ('old-1', ?, ?, 'lock', '"LOCK"', 'succeeded', 1, 2, 3, '{"responseTopic":null,"correlationData":null}')`,
    ).run(OLD_CAR.id, OLD_CAR.topic);
    db.prepare("UPDATE commands SET answered = 1").run();
  } finally {
    db.close();
  }
}

/** How many rows an old database's data has now: one of each when nothing was lost. */
export function oldRows(path: string): Record<string, number> {
  const db = new Database(path, { readonly: true });
  try {
    return Object.fromEntries(
      ["vehicles", "signals", "calls", "commands"].map((table) => [
        table,
        Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()),
      ]),
    );
  } finally {
    db.close();
  }
}
