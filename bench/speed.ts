/**
 * Measures the compiled program beside the simulator and Mosquitto: ingest, latency, the cost of an event, memory,
 * processor, start and republish. See docs/performance.md.
 *
 *   npm run bench:speed [-- NAME…] [-- --program FILE] [-- --strict]
 *
 * Prints JSON; ends with 1 when a target is missed and `--strict` is given.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { COMPILED } from "../test/support/program.ts";
import { type Figure, judge, table } from "./figures.ts";
import { eventCost } from "./speed/event-cost.ts";
import { fleetFootprint } from "./speed/fleet-footprint.ts";
import { footprint } from "./speed/footprint.ts";
import { ingest } from "./speed/ingest.ts";
import { latency } from "./speed/latency.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    strict: { type: "boolean", default: false },
    restarts: { type: "string", default: "100" },
    program: { type: "string", default: COMPILED },
  },
});
const program = resolve(values.program);
const restarts = Number(values.restarts);
const atMost = (name: string, measured: number, target: number, unit = ""): Figure => ({
  name,
  measured,
  target,
  unit,
  good: "at most",
});

interface Measured {
  readonly details: object;
  readonly figures: readonly Figure[];
}

function measured<Details extends object>(
  details: Details,
  figures: (details: Details) => readonly Figure[],
): Measured {
  return { details, figures: figures(details) };
}

// Machines are noisy: where it can be, a figure is judged by its ratio to something measured in the same run.
const BENCHES: Readonly<Record<string, () => Promise<Measured>>> = {
  ingest: async () =>
    measured(await ingest(program), ({ ratio, ours }) => [
      {
        name: "durable ingest, 5 KB deliveries at 32 connections, to a bare server that only checks the HMAC",
        measured: ratio,
        target: 0.5,
        unit: "of its rate",
        good: "at least",
      },
      atMost("durable ingest, p99", ours.p99Ms, 50, "ms"),
      atMost("deliveries refused meanwhile", ours.failures, 0),
    ]),
  latency: async () =>
    measured(await latency(program), ({ p50Ms, p99Ms, ratio }) => [
      atMost("POST to message at a subscriber through Mosquitto, 50 a second, p50", p50Ms, 5, "ms"),
      atMost("the same, p99", p99Ms, 25, "ms"),
      atMost("the same, p50 to an HTTP and a QoS 1 round trip", ratio, 3, "times"),
    ]),
  "event-cost": async () =>
    measured(await eventCost(program), ({ ratio }) => [
      atMost("one event among 10,000 cars to one of 1 car", ratio, 1.2, "times"),
    ]),
  footprint: async () =>
    measured(await footprint(program, restarts), ({ rssMb, idleCpuPercent, firstReadingMs, billedCalls }) => [
      atMost("resident memory, idle, one car", rssMb, 90, "MB"),
      atMost("processor, idle, one car", idleCpuPercent, 0.5, "% of a core"),
      atMost("start to the first retained reading, warm database", firstReadingMs, 1_000, "ms"),
      atMost(`billed calls over ${restarts} restarts`, billedCalls, 0),
    ]),
  fleet: async () =>
    measured(await fleetFootprint(program, 1_000), ({ rssMb, republishMs }) => [
      atMost("resident memory, idle, 1,000 cars of 30 signals", rssMb, 150, "MB"),
      atMost("republish to a broker that lost everything, 1,000 cars", republishMs / 1_000, 10, "s"),
    ]),
  "large-fleet": async () =>
    measured(await fleetFootprint(program, 10_000), ({ rssMb }) => [
      atMost("resident memory, idle, 10,000 cars of 30 signals", rssMb, 500, "MB"),
    ]),
};

const names = positionals.length === 0 ? Object.keys(BENCHES) : positionals;
const details: Record<string, object> = {};
const figures = [];
for (const name of names) {
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (bench === undefined) throw new Error(`unknown bench ${name}; there are ${Object.keys(BENCHES).join(", ")}`);
  const result = await bench();
  details[name] = result.details;
  figures.push(...result.figures.map(judge));
}
const ok = figures.every(({ met }) => met);
process.stderr.write(`${table(figures)}\n`);
process.stdout.write(`${JSON.stringify({ figures, details, ok }, null, 2)}\n`);
process.exit(ok || !values.strict ? 0 : 1);
