import { execFileSync, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { Events } from "../../src/lib/events.ts";
import { backupDatabase } from "../../src/store/backup.ts";
import { DATABASE_FILE } from "../../src/store/database.ts";
import { inspectStore } from "../../src/store/inspect.ts";
import { SCHEMA_VERSION } from "../../src/store/migrations.ts";
import type { Delivery } from "../../src/vehicle/delivery.ts";
import { signalCode } from "../../src/vehicle/ids.ts";
import { Intake } from "../../src/vehicle/intake.ts";
import { hasMosquitto } from "../support/brokers.ts";
import { cleanups, folder, own } from "../support/cleanups.ts";
import { integrity } from "../support/disk.ts";
import { type Bench, openBench, startBench } from "../support/e2e-bench.ts";
import { command } from "../support/e2e-commands.ts";
import { readiness } from "../support/e2e-readiness.ts";
import { atHand, installed } from "../support/installed.ts";
import { batch, CAR, observation, T0 } from "../support/observations.ts";
import { createOldDatabase, OLD_CAR, oldRows } from "../support/old-database.ts";
import { type Program, startProgram } from "../support/program.ts";
import { tempStore } from "../support/temp-store.ts";

/** Whether a file system of our own may be mounted: as root, in most containers for tests. */
const canMount = (() => {
  const path = mkdtempSync(join(tmpdir(), "mount-probe-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", path]).status === 0;
  if (mounted) execFileSync("umount", [path]);
  rmSync(path, { recursive: true, force: true });
  if (!mounted) process.stderr.write("\n*** no mount: the tests with a full and a read-only disk are SKIPPED ***\n\n");
  return mounted;
})();

const hasPrlimit = atHand(installed(["prlimit"]), "prlimit", "the test with no more files");

/** A small disk of its own. */
function disk(size: string): string {
  const path = folder();
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path]);
  cleanups.push(() => execFileSync("umount", ["-l", path]));
  return path;
}

/** Takes all the space that is left; the returned function gives it back. */
function fillUp(path: string): () => void {
  const file = join(path, "ballast");
  const handle = openSync(file, "w");
  try {
    for (let block = Buffer.alloc(65_536); block.length > 0; ) {
      try {
        if (writeSync(handle, block) < block.length) throw new Error("full");
      } catch {
        block = block.subarray(0, Math.floor(block.length / 2));
      }
    }
  } finally {
    closeSync(handle);
  }
  return () => rmSync(file);
}

const soc = (value: number) => ({ code: "tractionbattery-stateofcharge", body: { value, unit: "percent" } });

async function delivered(bench: Bench, value: number): Promise<number | null | undefined> {
  const [answer] = await bench.simulator.deliver({ signals: [soc(value)] });
  return answer?.status;
}

async function shows(bench: Bench, value: number): Promise<void> {
  await bench.seen.until(({ topic, payload }) => topic === "smartcar/test-a/battery" && payload === String(value));
}

