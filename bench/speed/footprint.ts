import { startBench, stillCar } from "../../test/support/e2e-bench.ts";
import { quantile } from "./load.ts";
import { idleCost } from "./process-cost.ts";

/** The program tidies up a minute after its start. */
const SETTLE_MS = 75_000;
const WATCH_MS = 30_000;
const READING_LIMIT_MS = 20_000;

export interface FootprintResult {
  /** Resident memory after things have settled. */
  readonly rssMb: number;
  /** Share of one core while nothing happens. */
  readonly idleCpuPercent: number;
  /** From the start of the process to the first retained reading, with a warm database; the median. */
  readonly firstReadingMs: number;
  /** Billed calls over this many restarts within the interval. */
  readonly restarts: number;
  readonly billedCalls: number;
}

/** Memory and processor of the idle program with one car, as users run it, and its start with a warm database. */
export async function footprint(main: string, restarts: number): Promise<FootprintResult> {
  const bench = await startBench({ cars: [stillCar("a")], env: { LOG_LEVEL: "info" }, main });
  try {
    await bench.shown();
    // As it runs for years: with a database that it found.
    await bench.end("SIGTERM");
    await bench.start();
    const { rssMb, cpuPercent: idleCpuPercent } = await idleCost(bench.program.pid, SETTLE_MS, WATCH_MS);
    const billedBefore = bench.requests("vehicle-a", "signals").length;
    const starts: number[] = [];
    for (let n = 0; n < restarts; n++) {
      await bench.end("SIGTERM");
      bench.seen.clear();
      const startedAt = performance.now();
      const started = bench.start();
      await bench.seen.until(({ topic }) => topic === "smartcar/test-a/battery", READING_LIMIT_MS);
      starts.push(performance.now() - startedAt);
      await started;
    }
    const firstReadingMs = Math.round(
      quantile(
        starts.sort((a, b) => a - b),
        0.5,
      ),
    );
    const billedCalls = bench.requests("vehicle-a", "signals").length - billedBefore;
    return { rssMb, idleCpuPercent, firstReadingMs, restarts, billedCalls };
  } finally {
    await bench.close();
  }
}
