import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Execution } from "../../../src/commands/execution.ts";
import { NO_REPLY_ADDRESS } from "../../../src/commands/request.ts";
import { AppError } from "../../../src/lib/errors.ts";
import { NEW_PLAN } from "../../../src/scheduler/plan.ts";
import { DATABASE_FILE, StoreDatabase } from "../../../src/store/database.ts";
import { SCHEMA_VERSION } from "../../../src/store/migrations.ts";
import { vehicleId } from "../../../src/vehicle/ids.ts";
import { car } from "../../support/cars.ts";
import { CAR, T0 } from "../../support/observations.ts";
import { tempStore } from "../../support/temp-store.ts";

let files: ReturnType<typeof tempStore>;

beforeEach(() => {
  files = tempStore();
});
afterEach(() => files.remove());

const failureOf = (work: () => void): AppError | null => {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
};
const raw = () => new Database(join(files.dir, DATABASE_FILE));

describe("the database", () => {
  it("is brought to the newest schema, whose version it notes, and can be opened again", () => {
    files.reopen();
    const sqlite = raw();
    expect(sqlite.pragma("user_version", { simple: true })).toBe(SCHEMA_VERSION);
    sqlite.close();
  });

  it("is not touched when a newer program wrote it", () => {
    files.store.database.stop();
    const sqlite = raw();
    sqlite.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    sqlite.close();
    const error = failureOf(() => files.reopen());
    expect(error).toMatchObject({
      code: "STORE_NEWER",
      disposition: "fix-config",
      hint: expect.stringContaining("backup"),
    });
  });

  it("says path and remedy when it cannot be opened", () => {
    const path = join(files.dir, DATABASE_FILE);
    const database = new StoreDatabase(path);
    const error = failureOf(() => database.start());
    expect(error).toMatchObject({ code: "STORE_OPEN", message: expect.stringContaining(path) });
    expect(error?.hint).toContain("chown");
  });

  it("says so when a part uses it while it is closed, and when it is broken", () => {
    files.store.database.stop();
    expect(failureOf(() => files.store.vehicles.list())).toMatchObject({ code: "STORE_CLOSED", disposition: "bug" });
    const store = files.reopen();
    store.database.sqlite.exec("DROP TABLE vehicles");
    expect(failureOf(() => store.vehicles.list())).toMatchObject({ code: "STORE_FAILED", disposition: "retry" });
  });
});

describe("vehicles", () => {
  const other = car({ id: vehicleId("other"), topic: "other" });

  it("are kept whole, and forgotten with what is held of them but not with their calls", () => {
    files.store.vehicles.save(car());
    files.store.vehicles.save(car({ name: "Renamed" }));
    files.store.plans.save(CAR, NEW_PLAN);
    files.store.incapabilities.add(CAR, "lock", T0);
    files.store.ledger.book(CAR, T0, "poll");
    const early = { eventId: "e1", receivedAt: T0, vehicleId: CAR, reason: "unknown vehicle", body: "{}" };
    files.store.states.commit(() => ({ deliveries: [], quarantine: [early], released: [], changes: [] }));
    expect(files.store.vehicles.list()).toEqual([car({ name: "Renamed" })]);
    const store = files.reopen();
    expect(store.vehicles.list()).toEqual([car({ name: "Renamed" })]);
    store.vehicles.remove(CAR);
    expect([store.vehicles.list(), store.plans.load().size, store.incapabilities.has(CAR, "lock")]).toEqual([
      [],
      0,
      false,
    ]);
    expect(store.states.quarantineSize()).toBe(0);
    expect(store.ledger.countSince(CAR, 0)).toBe(1);
  });

  it("can trade topic names, but two never hold the same", () => {
    files.store.vehicles.saveAll([car({ topic: "one" }), other]);
    files.store.vehicles.saveAll([car({ topic: "other" }), { ...other, topic: "one" }]);
    const names = () => Object.fromEntries(files.store.vehicles.list().map(({ id, topic }) => [id, topic]));
    expect(names()).toEqual({ [CAR]: "other", other: "one" });
    expect(
      failureOf(() => files.store.vehicles.saveAll([car({ topic: "same" }), { ...other, topic: "same" }])),
    ).toMatchObject({
      code: "STORE_FAILED",
    });
    expect(names()).toEqual({ [CAR]: "other", other: "one" });
  });
});

