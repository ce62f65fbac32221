import { setTimeout as pause } from "node:timers/promises";
import { SCHEMA_VERSION } from "../../src/store/migrations.ts";
import type { Program } from "../../test/support/program.ts";
import { between, seeded } from "../economy/random.ts";
import { type Disk, letTimePass, readDisk } from "./disk.ts";
import { Findings } from "./findings.ts";
import { Load } from "./load.ts";
import { Oracle } from "./oracle.ts";
import { type CrashReport, type Moment, reportOf } from "./report.ts";
import { compareRetained } from "./retained.ts";
import { Upgrades } from "./upgrades.ts";
import { openWorld, type World } from "./world.ts";

export interface Kill {
  readonly kill: number;
  readonly during: Moment;
  /** Milliseconds after it was started, was under load, or was told to stop. */
  readonly afterMs: number;
  readonly acknowledged: number;
  readonly commands: number;
}

export interface CrashOptions {
  readonly kills: number;
  readonly seed: number;
  /** How long it is under load at the most before something happens to it; default 900. */
  readonly longestLoadMs?: number;
  readonly onKill?: (kill: Kill) => void;
}

/** Time passes for the program's own limits so often; other starts find the database as the kill left it. */
const TIME_PASSES_EVERY = 3;

/** Kills the real program at random moments under load, and looks each time at what it left. */
export async function runCrashes(options: CrashOptions): Promise<CrashReport> {
  // Dice of their own for each, so that the moments of the kills do not hang on how often the load asked.
  const world = await openWorld(seeded(options.seed + 1));
  try {
    return await new Crashes(world, options).run();
  } finally {
    await world.close();
  }
}

class Crashes {
  readonly #world: World;
  readonly #options: CrashOptions;
  readonly #random: () => number;
  readonly #oracle: Oracle;
  readonly #load: Load;
  readonly #findings: Findings;
  readonly #upgrades: Upgrades;
  readonly #during: Record<Moment, number> = { start: 0, load: 0, shutdown: 0, migration: 0 };
  #kills = 0;
  #orderlyStops = 0;

  constructor(world: World, options: CrashOptions) {
    const { seed } = options;
    this.#world = world;
    this.#options = options;
    this.#random = seeded(seed);
    const vehicles = world.vehicles.map(({ id }) => id);
    this.#oracle = new Oracle(vehicles, seeded(seed + 2));
    this.#load = new Load(world, this.#oracle, seeded(seed + 3));
    this.#findings = new Findings(world, this.#oracle);
    this.#upgrades = new Upgrades(world, this.#random, this.#findings);
  }

  async run(): Promise<CrashReport> {
    try {
      return await this.#run();
    } finally {
      await this.#load.end();
    }
  }

  async #run(): Promise<CrashReport> {
    const { kills, seed, onKill } = this.#options;
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
    const retained = await compareRetained(this.#world, disk, this.#findings, () => this.#running());
    await this.#upgrades.finish();
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    const counted = { kills: this.#kills, during: this.#during, orderlyStops: this.#orderlyStops, seed, seconds };
    const [world, oracle, load, findings] = [this.#world, this.#oracle, this.#load, this.#findings];
    return reportOf(counted, { world, oracle, load, findings, disk, retained });
  }

  /** One life of the program. */
  async #round(round: number): Promise<[Moment, number]> {
    const die = this.#random();
    if (die < 0.12) {
      await this.#load.end();
      return ["migration", await this.#upgrades.kill((program) => this.#kill(program))];
    }
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
    const afterMs = between(this.#random, 0, this.#options.longestLoadMs ?? 900);
    await pause(afterMs);
    if (die < 0.8) {
      await this.#kill(program);
      return ["load", afterMs];
    }
    program.kill("SIGTERM");
    if (die >= 0.92) {
      const { code } = await program.exit;
      this.#orderlyStops++;
      if (code !== 0) this.#findings.violate(`SIGTERM ended with ${code}: ${program.output().slice(-2_000)}`);
      return ["shutdown", 0];
    }
    const stoppingMs = between(this.#random, 0, 250);
    await Promise.race([pause(stoppingMs), program.exit]);
    await this.#kill(program);
    return ["shutdown", stoppingMs];
  }

  async #running(): Promise<Program> {
    const program = await this.#world.run({ wait: true });
    await program.line(({ msg }) => msg === "connected to the MQTT broker");
    return program;
  }

  async #kill(program: Program): Promise<void> {
    program.kill("SIGKILL");
    const { signal } = await program.exit;
    if (signal === "SIGKILL") this.#kills++;
    else if (!program.lines.some(({ msg }) => msg === "stopping")) {
      this.#findings.violate(`it ended by itself: ${program.output().slice(-2_000)}`);
    }
  }

  #look(): Disk | undefined {
    this.#load.collect();
    return this.#findings.look();
  }

  /** Lets the program take in and answer everything that is left, and stops it in order. */
  async #settle(): Promise<Disk> {
    const { simulator, seen, dataDir } = this.#world;
    simulator.clearFaults();
    simulator.setLimits({ bucket: 120 });
    const program = await this.#running();
    await this.#load.drain();
    const audited = readDisk(dataDir)?.audit ?? [];
    // Whatever is missing then is said by the report.
    await seen
      .untilAll(() => {
        this.#load.collect();
        return audited.every(({ id }) => this.#load.hasResult(id));
      })
      .catch(() => undefined);
    program.kill("SIGTERM");
    const { code } = await program.exit;
    if (code !== 0) this.#findings.violate(`the last stop ended with ${code}`);
    const disk = this.#look();
    if (disk === undefined) throw new Error("there is no database at the end");
    return disk;
  }
}
