import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Announced } from "../../../src/bridge/discovery.ts";
import type { Execution } from "../../../src/commands/execution.ts";
import { NO_REPLY_ADDRESS } from "../../../src/commands/request.ts";
import { hours } from "../../../src/lib/duration.ts";
import { Budget } from "../../../src/scheduler/budget.ts";
import { NEW_PLAN, type Plan } from "../../../src/scheduler/plan.ts";
import { DATABASE_FILE, type StoreIncident } from "../../../src/store/database.ts";
import { SALVAGED } from "../../../src/store/salvage.ts";
import { openStore, type Store } from "../../../src/store/store.ts";
import { signalCode, vehicleId } from "../../../src/vehicle/ids.ts";
import { EMPTY_STATE } from "../../../src/vehicle/state.ts";
import { car } from "../../support/cars.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { observation } from "../../support/observations.ts";

const NOW = Date.UTC(2026, 10, 16);
const A = vehicleId("vehicle-a");
const B = vehicleId("vehicle-b");
const LIMITS = { monthly: 500, reserve: 50 };
/** Half of November is over, and so is half of the budget. */
const ESTIMATE = 250;
const PAGE = 4_096;

let dir: string;
let path: string;
let store: Store<Plan, Execution, Announced>;
const clock = new FakeClock(NOW);
const incidents: StoreIncident[] = [];

