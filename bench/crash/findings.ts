import { type Disk, readDisk } from "./disk.ts";
import type { Oracle } from "./oracle.ts";
import type { World } from "./world.ts";

/** What did not hold, and the checks that must hold at any time, whatever was under way. */
export class Findings {
  readonly #world: World;
  readonly #oracle: Oracle;
  readonly #lost = new Set<string>();
  readonly violations: string[] = [];
  /** What SQLite says of the database; the last complaint, if there was one. */
  integrity = "ok";
  /** Billed calls that are not booked, at the most for one car. */
  undercounted = 0;

  constructor(world: World, oracle: Oracle) {
    this.#world = world;
    this.#oracle = oracle;
  }

  /** Acknowledged facts that were missing at some time. */
  get lost(): number {
    return this.#lost.size;
  }

  violate(what: string): void {
    this.violations.push(what);
  }

  /** Looks at what the program left: nothing acknowledged may be lost, and every billed call is booked. */
  look(): Disk | undefined {
    const disk = readDisk(this.#world.dataDir);
    this.checkIntegrity(disk);
    const found = disk ?? { held: new Map(), setAside: new Set() };
    for (const missing of this.#oracle.missing(found)) {
      if (!this.#lost.has(missing)) this.violate(`lost ${missing}`);
      this.#lost.add(missing);
    }
    for (const { vehicleId, callsUsed } of this.#world.simulator.cars()) {
      const short = callsUsed - (disk?.booked.get(vehicleId) ?? 0);
      if (short > 0) this.violate(`${vehicleId}: ${short} billed calls are not booked`);
      this.undercounted = Math.max(this.undercounted, short);
    }
    return disk;
  }

  checkIntegrity(disk: Disk | undefined): void {
    if (disk === undefined || disk.integrity === "ok") return;
    this.integrity = disk.integrity;
    this.violate(`integrity: ${disk.integrity}`);
  }
}