describe("the audit table", () => {
  const draft: Omit<Execution, "key"> = {
    id: "abc",
    vehicleId: CAR,
    topic: "car",
    command: "charge_limit",
    value: 80,
    state: "waiting",
    confirmed: false,
    error: null,
    requestedAt: T0,
    sentAt: null,
    completedAt: null,
    calls: 0,
    reply: NO_REPLY_ADDRESS,
  };

  it("gives every row back as it was written, also after a restart", () => {
    const { executions } = files.store;
    const row = executions.add(draft);
    const error = { type: "X", code: null, message: "y", action: null };
    const value = { latitude: 1, longitude: 2 };
    const nobody = executions.add({ ...draft, id: "nobody", vehicleId: null, value });
    executions.update({ ...row, state: "failed", error, sentAt: T0 + 1, completedAt: T0 + 2, calls: 1 });
    const again = files.reopen().executions;
    expect(again.findById("abc", 0)).toEqual({
      ...row,
      state: "failed",
      error,
      sentAt: T0 + 1,
      completedAt: T0 + 2,
      calls: 1,
    });
    expect(again.unfinished()).toEqual([nobody]);
  });

  it("remembers an id by when it ended, by our clock, and while it has not", () => {
    const { executions } = files.store;
    const row = executions.add({ ...draft, requestedAt: 0 });
    expect(executions.findById("abc", T0)?.key).toBe(row.key);
    executions.update({ ...row, state: "rejected", completedAt: T0 });
    executions.add(draft);
    expect(executions.findById("abc", T0)?.key).toBe(row.key);
    expect(executions.findById("abc", T0 + 1)?.key).toBe(row.key + 1);
    expect(executions.findById("other", 0)).toBeUndefined();
  });

  it("knows what was never answered, and what may still be confirmed", () => {
    const { executions } = files.store;
    const end = (state: Execution["state"], completedAt: number) => {
      const row = executions.add(draft);
      executions.update({ ...row, state, completedAt });
      return row.key;
    };
    const [old, done, unknown] = [end("succeeded", T0 - 1), end("succeeded", T0), end("unknown", T0)];
    const failed = end("failed", T0);
    executions.markAnswered(done);
    expect(executions.unanswered().map(({ key }) => key)).toEqual([old, unknown, failed]);
    expect(executions.unconfirmedSince(T0).map(({ key }) => key)).toEqual([done, unknown]);
    executions.add({ ...draft, requestedAt: T0 - 2 });
    executions.prune(T0);
    expect(executions.newest(9, null).map(({ key }) => key)).toEqual([failed + 1, failed, unknown, done]);
    executions.prune(T0 + 1);
    expect(executions.unanswered()).toEqual([]);
  });
});

describe("small stores", () => {
  it("keep calls, ceilings and settings over a restart", () => {
    const { ledger, settings } = files.store;
    const [, second] = [ledger.book(CAR, T0, "poll"), ledger.book(CAR, T0 + 1, "command")];
    ledger.setCeiling(CAR, T0);
    settings.write("a", { deep: [1] });
    settings.write("a", { deep: [2] });
    const again = files.reopen();
    expect([again.ledger.countSince(CAR, T0), again.ledger.countSince(CAR, T0 + 1)]).toEqual([2, 1]);
    again.ledger.refund(second);
    expect(again.ledger.countSince(CAR, 0)).toBe(1);
    expect([again.ledger.ceilingAt(CAR), again.ledger.ceilingAt(vehicleId("x"))]).toEqual([T0, null]);
    expect([again.settings.read("a"), again.settings.read("b")]).toEqual([{ deep: [2] }, undefined]);
    again.ledger.prune(T0 + 1);
    expect(again.ledger.countSince(CAR, 0)).toBe(0);
  });

  it("keep plans, incapabilities and announcements", () => {
    const plan = { ...NEW_PLAN, failures: 3, holdUntil: T0, holdReason: "x" };
    files.store.plans.save(CAR, NEW_PLAN);
    files.store.plans.save(CAR, plan);
    files.store.incapabilities.add(CAR, "lock", T0);
    files.store.incapabilities.add(CAR, "lock", T0 + 1);
    files.store.announcements.save("t", { a: "sensor" });
    const again = files.reopen();
    expect(again.plans.load()).toEqual(new Map([[CAR, plan]]));
    expect([again.incapabilities.has(CAR, "lock"), again.incapabilities.has(CAR, "unlock")]).toEqual([true, false]);
    again.incapabilities.clear(CAR);
    expect(again.incapabilities.has(CAR, "lock")).toBe(false);
    again.announcements.remove("t");
    expect(again.announcements.load().size).toBe(0);
  });
});
