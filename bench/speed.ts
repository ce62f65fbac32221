/**
 * Measures the compiled program beside the simulator and Mosquitto: ingest, latency, the cost of an event, memory,
 * processor, start and republish. See docs/performance.md.
 *
 *   npm run bench:speed [-- NAME…] [-- --strict]
 *
 * Prints JSON; ends with 1 when a target is missed and `--strict` is given.
 */
import { parseArgs } from "node:util";
import { type Figure, judge, table } from "./figures.ts";
import { eventCost } from "./speed/event-cost.ts";
import { fleetFootprint } from "./speed/fleet-footprint.ts";
import { footprint } from "./speed/footprint.ts";
import { ingest } from "./speed/ingest.ts";
import { latency } from "./speed/latency.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { strict: { type: "boolean", default: false }, restarts: { type: "string", default: "100" } },
});
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

// Machines are noisy: where it can be, a figure is judged by its ratio to something measured in the same run.
const BENCHES: Readonly<Record<string, () => Promise<Measured>>> = {
  ingest: async () => {
    const details = await ingest();
    return {
      details,
      figures: [
        {
          name: "durable ingest, 5 KB deliveries at 32 connections, to a bare server that only checks the HMAC",
          measured: details.ratio,
          target: 0.5,
          unit: "of its rate",
          good: "at least",
        },
        atMost("durable ingest, p99", details.ours.p99Ms, 50, "ms"),
        atMost("deliveries refused meanwhile", details.ours.failures, 0),
      ],
    };
  },
  latency: async () => {
    const details = await latency();
    return {
      details,
      figures: [
        atMost("POST to message at a subscriber through Mosquitto, 50 a second, p50", details.p50Ms, 5, "ms"),
        atMost("the same, p99", details.p99Ms, 25, "ms"),
        atMost("the same, p50 to an HTTP and a QoS 1 round trip", details.ratio, 3, "times"),
      ],
    };
  },
  "event-cost": async () => {
    const details = await eventCost();
    return { details, figures: [atMost("one event among 10,000 cars to one of 1 car", details.ratio, 1.2, "times")] };
  },
  footprint: async () => {
    const details = await footprint(restarts);
    return {
      details,
      figures: [
        atMost("resident memory, idle, one car", details.rssMb, 90, "MB"),
        atMost("processor, idle, one car", details.idleCpuPercent, 0.5, "% of a core"),
        atMost("start to the first retained reading, warm database", details.firstReadingMs, 1_000, "ms"),
        atMost(`billed calls over ${restarts} restarts`, details.billedCalls, 0),
      ],
    };
  },
  fleet: async () => {
    const details = await fleetFootprint(1_000);
    return {
      details,
      figures: [
        atMost("resident memory, idle, 1,000 cars of 30 signals", details.rssMb, 150, "MB"),
        atMost("republish to a broker that lost everything, 1,000 cars", details.republishMs / 1_000, 10, "s"),
      ],
    };
  },
  "large-fleet": async () => {
    const details = await fleetFootprint(10_000);
    return { details, figures: [atMost("resident memory, idle, 10,000 cars of 30 signals", details.rssMb, 500, "MB")] };
  },
};

const names = positionals.length === 0 ? Object.keys(BENCHES) : positionals;
const details: Record<string, object> = {};
const figures = [];
for (const name of names) {
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (bench === undefined) throw new Error(`unknown bench ${name}; there are ${Object.keys(BENCHES).join(", ")}`);
  const measured = await bench();
  details[name] = measured.details;
  figures.push(...measured.figures.map(judge));
}
const ok = figures.every(({ met }) => met);
process.stderr.write(`${table(figures)}\n`);
process.stdout.write(`${JSON.stringify({ figures, details, ok }, null, 2)}\n`);
process.exit(ok || !values.strict ? 0 : 1);
