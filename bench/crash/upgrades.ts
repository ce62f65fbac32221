import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DATABASE_FILE } from "../../src/store/database.ts";
import { SCHEMA_VERSION } from "../../src/store/migrations.ts";
import { createOldDatabase, oldRows } from "../../test/support/old-database.ts";
import type { Program } from "../../test/support/program.ts";
import { between } from "../economy/random.ts";
import { readDisk } from "./disk.ts";
import type { Findings } from "./findings.ts";
import type { World } from "./world.ts";

/** How often an upgrade begins with another old database; otherwise it goes on where the last one was killed. */
const BEGINS_ANEW = 0.7;

/** Upgrades of old databases, in a folder of their own, and what must hold when one is killed in the middle. */
export class Upgrades {
  readonly #world: World;
  readonly #random: () => number;
  readonly #findings: Findings;
  #begun = false;
  #from = 0;

  constructor(world: World, random: () => number, findings: Findings) {
    this.#world = world;
    this.#random = random;
    this.#findings = findings;
  }

  /** Starts on a database of an older version and has it killed; returns after how many milliseconds. */
  async kill(kill: (program: Program) => Promise<void>): Promise<number> {
    const dataDir = this.#world.folder("migrating");
    if (!this.#begun || this.#random() < BEGINS_ANEW) {
      rmSync(dataDir, { recursive: true });
      this.#world.folder("migrating");
      this.#from = between(this.#random, 1, SCHEMA_VERSION - 1);
      createOldDatabase(dataDir, this.#from);
      this.#begun = true;
    }
    const program = await this.#world.run({ dataDir, wait: false });
    const afterMs = between(this.#random, 250, 700);
    await pause(afterMs);
    await kill(program);
    const left = readDisk(dataDir);
    this.#findings.checkIntegrity(left);
    if (left === undefined || left.schema < 1) this.#findings.violate(`a migration left schema ${left?.schema}`);
    this.#checkRows(dataDir);
    return afterMs;
  }

  /** Lets the last one come to its end. */
  async finish(): Promise<void> {
    if (!this.#begun) return;
    const dataDir = this.#world.folder("migrating");
    const program = await this.#world.run({ dataDir, wait: true });
    await program.close();
    const left = readDisk(dataDir);
    if (left?.schema !== SCHEMA_VERSION) {
      this.#findings.violate(`the last migration ended with schema ${left?.schema}`);
    }
    this.#checkRows(dataDir);
  }

  #checkRows(dataDir: string): void {
    const path = join(dataDir, DATABASE_FILE);
    const rows = oldRows(path);
    // The copy is there before anything changes.
    if (readDisk(dataDir)?.schema === SCHEMA_VERSION) {
      const kept = oldRows(`${path}.v${this.#from}`);
      if (Object.values(kept).some((count) => count !== 1)) {
        this.#findings.violate(`the copy holds ${JSON.stringify(kept)}`);
      }
    }
    // Smartcar's list may have taken the car away meanwhile (it takes two lists), and commands are kept for ever.
    if (rows["commands"] !== 1 || (rows["calls"] ?? 0) < 1) {
      this.#findings.violate(`a migration lost ${JSON.stringify(rows)}`);
    }
  }
}
