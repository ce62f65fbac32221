import { car } from "../../test/support/cars.ts";
import { type Bench, openBench, stillCar } from "../../test/support/e2e-bench.ts";
import { COMPILED } from "../../test/support/program.ts";
import { seedFleet } from "./fleet.ts";
import { EIGHT_MORE } from "./fleet-signals.ts";
import { idleCost, pause } from "./process-cost.ts";

const START_LIMIT_MS = 120_000;
const PUBLISHED_LIMIT_MS = 240_000;
const LOOK_EVERY_MS = 250;
/** The program tidies up a minute after its start. */
const SETTLE_MS = 75_000;
const WATCH_MS = 20_000;

const seeded = car();
/** What Smartcar's list says of the cars is what the database holds: there is nothing to reconcile. */
const AS_SEEDED = {
  userId: seeded.userId,
  make: seeded.make ?? "",
  model: seeded.model ?? "",
  year: seeded.year ?? 0,
  powertrainType: seeded.powertrain,
  mode: "live",
  permissions: seeded.permissions,
} as const;

export interface FleetFootprint {
  readonly cars: number;
  readonly topics: number;
  readonly rssMb: number;
  readonly idleCpuPercent: number;
  /** From the return of a broker that lost everything until it holds every retained topic again. */
  readonly republishMs: number;
}

/** What many cars with 30 signals each cost the idle program, and how long telling a new broker of all of them takes. */
export async function fleetFootprint(cars: number): Promise<FleetFootprint> {
  const bench = await openBench({
    cars: Array.from({ length: cars }, (_, n) => stillCar(String(n), AS_SEEDED)),
    // What is stored is younger than any interval, but plans of when to ask are not.
    env: { LOG_LEVEL: "info", POLLING_MODE: "never" },
    main: COMPILED,
    webhook: false,
  });
  try {
    // Whoever reads every message in this process would be what is measured.
    await bench.seen.stop();
    await seedFleet(bench.dataDir, cars, EIGHT_MORE);
    // The first run writes down what it announced; the second finds everything as it left it.
    await run(bench);
    await bench.end("SIGTERM");
    const topics = await run(bench);
    const { rssMb, cpuPercent } = await idleCost(bench.program.pid, SETTLE_MS, WATCH_MS);
    const before = await read(bench, "published_total");
    await bench.mosquitto.restart({ empty: true });
    const startedAt = performance.now();
    await until(async () => (await read(bench, "published_total")) >= before + topics);
    await published(bench);
    const republishMs = Math.round(performance.now() - startedAt);
    return { cars, topics, rssMb, idleCpuPercent: cpuPercent, republishMs };
  } finally {
    await bench.close();
  }
}

/** Starts the program; resolves with the number of its topics once the broker holds them all. */
async function run(bench: Bench): Promise<number> {
  await bench.start({ connected: false, limitMs: START_LIMIT_MS });
  await bench.program.line(({ msg }) => msg === "connected to the MQTT broker", START_LIMIT_MS);
  await published(bench);
  return await read(bench, "topics");
}

function published(bench: Bench): Promise<void> {
  return until(async () => (await read(bench, "pending_topics")) === 0);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + PUBLISHED_LIMIT_MS;
  while (!(await isSo())) {
    if (performance.now() > limit) throw new Error(`not everything was published within ${PUBLISHED_LIMIT_MS} ms`);
    await pause(LOOK_EVERY_MS);
  }
}

/** A metric of the session; NaN while the program is too busy to tell. */
async function read(bench: Bench, name: string): Promise<number> {
  try {
    const text = await (await fetch(`${bench.program.privateUrl}/metrics`)).text();
    return Number(new RegExp(`^smartcar2mqtt_mqtt_${name} (\\d+)$`, "m").exec(text)?.[1]);
  } catch {
    return Number.NaN;
  }
}