/** A program that waits for its data directory: what it says about that, once it shows its page. */
async function waiting(dataDir: string): Promise<{ program: Program; text: string; disk: object | undefined }> {
  const program = await startProgram({ env: ALONE, dataDir, dontWait: true });
  cleanups.push(() => program.close());
  await program.line(({ msg }) => msg.startsWith("waiting for the data directory"));
  const answer = await fetch(`${program.privateUrl}/api/chain`);
  const { links } = (await answer.json()) as { links: { name: string; status: string }[] };
  // Another pipe than the log's, so that it may come later.
  await program.printed(/^[^{\n]+$/m);
  expect(program.said).toHaveLength(1);
  return { program, text: program.said.join("\n"), disk: links.find(({ name }) => name === "disk") };
}

const ALONE = {
  SMARTCAR_CLIENT_ID: "client_simulator",
  SMARTCAR_CLIENT_SECRET: "simulator-secret",
  SMARTCAR_IAM_URL: "http://127.0.0.1:9",
  MQTT_URL: "mqtt://127.0.0.1:9",
};

describe.skipIf(!canMount || !hasMosquitto())("a disk that is full", () => {
  it("has deliveries refused with 503 and commands with a reason; with space again all goes on", async () => {
    const dataDir = disk("3m");
    const bench = own(await openBench({ dataDir, env: { POLLING_MODE: "never" } }));
    const program = await bench.start();
    await bench.shown();
    expect(await delivered(bench, 51)).toBe(200);
    await shows(bench, 51);

    const giveBack = fillUp(dataDir);
    // SQLite may still have room in what it has taken before.
    let refused = 0;
    for (let n = 0; n < 400 && refused < 3; n++) {
      const signals = [{ code: "filler", body: { value: "x".repeat(20_000), n } }];
      const [answer] = await bench.simulator.deliver({ signals });
      expect([200, 503]).toContain(answer?.status);
      if (answer?.status === 503) refused++;
    }
    expect(refused).toBe(3);
    // Not carried out, since nobody could tell later whether it was; but answered.
    const full = await command(bench, "a", "charge_limit", 80, { id: "on-a-full-disk" });
    expect(full.status).toBe("rejected");
    expect(bench.requests("vehicle-a", "set-limit")).toEqual([]);
    expect((await fetch(`${program.privateUrl}/healthz`)).status).toBe(200);

    giveBack();
    expect(await delivered(bench, 52)).toBe(200);
    await shows(bench, 52);
    expect(await command(bench, "a", "charge_limit", 70)).toMatchObject({ status: "succeeded" });
    expect(program.lines.filter(({ level }) => level === "fatal")).toEqual([]);
    await bench.end("SIGKILL");
    expect(integrity(join(dataDir, DATABASE_FILE))).toBe("ok");
  });

  it("that is read-only at the start is told in a sentence with path and user; writable again, it is used", async () => {
    const dataDir = disk("1m");
    execFileSync("mount", ["-o", "remount,ro", dataDir]);
    const { program, text, disk: link } = await waiting(dataDir);
    expect(link).toMatchObject({ status: "failed" });
    expect(text).toContain(join(dataDir, DATABASE_FILE));
    expect(text).toContain(`uid ${process.getuid?.()}`);
    expect(text).toMatch(/read-only|EROFS/i);
    execFileSync("mount", ["-o", "remount,rw", dataDir]);
    await program.line(({ msg }) => msg === "started");
  });
});

describe("a database that may not grow", () => {
  // The same as a full disk, where nothing can be mounted.
  it("keeps what it has, refuses deliveries, and goes on when it may grow again", async () => {
    const { store, reopen, remove } = tempStore();
    cleanups.push(remove);
    const intake = () =>
      new Intake({
        store: store.states,
        events: new Events(() => undefined),
        isKnown: () => true,
        isIgnored: () => false,
        privacyOf: () => "exact",
        accepts: () => false,
      });
    const first = intake();
    const large = (eventId: string) => delivery(eventId, "x".repeat(500_000));
    expect(await first.accept(delivery("before", "small"))).toBe("stored");
    const { sqlite } = store.database;
    sqlite.pragma(`max_page_count = ${Number(sqlite.pragma("page_count", { simple: true }))}`);
    await expect(first.accept(large("during"))).rejects.toMatchObject({ code: "STORE_FAILED", disposition: "retry" });
    expect(first.state(CAR).signals.get(FILLER)?.value?.body?.["id"]).toBe("before");
    sqlite.pragma("max_page_count = 1000000");
    expect(await first.accept(large("during"))).toBe("stored");
    const { states } = reopen();
    expect(states.loadStates().get(CAR)?.signals.get(FILLER)?.value?.body?.["id"]).toBe("during");
    expect(states.knowsDelivery("before")).toBe(true);
  });
});

describe.skipIf(!hasMosquitto())("a database that somebody else has locked", () => {
  it("is waited for, has deliveries refused with 503, and goes on when it is free", async () => {
    const bench = own(await startBench({ env: { POLLING_MODE: "never" } }));
    await bench.shown();
    const other = new Database(join(bench.dataDir, DATABASE_FILE));
    cleanups.push(() => other.close());
    other.exec("BEGIN IMMEDIATE");
    expect(await delivered(bench, 61)).toBe(503);
    // Reading goes on meanwhile, for everybody.
    expect((await readiness(bench)).status).toBe(200);
    expect(inspectStore(bench.dataDir)).toMatchObject({ failure: null, version: SCHEMA_VERSION });
    const copy = join(folder(), "copy.db");
    await backupDatabase({ dataDir: bench.dataDir, target: copy, force: false });
    expect(integrity(copy)).toBe("ok");
    other.exec("ROLLBACK");
    expect(await delivered(bench, 62)).toBe(200);
    await shows(bench, 62);
    expect(await command(bench, "a", "charge_limit", 70)).toMatchObject({ status: "succeeded" });
  });

  it("has the start wait, with a sentence that says so, and go on when it is free", async () => {
    const dataDir = folder();
    const other = new Database(join(dataDir, DATABASE_FILE));
    cleanups.push(() => other.close());
    other.pragma("locking_mode = EXCLUSIVE");
    other.exec("BEGIN EXCLUSIVE; CREATE TABLE mine (x); COMMIT;");
    const { program, text, disk: link } = await waiting(dataDir);
    expect(link).toMatchObject({ status: "failed" });
    expect(text).toContain("SQLITE_BUSY");
    expect(text).toMatch(/another (program|process|smartcar2mqtt)/i);
    expect(text).not.toContain("chown");
    other.close();
    await program.line(({ msg }) => msg === "started");
  });
});

describe.skipIf(!hasMosquitto())("an upgrade", () => {
  it.each(Array.from({ length: SCHEMA_VERSION - 1 }, (_, index) => ({ version: index + 1 })))(
    "from schema $version keeps a copy first, and loses nothing",
    async ({ version }) => {
      const dataDir = folder();
      createOldDatabase(dataDir, version);
      const file = join(dataDir, DATABASE_FILE);
      const before = oldRows(file);
      const program = own(await startProgram({ env: { ...ALONE, POLLING_MODE: "never" }, dataDir }));
      await program.close();
      expect(oldRows(file)).toEqual(before);
      expect(schemaOf(file)).toBe(SCHEMA_VERSION);
      expect(integrity(join(dataDir, DATABASE_FILE))).toBe("ok");
      const copy = `${file}.v${version}`;
      expect(schemaOf(copy)).toBe(version);
      expect(oldRows(copy)).toEqual(before);
    },
  );

  it("shows at once what an old database knew", async () => {
    const bench = own(await openBench({ cars: [], smartcar: "down", webhook: false, env: { POLLING_MODE: "never" } }));
    createOldDatabase(bench.dataDir, 1);
    await bench.start();
    await bench.seen.until(({ topic, payload }) => topic === `smartcar/${OLD_CAR.topic}/battery` && payload === "44");
  });

  it("backwards is refused in a sentence, and changes nothing", async () => {
    const dataDir = folder();
    createOldDatabase(dataDir, SCHEMA_VERSION);
    const file = join(dataDir, DATABASE_FILE);
    const db = new Database(file);
    db.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
    db.close();
    const program = own(await startProgram({ env: ALONE, dataDir, dontWait: true }));
    expect(await program.exit).toEqual({ code: 1, signal: null });
    const [text = "", ...more] = program.said;
    expect(more).toEqual([]);
    expect(text).toContain("newer smartcar2mqtt");
    expect(text).toMatch(/backup/);
    expect(schemaOf(file)).toBe(SCHEMA_VERSION + 1);
    expect(readdirSync(dataDir).filter((name) => name.includes("corrupt"))).toEqual([]);
  });
});

describe("a machine without a name service", () => {
  it("has the program running, saying what it cannot find, and taking deliveries in", async () => {
    const bench = own(await openBench({ broker: "aedes", webhook: false }));
    const url = "http://no-such-host.invalid";
    const env = { ...bench.environment, MQTT_URL: "mqtt://no-such-host.invalid:1883", SMARTCAR_IAM_URL: url };
    const program = own(await startProgram({ env }));
    await program.line(({ msg }) => msg === "smartcar login failed");
    await program.line(({ msg }) => msg === "no MQTT session");
    const parts = (await (await fetch(`${program.privateUrl}/readyz`)).json()) as {
      parts: Record<string, { ok: boolean; detail: string }>;
    };
    expect(parts.parts["mqtt"]).toMatchObject({ ok: false, detail: expect.stringContaining("no-such-host.invalid") });
    expect(parts.parts["smartcar"]).toMatchObject({ ok: false, detail: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/) });
    const [answer] = await bench.simulator.deliver({ url: program.webhookUrl, signals: [soc(50)] });
    expect(answer?.status).toBe(200);
    expect((await fetch(`${program.privateUrl}/healthz`)).status).toBe(200);
  });
});

