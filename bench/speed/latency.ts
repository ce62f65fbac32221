import { connect } from "mqtt";
import { Agent } from "undici";
import { startBench, stillCar } from "../../test/support/e2e-bench.ts";
import { arrivals } from "./arrivals.ts";
import { startBareServer } from "./bare-server.ts";
import { KEY, signedDelivery } from "./deliveries.ts";
import { postOne, quantile } from "./load.ts";

const PER_SECOND = 50;
const ROUNDS = 5;
const DELIVERIES_A_ROUND = 200;
const ROUND_TRIPS_A_ROUND = 100;
const WARM_UP = 100;
const ODOMETER = "smartcar/test-a/odometer";

export interface LatencyResult {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Medians of the two ways by themselves, at the same pace in the same run: the same POST to the bare server, … */
  readonly httpMs: number;
  /** … and a QoS 1 publish of the same reading until the broker confirmed it. */
  readonly mqttMs: number;
  /** The median to the sum of the two. */
  readonly ratio: number;
}

/**
 * From the start of a POST to the message at a subscriber, through Mosquitto, at a steady pace. Everything goes over
 * connections that stay open, the two round trips too, in turns with the deliveries.
 */
export async function latency(main: string): Promise<LatencyResult> {
  const bench = await startBench({ cars: [stillCar("a")], env: { LOG_LEVEL: "info" }, main });
  const bare = await startBareServer(KEY);
  const agent = new Agent({ connections: 1, pipelining: 1, keepAliveTimeout: 60_000 });
  const subscriber = connect(bench.broker.url, { protocolVersion: 5 });
  try {
    await bench.shown();
    // Whoever reads every message in this process would delay the one that is waited for.
    await bench.seen.stop();
    const came = await arrivals(subscriber, ODOMETER);
    let sent = 0;
    const next = () => signedDelivery(KEY, "vehicle-a", sent++);
    const deliver = async () => {
      const delivery = next();
      const arrived = came(ODOMETER, String(delivery.odometer));
      const sentAt = performance.now();
      const answered = postOne(agent, bench.program.webhookUrl, delivery);
      const tookMs = (await arrived) - sentAt;
      await answered;
      return tookMs;
    };
    const http = () => timed(() => postOne(agent, bare.url, next()));
    const mqtt = () => timed(() => subscriber.publishAsync("bench/odometer", "50000.1", { qos: 1, retain: true }));
    for (const warmUp of [deliver, http, mqtt]) await paced(WARM_UP, warmUp);
    const took: number[] = [];
    const httpTook: number[] = [];
    const mqttTook: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      took.push(...(await paced(DELIVERIES_A_ROUND, deliver)));
      httpTook.push(...(await paced(ROUND_TRIPS_A_ROUND, http)));
      mqttTook.push(...(await paced(ROUND_TRIPS_A_ROUND, mqtt)));
    }
    const p50Ms = quantile(took, 0.5);
    const [httpMs, mqttMs] = [quantile(httpTook, 0.5), quantile(mqttTook, 0.5)];
    return {
      p50Ms,
      p99Ms: quantile(took, 0.99),
      httpMs,
      mqttMs,
      ratio: Math.round((p50Ms / (httpMs + mqttMs)) * 100) / 100,
    };
  } finally {
    await subscriber.endAsync(true);
    await agent.close();
    bare.stop();
    await bench.close();
  }
}

async function timed(once: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await once();
  return performance.now() - startedAt;
}

/** Does something so many times at the pace, and returns how long each took. */
async function paced(times: number, once: () => Promise<number>): Promise<number[]> {
  const took: number[] = [];
  for (let n = 0; n < times; n++) {
    const dueAt = performance.now() + 1_000 / PER_SECOND;
    took.push(await once());
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueAt - performance.now())));
  }
  return took;
}