function open(): void {
  store = openStore<Plan, Execution, Announced>(dir, { clock, onIncident: (incident) => incidents.push(incident) });
  store.database.start();
}

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "smartcar2mqtt-salvage-"));
  path = join(dir, DATABASE_FILE);
  incidents.length = 0;
  open();
  fill();
  store.database.stop();
});
afterEach(() => {
  store.database.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Two cars with 300 and 200 calls this month, and enough of everything else for several pages. */
function fill(): void {
  store.vehicles.save(car({ id: A, topic: "car-a" }));
  store.vehicles.save(car({ id: B, topic: "car-b" }));
  for (let n = 0; n < 300; n++) store.ledger.book(A, NOW - hours(n), "poll");
  for (let n = 0; n < 200; n++) store.ledger.book(B, NOW - hours(n), "command");
  store.plans.save(A, NEW_PLAN);
  const value = observation({ code: signalCode("odometer"), body: { value: 7 } });
  const signals = new Map([[value.code, { code: value.code, value, complaint: null, refused: null }]]);
  store.states.commit(() => ({
    deliveries: [{ eventId: "event-1", receivedAt: NOW }],
    quarantine: [],
    released: [],
    changes: [
      {
        vehicleId: A,
        previous: EMPTY_STATE,
        state: { ...EMPTY_STATE, signals },
        codes: new Set([value.code]),
        raised: [],
        cleared: [],
      },
    ],
  }));
  store.settings.write("polling_changes", { "*": { mode: "never" } });
  store.settings.write("privacy_applied", "exact");
  for (let n = 0; n < 100; n++) {
    store.executions.add({
      id: `command-${n}`,
      vehicleId: A,
      topic: "car-a",
      command: "charge_limit",
      value: 80,
      state: "succeeded",
      confirmed: true,
      error: null,
      requestedAt: NOW - hours(n),
      sentAt: NOW - hours(n),
      completedAt: NOW - hours(n),
      calls: 1,
      reply: NO_REPLY_ADDRESS,
    });
  }
}

/** Overwrites pages of a table or an index, of one kind. */
function damage(name: string, which: (pages: number[]) => number[], pagetype = "leaf"): void {
  const db = new Database(path, { readonly: true });
  const sql = "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = ? ORDER BY pageno";
  const pages = which(db.prepare(sql).pluck().all(name, pagetype) as number[]);
  db.close();
  expect(pages).not.toEqual([]);
  const bytes = readFileSync(path);
  for (const page of pages) bytes.fill(0xa5, (page - 1) * PAGE, page * PAGE);
  writeFileSync(path, bytes);
}

const used = (id = A) => new Budget(clock, store.ledger, LIMITS).view(id);
const corrupt = () => incidents.filter((incident) => incident.kind === "corrupt");

describe("what is saved of a broken file", () => {
  it("is every call when a page of their table is gone, since the index knows them too", () => {
    damage("calls", ([first = 0]) => [first]);
    open();
    expect(corrupt()).toMatchObject([{ saved: { callsAreWhole: true, rows: { calls: 500, vehicles: 2 } } }]);
    expect(used(A)).toMatchObject({ used: 300, remaining: 200 });
    expect(used(B)).toMatchObject({ used: 200, remaining: 300 });
    expect(used(A).estimated).toBeUndefined();
  });

  it("is every call when a page of their index is gone", () => {
    damage("calls_by_vehicle", (pages) => pages.slice(-1));
    open();
    expect(used(A).used + used(B).used).toBeGreaterThanOrEqual(500);
    expect(corrupt()).toMatchObject([{ saved: { rows: { calls: 500 } } }]);
  });

  it("counts on the safe side, and says so, when table and index both are damaged", () => {
    damage("calls", (pages) => pages);
    damage("calls_by_vehicle", (pages) => pages);
    open();
    expect(corrupt()).toMatchObject([{ saved: { callsAreWhole: false, rows: { vehicles: 2, commands: 100 } } }]);
    expect(store.database.incident).toMatch(/billed calls of this month could not all be read.*estimate/);
    expect(used(A)).toMatchObject({ used: ESTIMATE, remaining: 250, forPolling: 200, estimated: true });
    // What is booked from now on comes on top.
    store.ledger.book(A, clock.now(), "poll");
    expect(used(A).used).toBe(ESTIMATE + 1);
    expect(used(vehicleId("never-seen")).used).toBe(ESTIMATE);
  });

  it("never counts fewer than were read, and leaves commands their reserve", () => {
    const late = new FakeClock(Date.UTC(2026, 10, 30));
    for (const [id, count] of [
      [A, 0],
      [B, 480],
    ] as const) {
      const ledger = {
        ...nothingBooked,
        countSince: (_: string, since: number) => (since === late.now() ? 0 : count),
        lostAt: () => late.now(),
      };
      expect(new Budget(late, ledger, LIMITS).view(id)).toMatchObject({ used: Math.max(count, 450) });
    }
  });

  it("forgets the estimate when the month turns", () => {
    damage("calls", (pages) => pages);
    damage("calls_by_vehicle", (pages) => pages);
    open();
    const december = new FakeClock(Date.UTC(2026, 11, 2));
    expect(new Budget(december, store.ledger, LIMITS).view(A)).toEqual({
      used: 0,
      remaining: 500,
      forPolling: 450,
      budget: 500,
      resetsAt: Date.UTC(2027, 0, 1),
    });
  });

  it.each([
    ["its header is zeroed", () => writeFileSync(path, readFileSync(path).fill(0, 0, 100))],
    ["its first page is gone", () => writeFileSync(path, readFileSync(path).fill(0x20, 0, PAGE))],
    ["it is empty", () => truncateSync(path, 0)],
    [
      "only its log is left",
      () => {
        rmSync(path);
        writeFileSync(`${path}-wal`, "left");
      },
    ],
  ])("is nothing when %s: the count is unknown, on the safe side", (_what, spoil) => {
    spoil();
    open();
    expect(corrupt()).toMatchObject([{ saved: { rows: {}, callsAreWhole: false } }]);
    expect(used(A)).toMatchObject({ used: ESTIMATE, estimated: true });
    expect(store.vehicles.list()).toEqual([]);
  });

  it("is what lies before the end of a file that was cut off", () => {
    const whole = readFileSync(path);
    truncateSync(path, Math.floor(whole.length / PAGE / 2) * PAGE);
    open();
    expect(corrupt()).toMatchObject([{ saved: { callsAreWhole: false, rows: { vehicles: 2 } } }]);
    for (const id of [A, B]) expect(used(id)).toMatchObject({ estimated: true });
    expect(used(A).used).toBeGreaterThanOrEqual(ESTIMATE);
    expect(used(B).used).toBeGreaterThanOrEqual(ESTIMATE);
  });

  it("is everything but the plans when what broke is another table", () => {
    damage("history", ([first = 0]) => [first]);
    open();
    expect(store.vehicles.list().map(({ topic }) => topic)).toEqual(["car-a", "car-b"]);
    expect(store.settings.read("polling_changes")).toEqual({ "*": { mode: "never" } });
    // A new file has not been held to any privacy rule yet.
    expect(store.settings.read("privacy_applied")).toBeUndefined();
    expect(store.executions.findById("command-7", 0)).toMatchObject({ state: "succeeded", value: 80 });
    expect(used(A).used).toBe(300);
    expect(store.states.loadStates().get(A)?.signals.get(signalCode("odometer"))?.value?.body).toEqual({ value: 7 });
    expect(store.states.knowsDelivery("event-1")).toBe(true);
    // So that every car is read anew.
    expect(store.plans.load().size).toBe(0);
  });

  it("knows every table there is", () => {
    open();
    const sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    const tables = store.database.sqlite.prepare(sql).pluck().all();
    expect([...SALVAGED.map(({ name }) => name), "plans"].sort()).toEqual(tables);
  });

  it("includes rows on both sides of a damaged page", () => {
    damage("commands", (pages) => [pages[Math.floor(pages.length / 2)] ?? 0]);
    open();
    expect(store.executions.findById("command-0", 0)).toBeDefined();
    expect(store.executions.findById("command-99", 0)).toBeDefined();
    const { commands = 0 } = corrupt()[0]?.saved.rows ?? {};
    expect(commands).toBeGreaterThan(50);
    expect(commands).toBeLessThan(100);
  });

  it("includes what only the log beside it holds", () => {
    open();
    store.ledger.book(A, NOW, "poll");
    // As a kill leaves it: the log not yet worked into the file.
    const [file, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
    store.database.stop();
    writeFileSync(path, file);
    writeFileSync(`${path}-wal`, log);
    damageFile("history");
    open();
    expect(corrupt()).toHaveLength(1);
    expect(used(A).used).toBe(301);
  });
});

describe("a start that was cut short while it replaced a broken file", () => {
  it("goes on with what was saved", () => {
    damage("calls", ([first = 0]) => [first]);
    open();
    store.database.stop();
    // As if it had ended right after the broken file was moved, with a log of its own left beside it.
    const saved = readFileSync(path);
    rmSync(path);
    writeFileSync(`${path}.new`, saved, { mode: 0o600 });
    writeFileSync(`${path}-wal`, "the broken file's log");
    open();
    expect(used(A).used).toBe(300);
    expect(readdirSync(dir).filter((name) => name.endsWith(".new"))).toEqual([]);
  });

  it("begins again when nothing was ready", () => {
    damage("calls", ([first = 0]) => [first]);
    writeFileSync(`${path}.new.part`, "half");
    writeFileSync(`${path}.new`, "of an earlier attempt");
    open();
    expect(used(A).used).toBe(300);
    expect(readdirSync(dir).filter((name) => name.includes(".new"))).toEqual([]);
  });

  it("keeps two broken files of the same second apart", () => {
    for (let round = 0; round < 2; round++) {
      damage("calls", ([first = 0]) => [first]);
      open();
      store.database.stop();
    }
    const kept = readdirSync(dir).filter((name) => /\.corrupt-\w+(-\d+)?$/.test(name));
    expect(kept).toHaveLength(2);
  });
});

const nothingBooked = {
  book: () => 1,
  refund: () => undefined,
  countSince: () => 0,
  ceilingAt: () => null,
  setCeiling: () => undefined,
};

function damageFile(table: string): void {
  // Looked up in a copy: opening the file itself would work its log in.
  const copy = join(dir, "copy");
  mkdirSync(copy);
  writeFileSync(join(copy, "copy.db"), readFileSync(path));
  const db = new Database(join(copy, "copy.db"), { readonly: true });
  const page = Number(db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = ?").pluck().get(table));
  db.close();
  rmSync(copy, { recursive: true });
  const bytes = readFileSync(path);
  bytes.fill(0xa5, (page - 1) * PAGE, page * PAGE);
  writeFileSync(path, bytes);
}
