import Database, { type Database as Sqlite } from "better-sqlite3";

/** What could be saved of a broken file. */
export interface Salvage {
  /** How many rows of each table were taken over; tables of which nothing was saved are missing. */
  readonly rows: Readonly<Record<string, number>>;
  /** Whether every booked call could be read, so that the month's count is right. */
  readonly callsAreWhole: boolean;
}

export const NOTHING_SAVED: Salvage = { rows: {}, callsAreWhole: false };

export interface Table {
  readonly name: string;
  /** Columns that hold JSON, which is parsed without question later. */
  readonly json?: readonly string[];
  /** Rows that must not be taken over. */
  readonly except?: string;
}

/** The setting that is there when booked calls could not all be read: the time at which a new file was begun. */
export const CALLS_LOST = "calls_lost_at";
/** A new file has not been held to any privacy rule yet. */
const EXCEPT_SETTINGS = "key = 'privacy_applied'";

/** Every table but the plans: without them every car is read anew. */
export const SALVAGED: readonly Table[] = [
  { name: "vehicles", json: ["data"] },
  { name: "calls" },
  { name: "ceilings" },
  { name: "settings", json: ["value"], except: EXCEPT_SETTINGS },
  { name: "commands", json: ["value", "error", "reply"] },
  { name: "incapabilities" },
  { name: "announcements", json: ["components"] },
  { name: "charging_sessions" },
  { name: "charging_ledgers", json: ["session"] },
  { name: "signals", json: ["value", "complaint", "refused"] },
  { name: "contacts", json: ["carried"] },
  { name: "problems", json: ["data"] },
  { name: "deliveries" },
  { name: "quarantine" },
  { name: "history" },
];

interface Column {
  readonly name: string;
  readonly type: string;
  readonly pk: number;
}

/**
 * Copies whatever can still be read of the broken file `from` into an open database with today's schema. Reads only;
 * never throws for what it finds there.
 *
 * @throws what SQLite throws when `into` cannot be written
 */
export function salvage(from: string, into: Sqlite): Salvage {
  const rows: Record<string, number> = {};
  const broken = openBroken(from);
  if (broken === null) return NOTHING_SAVED;
  try {
    return into.transaction(() => {
      for (const table of SALVAGED) {
        const { saved } = copyTable(broken, into, table);
        if (saved > 0) rows[table.name] = saved;
      }
      const index = copyCallsFromIndex(broken, into);
      if (index.saved > 0) rows["calls"] = (rows["calls"] ?? 0) + index.saved;
      return { rows, callsAreWhole: index.whole || isWhole(broken, "calls") };
    })();
  } finally {
    broken.close();
  }
}

/** From now on the month's calls are counted from an estimate. */
export function noteLostCalls(into: Sqlite, now: number): void {
  into.prepare("INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)").run(CALLS_LOST, JSON.stringify(now));
}

export function savedInWords({ rows, callsAreWhole }: Salvage): string {
  const told = Object.entries(rows).map(([table, count]) => `${count} ${table.replaceAll("_", " ")}`);
  const calls = callsAreWhole
    ? ""
    : "; the billed calls of this month could not all be read and are taken from an estimate";
  return `${told.length === 0 ? "nothing of the old one" : told.join(", ")}${calls}`;
}

function openBroken(path: string): Sqlite | null {
  let broken: Sqlite | undefined;
  try {
    broken = new Database(path, { readonly: true, fileMustExist: true });
    // Without the first two, SQLite reads nothing at all of a file that ends too early.
    broken.unsafeMode(true);
    broken.pragma("writable_schema = ON");
    broken.pragma("cell_size_check = ON");
    broken.prepare("SELECT count(*) FROM sqlite_schema").get();
    return broken;
  } catch {
    broken?.close();
    return null;
  }
}

interface Copied {
  readonly saved: number;
  /** Whether every row was read and made sense. */
  readonly whole: boolean;
}

