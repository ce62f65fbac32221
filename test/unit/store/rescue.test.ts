import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, expect, test } from "vitest";
import { backupDatabase } from "../../../src/store/backup.ts";
import { BUSY_WAIT_MS, DATABASE_FILE, StoreDatabase, type StoreIncident } from "../../../src/store/database.ts";
import { inspectStore } from "../../../src/store/inspect.ts";
import { SCHEMA_VERSION } from "../../../src/store/migrations.ts";
import { vehicleId } from "../../../src/vehicle/ids.ts";
import { createOldDatabase, OLD_CAR } from "../../support/old-database.ts";

const NOW = Date.UTC(2026, 10, 21, 22, 3, 4);
let dir: string;
let path: string;
const opened: StoreDatabase[] = [];
const incidents: StoreIncident[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "smartcar2mqtt-rescue-"));
  path = join(dir, DATABASE_FILE);
  incidents.length = 0;
});
afterEach(() => {
  for (const database of opened.splice(0)) database.stop();
  rmSync(dir, { recursive: true, force: true });
});

function open(): StoreDatabase {
  const database = new StoreDatabase(dir, {
    clock: { now: () => NOW },
    onIncident: (incident) => incidents.push(incident),
  });
  opened.push(database);
  database.start();
  return database;
}

const mode = (file: string) => statSync(file).mode & 0o777;

test("an older database is copied before it is changed", () => {
  createOldDatabase(dir, 1);
  const { sqlite } = open();
  const keptAs = `${path}.v1`;
  expect(incidents).toContainEqual({ kind: "upgraded", keptAs, from: 1, to: SCHEMA_VERSION });
  expect(sqlite.pragma("user_version", { simple: true })).toBe(SCHEMA_VERSION);
  const copy = new Database(keptAs, { readonly: true });
  expect(copy.pragma("user_version", { simple: true })).toBe(1);
  expect(copy.prepare("SELECT topic FROM vehicles").pluck().all()).toEqual([OLD_CAR.topic]);
  copy.close();
  expect(mode(keptAs)).toBe(0o600);
});

test("a new database and one that is up to date are not copied", () => {
  open().stop();
  open();
  expect(incidents).toEqual([]);
  expect(readdirSync(dir).filter((name) => name.includes(".v"))).toEqual([]);
});

test.each([
  ["is none", () => writeFileSync(path, "this was never a database, whatever it is called. ".repeat(100))],
  [
    "has a broken page",
    () => {
      const database = open();
      database.sqlite.exec("CREATE TABLE filler (text TEXT)");
      const insert = database.sqlite.prepare("INSERT INTO filler VALUES (?)");
      for (let row = 0; row < 200; row++) insert.run("x".repeat(1_000));
      database.stop();
      const bytes = readFileSync(path);
      bytes.fill(0x5a, 4_096 * 3, 4_096 * 12);
      writeFileSync(path, bytes);
    },
  ],
])("a file that %s is kept aside, and a new one begun", (_what, spoil) => {
  spoil();
  const spoilt = readFileSync(path);
  const database = open();
  const keptAs = `${path}.corrupt-20261121T220304Z`;
  expect(incidents).toMatchObject([{ kind: "corrupt", keptAs }]);
  expect(readFileSync(keptAs).equals(spoilt)).toBe(true);
  expect(database.sqlite.prepare("SELECT count(*) FROM vehicles").pluck().get()).toBe(0);
  expect(database.incident).toContain(keptAs);
  database.stop();
  expect(open().incident).toBeNull();
});

test("a new folder and a new database are for their owner only, and stay so", () => {
  const below = join(dir, "data", "bridge");
  const database = new StoreDatabase(below, { onIncident: (incident) => incidents.push(incident) });
  opened.push(database);
  database.start();
  database.sqlite.exec("INSERT INTO settings VALUES ('a', '1')");
  expect(mode(below)).toBe(0o700);
  expect(readdirSync(below).map((name) => [name, mode(join(below, name))])).toEqual([
    [DATABASE_FILE, 0o600],
    [`${DATABASE_FILE}-shm`, 0o600],
    [`${DATABASE_FILE}-wal`, 0o600],
  ]);
  expect(database.exposure).toBeNull();
  expect(incidents).toEqual([]);
});

test("one that is open to others is told of, and left as its owner has it", () => {
  open().stop();
  chmodSync(path, 0o644);
  const database = open();
  const detail = `other users of this machine may open it (mode 644): chmod 600 '${path}'*`;
  expect(incidents).toEqual([{ kind: "exposed", detail }]);
  expect(database.exposure).toBe(detail);
  expect(inspectStore(dir).exposure).toBe(detail);
  expect(mode(path)).toBe(0o644);
});

