import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { DATABASE_FILE } from "../../src/store/database.ts";
import { SCHEMA_VERSION } from "../../src/store/migrations.ts";
import { watch } from "../../test/support/mqtt-watch.ts";
import { createOldDatabase, oldRows } from "../../test/support/old-database.ts";
import type { Program } from "../../test/support/program.ts";
import { between, seeded } from "../economy/random.ts";
import { type Disk, letTimePass, readDisk } from "./disk.ts";
import { Load } from "./load.ts";
import { Oracle } from "./oracle.ts";
import { openWorld, type World } from "./world.ts";

/** What the program was doing when it was killed. */
export type Moment = "start" | "load" | "shutdown" | "migration";

export interface Kill {
  readonly kill: number;
  readonly during: Moment;
  /** Milliseconds after it was started, was under load, or was told to stop. */
  readonly afterMs: number;
  readonly acknowledged: number;
  readonly commands: number;
}

export interface CrashReport {
  readonly kills: number;
  readonly during: Readonly<Record<Moment, number>>;
  readonly orderlyStops: number;
  readonly deliveries: number;
  readonly acknowledged: number;
  /** Acknowledged deliveries that are not in the state. */
  readonly lost: number;
  readonly commands: number;
  /** Commands that reached the program's audit table, and calls that reached Smartcar for them. */
  readonly audited: number;
  readonly sent: number;
  readonly doubled: number;
  /** Audited commands without a result, and those with two different ones. */
  readonly unanswered: number;
  readonly contradicted: number;
  readonly integrity: string;
  readonly bookedCalls: number;
  readonly billedCalls: number;
  readonly undercounted: number;
  /** Retained topics at the end, and how many of them are not what the state says. */
  readonly retained: number;
  readonly wrongTopics: number;
  readonly seed: number;
  readonly seconds: number;
  readonly ok: boolean;
  readonly violations: readonly string[];
}

export interface CrashOptions {
  readonly kills: number;
  readonly seed: number;
  /** How long it is under load at the most before something happens to it; default 900. */
  readonly longestLoadMs?: number;
  readonly onKill?: (kill: Kill) => void;
}

const STARTED_LIMIT_MS = 20_000;
/** Time passes for the program's own limits so often; other starts find the database as the kill left it. */
const TIME_PASSES_EVERY = 3;
/** What belongs to the running program, or moves with time. */
const OWN_TOPICS = /\/(polling|info|availability|problem|event|result|set)$|^smartcar\/bridge\//;

/** Kills the real program at random moments under load, and looks each time at what it left. */
export async function runCrashes(options: CrashOptions): Promise<CrashReport> {
  const { kills, seed, onKill, longestLoadMs = 900 } = options;
  const random = seeded(seed);
  // Of their own, so that the moments of the kills do not hang on how often the load asked.
  const world = await openWorld(seeded(seed + 1));
  try {
    return await new Crashes(world, random, seed, longestLoadMs).run(kills, onKill);
  } finally {
    await world.close();
  }
}

class Crashes {
  readonly #world: World;
  readonly #random: () => number;
  readonly #seed: number;
  readonly #longestLoadMs: number;
  readonly #oracle: Oracle;
  readonly #load: Load;
  readonly #violations: string[] = [];
  readonly #during: Record<Moment, number> = { start: 0, load: 0, shutdown: 0, migration: 0 };
  #kills = 0;
  #orderlyStops = 0;
  #lost = new Set<string>();
  #undercounted = 0;
  #integrity = "ok";
  #migrating = 0;
  #migratingFrom = 0;

  constructor(world: World, random: () => number, seed: number, longestLoadMs: number) {
    this.#world = world;
    this.#random = random;
    this.#seed = seed;
    this.#longestLoadMs = longestLoadMs;
    const vehicles = world.vehicles.map(({ id }) => id);
    this.#oracle = new Oracle(vehicles, seeded(seed + 2));
    this.#load = new Load(world, this.#oracle, seeded(seed + 3));
  }

