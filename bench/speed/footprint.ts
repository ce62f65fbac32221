import { readFileSync } from "node:fs";
import { startBench, stillCar } from "../../test/support/e2e-bench.ts";

const SETTLE_MS = 20_000;
const WATCH_MS = 20_000;
const TICKS_PER_SECOND = 100;

export interface FootprintResult {
  /** Resident memory after things have settled. */
  readonly rssMb: number;
  /** Share of one core while nothing happens. */
  readonly idleCpuPercent: number;
  /** From the start of the process to the first retained reading, with a warm database. */
  readonly firstReadingMs: number;
  /** Billed calls over this many restarts within the interval. */
  readonly restarts: number;
  readonly billedCalls: number;
}

/** Memory and processor of the idle program with one car, and its start with a warm database. */
export async function footprint(restarts: number): Promise<FootprintResult> {
  const bench = await startBench({ cars: [stillCar("a")], env: { LOG_LEVEL: "info" } });
  try {
    await bench.shown();
    await pause(SETTLE_MS);
    const before = cpuSeconds(bench.program.pid);
    await pause(WATCH_MS);
    const idleCpuPercent = ((cpuSeconds(bench.program.pid) - before) / (WATCH_MS / 1_000)) * 100;
    const rssMb = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${bench.program.pid}/status`, "utf8"))?.[1]) / 1_024;
    const billedBefore = bench.requests("vehicle-a", "signals").length;
    const starts: number[] = [];
    for (let n = 0; n < restarts; n++) {
      await bench.end("SIGTERM");
      bench.seen.clear();
      const startedAt = performance.now();
      const started = bench.start();
      await bench.seen.until(({ topic }) => topic === "smartcar/test-a/battery", 20_000);
      starts.push(performance.now() - startedAt);
      await started;
    }
    starts.sort((a, b) => a - b);
    return {
      rssMb: Math.round(rssMb),
      idleCpuPercent: Math.round(idleCpuPercent * 100) / 100,
      firstReadingMs: Math.round(starts[Math.floor(starts.length / 2)] ?? Number.NaN),
      restarts,
      billedCalls: bench.requests("vehicle-a", "signals").length - billedBefore,
    };
  } finally {
    await bench.close();
  }
}

/** User and system time of a process so far. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
