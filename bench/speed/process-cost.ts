import { readFileSync } from "node:fs";
import { residentMb } from "../../test/support/resident.ts";

const TICKS_PER_SECOND = 100;

/** User and system time of a process so far, in seconds. */
export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export interface Idle {
  readonly rssMb: number;
  /** Share of one core. */
  readonly cpuPercent: number;
}

/** What a process costs that has nothing to do, once it has settled. */
export async function idleCost(pid: number, settleMs: number, watchMs: number): Promise<Idle> {
  await pause(settleMs);
  const before = cpuSeconds(pid);
  await pause(watchMs);
  const cpuPercent = ((cpuSeconds(pid) - before) / (watchMs / 1_000)) * 100;
  return { rssMb: residentMb(pid), cpuPercent: Math.round(cpuPercent * 100) / 100 };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