  async run(kills: number, onKill: CrashOptions["onKill"]): Promise<CrashReport> {
    try {
      return await this.#run(kills, onKill);
    } finally {
      await this.#load.end();
    }
  }

  async #run(kills: number, onKill: CrashOptions["onKill"]): Promise<CrashReport> {
    const startedAt = performance.now();
    for (let round = 0; this.#kills < kills; round++) {
      const before = this.#kills;
      const [during, afterMs] = await this.#round(round);
      if (this.#kills === before) continue;
      this.#during[during]++;
      onKill?.({
        kill: this.#kills,
        during,
        afterMs: Math.round(afterMs),
        acknowledged: this.#oracle.acknowledged,
        commands: this.#load.commands,
      });
    }
    await this.#load.end();
    const disk = await this.#settle();
    const retained = await this.#compareRetained(disk);
    await this.#finishMigration();
    return this.#report(disk, retained, (performance.now() - startedAt) / 1_000);
  }

  /** One life of the program. */
  async #round(round: number): Promise<[Moment, number]> {
    const die = this.#random();
    if (die < 0.12) return ["migration", await this.#killMigrating()];
    this.#load.disturb();
    this.#load.begin();
    if (round % TIME_PASSES_EVERY === 0 && round > 0 && readDisk(this.#world.dataDir)?.schema === SCHEMA_VERSION) {
      letTimePass(this.#world.dataDir);
    }
    const result = die < 0.37 ? await this.#killStarting() : await this.#killRunning(die);
    this.#look();
    return result;
  }

  async #killStarting(): Promise<[Moment, number]> {
    const program = await this.#world.run({ wait: false });
    const afterMs = between(this.#random, 150, 900);
    await pause(afterMs);
    await this.#kill(program);
    return ["start", afterMs];
  }

  async #killRunning(die: number): Promise<[Moment, number]> {
    const program = await this.#running();
    const afterMs = between(this.#random, 0, this.#longestLoadMs);
    await pause(afterMs);
    if (die < 0.8) {
      await this.#kill(program);
      return ["load", afterMs];
    }
    program.kill("SIGTERM");
    if (die >= 0.92) {
      const { code } = await program.exit;
      this.#orderlyStops++;
      if (code !== 0) this.#violate(`SIGTERM ended with ${code}: ${program.output().slice(-2_000)}`);
      return ["shutdown", 0];
    }
    const stoppingMs = between(this.#random, 0, 250);
    await Promise.race([pause(stoppingMs), program.exit]);
    await this.#kill(program);
    return ["shutdown", stoppingMs];
  }

  /** Starts on a database of an older version, in a folder of its own, and is killed while it upgrades it. */
  async #killMigrating(): Promise<number> {
    await this.#load.end();
    const dataDir = this.#world.folder("migrating");
    // Now and then it goes on where the last one was killed.
    if (this.#migrating++ === 0 || this.#random() < 0.7) {
      rmSync(dataDir, { recursive: true });
      this.#world.folder("migrating");
      this.#migratingFrom = between(this.#random, 1, SCHEMA_VERSION - 1);
      createOldDatabase(dataDir, this.#migratingFrom);
    }
    const program = await this.#world.run({ dataDir, wait: false });
    const afterMs = between(this.#random, 250, 700);
    await pause(afterMs);
    await this.#kill(program);
    const left = readDisk(dataDir);
    this.#checkIntegrity(left);
    if (left === undefined || left.schema < 1) this.#violate(`a migration left schema ${left?.schema}`);
    this.#checkOldRows(dataDir);
    return afterMs;
  }

  async #finishMigration(): Promise<void> {
    if (this.#migrating === 0) return;
    const dataDir = this.#world.folder("migrating");
    const program = await this.#world.run({ dataDir, wait: true });
    await program.close();
    const left = readDisk(dataDir);
    if (left?.schema !== SCHEMA_VERSION) this.#violate(`the last migration ended with schema ${left?.schema}`);
    this.#checkOldRows(dataDir);
  }

  #checkOldRows(dataDir: string): void {
    const path = join(dataDir, DATABASE_FILE);
    const rows = oldRows(path);
    // The copy is there before anything changes.
    if (readDisk(dataDir)?.schema === SCHEMA_VERSION) {
      const kept = oldRows(`${path}.v${this.#migratingFrom}`);
      if (Object.values(kept).some((count) => count !== 1)) this.#violate(`the copy holds ${JSON.stringify(kept)}`);
    }
    // Smartcar's list may have taken the car away meanwhile (it takes two lists), and commands are kept for ever.
    if (rows["commands"] !== 1 || (rows["calls"] ?? 0) < 1) this.#violate(`a migration lost ${JSON.stringify(rows)}`);
  }

  async #running(): Promise<Program> {
    const program = await this.#world.run({ wait: true });
    await program.line(({ msg }) => msg === "connected to the MQTT broker", STARTED_LIMIT_MS);
    return program;
  }

  async #kill(program: Program): Promise<void> {
    program.kill("SIGKILL");
    const { signal } = await program.exit;
    if (signal === "SIGKILL") this.#kills++;
    else if (!program.lines.some(({ msg }) => msg === "stopping")) {
      this.#violate(`it ended by itself: ${program.output().slice(-2_000)}`);
    }
  }

  /** What must hold at any time, whatever was under way. */
  #look(): Disk | undefined {
    this.#load.collect();
    const disk = readDisk(this.#world.dataDir);
    this.#checkIntegrity(disk);
    const found = disk ?? { held: new Map(), setAside: new Set() };
    for (const missing of this.#oracle.missing(found)) {
      if (!this.#lost.has(missing)) this.#violate(`lost ${missing}`);
      this.#lost.add(missing);
    }
    for (const { vehicleId, callsUsed } of this.#world.simulator.cars()) {
      const short = callsUsed - (disk?.booked.get(vehicleId) ?? 0);
      if (short > 0) this.#violate(`${vehicleId}: ${short} billed calls are not booked`);
      this.#undercounted = Math.max(this.#undercounted, short);
    }
    return disk;
  }

  #checkIntegrity(disk: Disk | undefined): void {
    if (disk === undefined || disk.integrity === "ok") return;
    this.#integrity = disk.integrity;
    this.#violate(`integrity: ${disk.integrity}`);
  }

  /** Lets the program take in and answer everything that is left, and stops it in order. */
  async #settle(): Promise<Disk> {
    const { simulator, seen, dataDir } = this.#world;
    simulator.clearFaults();
    simulator.setLimits({ bucket: 120 });
    const program = await this.#running();
    await program.line(({ msg }) => msg === "started", STARTED_LIMIT_MS);
    await this.#load.drain();
    const audited = readDisk(dataDir)?.audit ?? [];
    await seen
      .untilAll(() => {
        this.#load.collect();
        return audited.every(({ id }) => this.#load.hasResult(id));
      }, 15_000)
      .catch(() => undefined);
    program.kill("SIGTERM");
    const { code } = await program.exit;
    if (code !== 0) this.#violate(`the last stop ended with ${code}`);
    const disk = this.#look();
    if (disk === undefined) throw new Error("there is no database at the end");
    return disk;
  }

  /** The broker holds what the state says; and a broker that lost everything gets the very same again. */
  async #compareRetained(disk: Disk): Promise<{ topics: number; wrong: number }> {
    const before = await this.#retained();
    let wrong = 0;
    for (const { topic, code, value } of disk.signals) {
      const text = before.get(`smartcar/${topic}/signals/${code}`);
      const shown = text === undefined ? undefined : (JSON.parse(text) as { body: unknown; oem_updated_at: string });
      const at = value?.oemUpdatedAt ?? null;
      const same =
        isDeepStrictEqual(shown?.body ?? null, value?.body ?? null) &&
        (shown?.oem_updated_at ?? null) === (at === null ? null : new Date(at).toISOString());
      if (same) continue;
      wrong++;
      this.#violate(`smartcar/${topic}/signals/${code} shows ${text}, held is ${JSON.stringify(value)}`);
    }
    await this.#world.broker.restart({ empty: true });
    const { seen } = this.#world;
    seen.clear();
    const program = await this.#running();
    await seen
      .untilAll(() => [...before.keys()].every((topic) => seen.current().has(topic)), 15_000)
      .catch(() => undefined);
    program.kill("SIGTERM");
    await program.exit;
    const after = await this.#retained();
    for (const topic of new Set([...before.keys(), ...after.keys()])) {
      if (withoutFreshness(before.get(topic)) === withoutFreshness(after.get(topic))) continue;
      wrong++;
      this.#violate(`${topic} was ${before.get(topic)} and is ${after.get(topic)} on an empty broker`);
    }
    return { topics: after.size, wrong };
  }