/** Reads from both ends, so that what lies before a damaged page is saved as well as what lies behind it. */
function copyTable(broken: Sqlite, into: Sqlite, { name, json = [], except = "false" }: Table): Copied {
  const columns = sharedColumns(broken, into, name);
  if (columns.length === 0) return { saved: 0, whole: false };
  const names = columns.map((column) => column.name).join(", ");
  const keys = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  const insert = inserter(into, name, columns);
  return fromBothEnds((order) => {
    const by = keys.map((key) => `${key.name} ${order}`).join(", ");
    const sql = `SELECT ${names} FROM ${name} WHERE NOT (${except}) ORDER BY ${by}`;
    return copyRows(broken, sql, insert, (row) => fits(row, columns) && json.every((key) => isJson(row[key])));
  });
}

/** The index knows vehicle and time of every call, also where the table's own page is gone. */
function copyCallsFromIndex(broken: Sqlite, into: Sqlite): Copied {
  const columns = [
    { name: "id", type: "INTEGER" },
    { name: "vehicle_id", type: "TEXT" },
    { name: "at", type: "INTEGER" },
    { name: "kind", type: "TEXT" },
  ];
  const insert = inserter(into, "calls", columns);
  return fromBothEnds((order) => {
    const sql = `SELECT id, vehicle_id, at, 'poll' AS kind FROM calls INDEXED BY calls_by_vehicle
      ORDER BY vehicle_id ${order}, at ${order}`;
    return copyRows(broken, sql, insert, (row) => fits(row, columns));
  });
}

function fromBothEnds(copy: (order: "ASC" | "DESC") => Copied): Copied {
  const forwards = copy("ASC");
  return forwards.whole ? forwards : { saved: forwards.saved + copy("DESC").saved, whole: false };
}

type Row = Readonly<Record<string, unknown>>;

function inserter(into: Sqlite, table: string, columns: readonly { name: string }[]): (row: Row) => number {
  const names = columns.map(({ name }) => name);
  const statement = into.prepare(
    `INSERT OR IGNORE INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
  );
  return (row) => statement.run(...names.map((name) => row[name])).changes;
}

/** Copies row after row up to the first that cannot be read. */
function copyRows(broken: Sqlite, sql: string, insert: (row: Row) => number, isSound: (row: Row) => boolean): Copied {
  const rows = readableRows(broken, sql);
  let saved = 0;
  let whole = true;
  for (;;) {
    const next = rows.next();
    if (next.done === true) return { saved, whole: whole && next.value };
    if (isSound(next.value)) saved += insert(next.value);
    else whole = false;
  }
}

/** Apart from its use, so that only what reading throws counts as damage. Returns whether it came to the end. */
function* readableRows(broken: Sqlite, sql: string): Generator<Row, boolean> {
  let rows: IterableIterator<unknown>;
  try {
    rows = broken.prepare(sql).iterate();
  } catch {
    return false;
  }
  for (;;) {
    let next: IteratorResult<unknown>;
    try {
      next = rows.next();
    } catch {
      return false;
    }
    if (next.done === true) return true;
    yield next.value as Row;
  }
}

function sharedColumns(broken: Sqlite, into: Sqlite, table: string): readonly Column[] {
  const columnsOf = (database: Sqlite) => {
    try {
      return database.pragma(`table_info(${table})`) as Column[];
    } catch {
      return [];
    }
  };
  const old = new Set(columnsOf(broken).map(({ name }) => name));
  return columnsOf(into).filter(({ name }) => old.has(name));
}

function isWhole(broken: Sqlite, table: string): boolean {
  try {
    return broken.pragma(`integrity_check(${table})`, { simple: true }) === "ok";
  } catch {
    return false;
  }
}

/** NOT NULL is the new table's to check: what is refused there is left out. */
function fits(row: Row, columns: readonly { readonly name: string; readonly type: string }[]): boolean {
  return columns.every(({ name, type }) => {
    const value = row[name];
    if (value === null) return true;
    if (type === "TEXT") return typeof value === "string";
    return type === "INTEGER" ? Number.isSafeInteger(value) : typeof value === "number";
  });
}

function isJson(value: unknown): boolean {
  if (value === null) return true;
  try {
    JSON.parse(String(value));
    return true;
  } catch {
    return false;
  }
}