test.each([
  ["SQLITE_CORRUPT", "restart"],
  ["SQLITE_CORRUPT_INDEX", "restart"],
  ["SQLITE_NOTADB", "restart"],
  ["SQLITE_IOERR_READ", "the disk reports errors"],
  ["SQLITE_IOERR_SHORT_READ", "the disk reports errors"],
  ["SQLITE_IOERR_FSYNC", "the disk reports errors"],
])("after %s nothing is read or written any more, and that is said once", (code, hint) => {
  const database = open();
  for (let n = 0; n < 2; n++) database.onError(Object.assign(new Error("what SQLite says"), { code }));
  expect(database.failure).toMatchObject({
    message: expect.stringContaining(`${code}: what SQLite says`),
    hint: expect.stringContaining(hint),
  });
  expect(() => database.sqlite).toThrow(expect.objectContaining({ code: "STORE_BROKEN", disposition: "retry" }));
  expect(incidents.map(({ kind }) => kind)).toEqual(["failed"]);
});

test.each(["SQLITE_FULL", "SQLITE_BUSY", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE", "SQLITE_CONSTRAINT_UNIQUE"])(
  "%s passes by itself: what failed is tried again",
  (code) => {
    const database = open();
    database.onError(Object.assign(new Error("what SQLite says"), { code }));
    expect(database.failure).toBeNull();
    expect(database.sqlite.open).toBe(true);
    expect(incidents).toEqual([]);
  },
);

test("while running, a lock of somebody else's is waited for a moment only", () => {
  const { sqlite } = open();
  expect(sqlite.pragma("busy_timeout", { simple: true })).toBe(BUSY_WAIT_MS);
  expect(BUSY_WAIT_MS).toBeLessThanOrEqual(250);
});

test("an inspection reads without changing anything", () => {
  expect(inspectStore(join(dir, "not", "there"))).toMatchObject({ failure: null, version: null, facts: null });
  createOldDatabase(dir, 1);
  const old = inspectStore(dir);
  expect(old).toMatchObject({ failure: null, version: 1, facts: null });
  old.close();
  open();
  const seen = inspectStore(dir);
  expect(seen).toMatchObject({ failure: null, version: SCHEMA_VERSION });
  expect(seen.facts?.vehicles.map(({ topic }) => topic)).toEqual([OLD_CAR.topic]);
  expect(() => seen.facts?.ledger.book(vehicleId("a"), NOW, "poll")).toThrow();
  seen.close();
});

test("a backup is whole, private, and taken while others write", async () => {
  const { sqlite } = open();
  const target = join(dir, "copy.db");
  sqlite.exec("INSERT INTO settings VALUES ('a', '1')");
  const { bytes } = await backupDatabase({ dataDir: dir, target, force: false });
  sqlite.exec("INSERT INTO settings VALUES ('b', '2')");
  expect(statSync(target).size).toBe(bytes);
  expect(mode(target)).toBe(0o600);
  const copy = new Database(target, { readonly: true });
  expect(copy.prepare("SELECT key FROM settings").pluck().all()).toEqual(["a"]);
  copy.close();
  expect(readdirSync(dir).filter((name) => name.includes(".part"))).toEqual([]);
});

test("a backup replaces nothing unasked", async () => {
  open();
  const target = join(dir, "copy.db");
  writeFileSync(target, "mine");
  await expect(backupDatabase({ dataDir: dir, target, force: false })).rejects.toMatchObject({ code: "BACKUP_EXISTS" });
  expect(readFileSync(target, "utf8")).toBe("mine");
  await backupDatabase({ dataDir: dir, target, force: true });
  expect(readFileSync(target).subarray(0, 6).toString()).toBe("SQLite");
  await expect(backupDatabase({ dataDir: dir, target: path, force: true })).rejects.toMatchObject({
    code: "BACKUP_EXISTS",
  });
});

test("a backup that cannot be made leaves nothing behind", async () => {
  await expect(backupDatabase({ dataDir: dir, target: join(dir, "x"), force: false })).rejects.toMatchObject({
    code: "BACKUP_SOURCE",
  });
  open();
  const nowhere = join(dir, "missing", "copy.db");
  await expect(backupDatabase({ dataDir: dir, target: nowhere, force: false })).rejects.toMatchObject({
    code: "BACKUP_FAILED",
  });
  expect(existsSync(nowhere)).toBe(false);
});
