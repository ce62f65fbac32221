import { eventCost } from "./speed/event-cost.ts";
import { footprint } from "./speed/footprint.ts";
import { ingest } from "./speed/ingest.ts";
import { latency } from "./speed/latency.ts";

// Machines are noisy: where it can be, a figure is judged by its ratio to something measured in the same run.
const RESTARTS = 100;

const wanted = new Set(process.argv.slice(2));
const isWanted = (name: string) => wanted.size === 0 || wanted.has(name);
const report: Record<string, object> = {};
const missed: string[] = [];

function judge(name: string, figure: number, isMet: boolean): void {
  if (!isMet) missed.push(`${name}: ${figure}`);
}

if (isWanted("ingest")) {
  const { ours, bare, ratio } = await ingest();
  report["ingest"] = { ours, bare, ratio, target: { ratio: 0.5, p99Ms: 50 } };
  judge("ingest ratio", ratio, ratio >= 0.5);
  judge("ingest p99 ms", ours.p99Ms, ours.p99Ms < 50);
  judge("ingest failures", ours.failures, ours.failures === 0);
}
if (isWanted("latency")) {
  const result = await latency();
  report["latency"] = { ...result, target: { p50Ms: 5, p99Ms: 25, ratio: 3 } };
  judge("latency p50 ms", result.p50Ms, result.p50Ms <= 5);
  judge("latency p99 ms", result.p99Ms, result.p99Ms <= 25);
  judge("latency ratio", result.ratio, result.ratio <= 3);
}
if (isWanted("event-cost")) {
  const result = await eventCost();
  report["event cost"] = { ...result, target: { ratio: 1.2 } };
  judge("event cost ratio", result.ratio, result.ratio <= 1.2);
}
if (isWanted("footprint")) {
  const result = await footprint(RESTARTS);
  report["footprint"] = {
    ...result,
    target: { rssMb: 90, idleCpuPercent: 0.5, firstReadingMs: 1_000, billedCalls: 0 },
  };
  judge("memory MB", result.rssMb, result.rssMb <= 90);
  judge("idle CPU %", result.idleCpuPercent, result.idleCpuPercent < 0.5);
  judge("first reading ms", result.firstReadingMs, result.firstReadingMs < 1_000);
  judge("billed calls over restarts", result.billedCalls, result.billedCalls === 0);
}
process.stdout.write(`${JSON.stringify({ ...report, missed, ok: missed.length === 0 }, null, 2)}\n`);
process.exit(missed.length === 0 ? 0 : 1);