describe.skipIf(!hasPrlimit || !hasMosquitto())("a process that may open no more files", () => {
  it("survives a flood of connections, and goes on when they are gone", async () => {
    const bench = own(await startBench({ env: { POLLING_MODE: "never" } }));
    await bench.shown();
    const { program } = bench;
    const open = readdirSync(`/proc/${program.pid}/fd`).length;
    execFileSync("prlimit", ["--pid", String(program.pid), `--nofile=${open + 6}:${open + 6}`]);
    const port = Number(new URL(program.publicUrl).port);
    const flood: Socket[] = Array.from({ length: 60 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
    cleanups.push(() => {
      for (const socket of flood) socket.destroy();
    });
    const closed = flood.map((socket) => new Promise<void>((resolve) => socket.once("close", () => resolve())));
    // The limit is reached when connections are cut off that nobody closed.
    await Promise.any(closed);
    // Each is gone when the program has closed its end, too.
    for (const socket of flood) socket.resume().end();
    await Promise.all(closed);
    expect(await delivered(bench, 71)).toBe(200);
    await shows(bench, 71);
    expect(await command(bench, "a", "charge_limit", 70)).toMatchObject({ status: "succeeded" });
    expect(program.lines.filter(({ level }) => level === "fatal")).toEqual([]);
    expect((await readiness(bench)).status).toBe(200);
  });
});

const FILLER = signalCode("filler");
let told = 0;

function delivery(eventId: string, text: string): Delivery {
  const at = T0 + ++told;
  const fact = observation({ code: FILLER, body: { id: eventId, text }, oemUpdatedAt: at });
  return { eventId, eventType: "VEHICLE_STATE", receivedAt: at, batch: batch([fact]), unusable: null, raw: "{}" };
}

function schemaOf(file: string): unknown {
  const db = new Database(file, { readonly: true });
  try {
    return db.pragma("user_version", { simple: true });
  } finally {
    db.close();
  }
}
