import { readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { DATABASE_FILE } from "../../src/store/database.ts";
import { hasMosquitto } from "../support/brokers.ts";
import { own } from "../support/cleanups.ts";
import { breakTableInUse, integrity, overwrite } from "../support/disk.ts";
import { type Bench, startBench } from "../support/e2e-bench.ts";
import { command, give, resultOf, resultsOf } from "../support/e2e-commands.ts";

const fileOf = (bench: Bench) => join(bench.dataDir, DATABASE_FILE);
const keptOf = (bench: Bench) =>
  readdirSync(bench.dataDir).filter((name) => /\.corrupt-[\dTZ]+$/.test(name) && name.startsWith(DATABASE_FILE));
const soc = (value: number) => ({ code: "tractionbattery-stateofcharge", body: { value, unit: "percent" } });

async function delivered(bench: Bench, value: number): Promise<number | null | undefined> {
  const [answer] = await bench.simulator.deliver({ signals: [soc(value)] });
  return answer?.status;
}

/** Resolves once the bridge shows at least so many calls of this month. */
async function showsCalls(bench: Bench, least: number): Promise<void> {
  await bench.seen.until(
    ({ topic, payload }) => topic === "smartcar/test-a/polling" && JSON.parse(payload).calls_used >= least,
  );
}

function bookedCalls(file: string): number {
  const db = new Database(file, { readonly: true });
  try {
    return Number(db.prepare("SELECT count(*) FROM calls").pluck().get());
  } finally {
    db.close();
  }
}

/** A bench that has spent some calls, stopped in order. */
async function stoppedBench(): Promise<{ bench: Bench; calls: number }> {
  // However late in the month, an estimate leaves something to read with.
  const env = { POLLING_MONTHLY_BUDGET: "100000", POLLING_COMMAND_RESERVE: "0" };
  const bench = own(await startBench({ webhook: false, env }));
  await bench.shown();
  await bench.program.line(({ msg }) => msg === "vehicle read");
  for (const limit of [70, 80, 90]) {
    expect(await command(bench, "a", "charge_limit", limit, { id: `limit-${limit}` })).toMatchObject({
      status: "succeeded",
    });
  }
  await bench.end("SIGTERM");
  bench.seen.clear();
  return { bench, calls: bookedCalls(fileOf(bench)) };
}

describe.skipIf(!hasMosquitto())("a database that is broken at the start", () => {
  it.each([
    { name: "from its first byte", spoil: (file: string) => overwrite(file, 0, 40_000), saved: false },
    { name: "in its first page only", spoil: (file: string) => overwrite(file, 0, 100), saved: false },
    { name: "in the middle", spoil: (file: string) => overwrite(file, 4_096 * 3, 4_096), saved: true },
    { name: "by its end being cut off", spoil: (file: string) => truncateSync(file, 4_096 * 20), saved: true },
  ])("$name is kept aside, a new one begun with what can be read, and said loudly", async ({ spoil, saved }) => {
    const { bench, calls } = await stoppedBench();
    spoil(fileOf(bench));
    const before = bench.requests("vehicle-a", "/signals").length;

    const program = await bench.start();
    await bench.shown();
    const [kept = "none"] = keptOf(bench);
    expect(keptOf(bench)).toHaveLength(1);
    const told = program.lines.filter((line) => JSON.stringify(line).includes(kept));
    expect(told.map(({ level }) => level)).toContain("error");
    const replaced = await bench.seen.until(({ payload }) => payload.includes("database_replaced"));
    expect(JSON.parse(replaced.payload)).toMatchObject({ calls_counted: saved });
    // The state is read anew, with one call.
    await program.line(({ msg }) => msg === "vehicle read");
    expect(bench.requests("vehicle-a", "/signals").length).toBe(before + 1);
    // What was spent before still counts: as it was booked, or as much as polling may have spent by now.
    expect(bookedCalls(fileOf(bench))).toBe(saved ? calls + 1 : 1);
    await showsCalls(bench, calls + 1);
    expect(program.output().includes("could not all be read")).toBe(!saved);
    // A command that was carried out before is not carried out again under the same id.
    const limits = bench.requests("vehicle-a", "set-limit").length;
    if (saved) {
      await give(bench, "a", "charge_limit", 90, { id: "limit-90" });
      await bench.seen.untilAll(() => resultsOf(bench, "limit-90").length > 0);
      expect(bench.requests("vehicle-a", "set-limit").length).toBe(limits);
    }
    expect(await command(bench, "a", "charge_limit", 75)).toMatchObject({ status: "succeeded" });
    await bench.end("SIGTERM");
    expect(integrity(fileOf(bench))).toBe("ok");
  });
});

describe.skipIf(!hasMosquitto())("a database that breaks while it is used", () => {
  it("is said everywhere, ends the program in order with 1, and the next start mends it", async () => {
    const bench = own(await startBench({ env: { POLLING_MODE: "never" } }));
    await bench.shown();
    expect(await command(bench, "a", "charge_limit", 70, { id: "before" })).toMatchObject({ status: "succeeded" });
    // The car's own delivery about it has come by then, and no other follows.
    expect(await resultOf(bench, "before", 2)).toMatchObject({ confirmed: true });
    const calls = bookedCalls(fileOf(bench));
    const { program } = bench;
    breakTableInUse(fileOf(bench), "deliveries");
    expect(await delivered(bench, 61)).toBe(503);
    const { code } = await program.exit;
    expect(code).toBe(1);

    const fatal = program.lines.filter(({ level }) => level === "fatal");
    expect(fatal).toHaveLength(1);
    expect(fatal[0]).toMatchObject({ reason: expect.stringContaining("SQLITE_CORRUPT"), fix: expect.any(String) });
    expect(program.lines.at(-1)).toMatchObject({ msg: "stopped" });
    // The last that it says.
    await bench.seen.until(({ topic, payload }) => topic === "smartcar/bridge/state" && payload === "offline");
    expect(bench.seen.messages.filter(({ payload }) => payload.includes("database_failed"))).toHaveLength(1);
    const info = JSON.parse(bench.seen.current().get("smartcar/bridge/info") ?? "null");
    expect(info.links).toContainEqual(
      expect.objectContaining({ name: "disk", status: "failed", fix: expect.stringContaining("restart") }),
    );

    bench.seen.clear();
    await bench.start();
    await bench.shown();
    expect(keptOf(bench)).toHaveLength(1);
    expect(bookedCalls(fileOf(bench))).toBe(calls);
    expect(await delivered(bench, 62)).toBe(200);
    await bench.seen.until(({ topic, payload }) => topic === "smartcar/test-a/battery" && payload === "62");
    await bench.end("SIGTERM");
    expect(integrity(fileOf(bench))).toBe("ok");
  });
});