  async #retained(): Promise<Map<string, string>> {
    const late = await watch(this.#world.broker.url, ["smartcar/#", "crash/fence"]);
    try {
      await late.publish("crash/fence", "");
      await late.until(({ topic }) => topic === "crash/fence");
      return new Map([...late.current()].filter(([topic]) => topic.startsWith("smartcar/") && !OWN_TOPICS.test(topic)));
    } finally {
      await late.stop();
    }
  }

  #report(disk: Disk, retained: { topics: number; wrong: number }, seconds: number): CrashReport {
    const { arrived } = this.#load;
    let doubled = 0;
    for (const [key, times] of arrived) {
      if (!key.startsWith("destination ") || times < 2) continue;
      doubled++;
      this.#violate(`${key} reached Smartcar ${times} times`);
    }
    // The others cannot be told apart at Smartcar: no more calls of a kind than commands that were let go.
    const sent = [...arrived].filter(([key]) => key.startsWith("/")).reduce((sum, [, times]) => sum + times, 0);
    const letGo = disk.audit.filter(({ sent_at, command }) => sent_at !== null && command !== "refresh").length;
    if (sent > letGo) {
      doubled += sent - letGo;
      this.#violate(`${sent} calls for ${letGo} commands`);
    }
    const ids = new Set(disk.audit.map(({ id }) => id));
    for (const { id, completed_at } of disk.audit) if (completed_at === null) this.#violate(`${id} never ended`);
    const unanswered = [...ids].filter((id) => !this.#load.hasResult(id));
    for (const id of unanswered) this.#violate(`${id} has no result`);
    const contradicted = this.#load.contradictions();
    for (const id of contradicted) this.#violate(`${id} has two results`);
    const cars = this.#world.simulator.cars();
    return {
      kills: this.#kills,
      during: this.#during,
      orderlyStops: this.#orderlyStops,
      deliveries: this.#oracle.deliveries,
      acknowledged: this.#oracle.acknowledged,
      lost: this.#lost.size,
      commands: this.#load.commands,
      audited: ids.size,
      sent,
      doubled,
      unanswered: unanswered.length,
      contradicted: contradicted.length,
      integrity: this.#integrity,
      bookedCalls: cars.reduce((sum, { vehicleId }) => sum + (disk.booked.get(vehicleId) ?? 0), 0),
      billedCalls: cars.reduce((sum, { callsUsed }) => sum + callsUsed, 0),
      undercounted: this.#undercounted,
      retained: retained.topics,
      wrongTopics: retained.wrong,
      seed: this.#seed,
      seconds: Math.round(seconds),
      ok: this.#violations.length === 0,
      violations: this.#violations.slice(0, 50),
    };
  }

  #violate(what: string): void {
    this.#violations.push(what);
  }
}

/** Whether a value has outlived its cadence depends on when one looks. */
function withoutFreshness(text: string | undefined): string | undefined {
  return text?.replace(/"fresh":(true|false)/, '"fresh":null');
}
