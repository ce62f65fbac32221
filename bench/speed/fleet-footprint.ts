import { car } from "../../test/support/cars.ts";
import { type Bench, openBench, stillCar } from "../../test/support/e2e-bench.ts";
import { seedFleet } from "./fleet.ts";
import { EIGHT_MORE } from "./fleet-signals.ts";
import { idleCost } from "./process-cost.ts";
import { published, sessionMetric, until } from "./published.ts";

const START_LIMIT_MS = 120_000;
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
export async function fleetFootprint(main: string, cars: number): Promise<FleetFootprint> {
  const bench = await openBench({
    cars: Array.from({ length: cars }, (_, n) => stillCar(String(n), AS_SEEDED)),
    // What is stored is younger than any interval, but plans of when to ask are not.
    env: { LOG_LEVEL: "info", POLLING_MODE: "never" },
    main,
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
    const { privateUrl } = bench.program;
    const before = await sessionMetric(privateUrl, "published_total");
    await bench.mosquitto.restart({ empty: true });
    const startedAt = performance.now();
    await until(async () => (await sessionMetric(privateUrl, "published_total")) >= before + topics);
    await published(privateUrl);
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
  await published(bench.program.privateUrl);
  return await sessionMetric(bench.program.privateUrl, "topics");
}
