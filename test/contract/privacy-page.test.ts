import { readFileSync } from "node:fs";
import { join } from "node:path";
import Database, { type Database as Sqlite } from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { migrate } from "../../src/store/migrations.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/privacy.md"), "utf8");
const ID = "36ab27d0-0000-4000-8000-000000000000";

/** What a removed car leaves behind is deleted by hand; this is what the bridge deletes itself. */
const WITH_THE_CAR = ["vehicles", "signals", "contacts", "problems", "plans", "incapabilities"];

interface Column {
  readonly table: string;
  readonly name: string;
  readonly type: string;
}

function freshDatabase(): { readonly sqlite: Sqlite; readonly columns: readonly Column[] } {
  const sqlite = new Database(":memory:");
  migrate(sqlite);
  const columns = sqlite
    .prepare(
      `SELECT m.name AS "table", c.name, c.type FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'`,
    )
    .all() as Column[];
  return { sqlite, columns };
}

const tablesOf = (columns: readonly Column[]) => [...new Set(columns.map(({ table }) => table))];

describe("docs/privacy.md", () => {
  it("names every table, and no other", () => {
    const section = page.split("## What is kept, and how long\n")[1]?.split("\n## ")[0] ?? "";
    const rows = section.split("\n").filter((line) => line.startsWith("| `"));
    const named = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(named.sort()).toEqual(tablesOf(freshDatabase().columns).sort());
  });

  it("erases a car from every table that the bridge does not clear itself, and leaves the others alone", () => {
    const { sqlite, columns } = freshDatabase();
    const about = tablesOf(columns.filter(({ name }) => name === "vehicle_id")).filter(
      (table) => !WITH_THE_CAR.includes(table),
    );
    const fill = (table: string, id: string) => {
      const its = columns.filter((column) => column.table === table);
      const values = its.map(({ name, type }) => (name === "vehicle_id" ? id : type === "TEXT" ? `${id}-x` : null));
      const row = its.map(({ name, type }, index) => [name, values[index] ?? (type === "INTEGER" ? id.length : 1)]);
      const names = row.map(([name]) => name).join(", ");
      const marks = row.map(() => "?").join(", ");
      sqlite.prepare(`INSERT INTO ${table} (${names}) VALUES (${marks})`).run(...row.map(([, value]) => value));
    };
    for (const table of about) for (const id of [ID, "another-car"]) fill(table, id);
    const sql = /```sql\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
    sqlite.exec(sql.replaceAll("VEHICLE_ID", ID));
    const left = about.flatMap((table) => sqlite.prepare(`SELECT vehicle_id FROM ${table}`).pluck().all());
    expect(about.length).toBeGreaterThan(5);
    expect(left).toEqual(about.map(() => "another-car"));
  });
});
