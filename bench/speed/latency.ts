import { connect } from "mqtt";
import { request } from "undici";
import { startBench, stillCar } from "../../test/support/e2e-bench.ts";
import { KEY, signedDelivery } from "./deliveries.ts";
import { quantile } from "./load.ts";

const PER_SECOND = 50;
const DELIVERIES = 1_000;

export interface LatencyResult {
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** The same two ways by themselves: an HTTP round trip and a QoS 1 round trip, medians added. */
  readonly roundTripsMs: number;
}

/** From the start of a POST to the message at a subscriber, through Mosquitto, at a steady pace. */
export async function latency(): Promise<LatencyResult> {
  const bench = await startBench({ cars: [stillCar("a")], env: { LOG_LEVEL: "info" } });
  const subscriber = connect(bench.broker.url, { protocolVersion: 5 });
  try {
    await new Promise<void>((resolve) => subscriber.once("connect", () => resolve()));
    await subscriber.subscribeAsync("smartcar/test-a/odometer", { qos: 1 });
    const waiting = new Map<string, (at: number) => void>();
    subscriber.on("message", (_topic, payload) => waiting.get(payload.toString())?.(performance.now()));
    const took: number[] = [];
    for (let n = 0; n < DELIVERIES; n++) {
      const dueAt = performance.now() + 1_000 / PER_SECOND;
      // The third signal of a delivery is the odometer: a number that only rises, so each message is told apart.
      const { body, signature } = signedDelivery(KEY, "vehicle-a", n, 50_000 + n);
      const arrived = new Promise<number>((resolve) => waiting.set(String(50_000 + n), resolve));
      const sentAt = performance.now();
      const answered = request(bench.program.webhookUrl, {
        method: "POST",
        headers: { "content-type": "application/json", "sc-signature": signature },
        body,
      }).then(({ body: answer }) => answer.dump());
      took.push((await arrived) - sentAt);
      await answered;
      await until(dueAt);
    }
    took.sort((a, b) => a - b);
    const http = await median(200, async () => {
      await (await request(`${bench.program.publicUrl}/`)).body.dump();
    });
    const mqtt = await median(200, async () => {
      await subscriber.publishAsync("bench/ping", "x", { qos: 1 });
    });
    return { p50Ms: quantile(took, 0.5), p99Ms: quantile(took, 0.99), roundTripsMs: http + mqtt };
  } finally {
    await subscriber.endAsync(true);
    await bench.close();
  }
}

async function median(rounds: number, once: () => Promise<void>): Promise<number> {
  const took: number[] = [];
  for (let n = 0; n < rounds; n++) {
    const startedAt = performance.now();
    await once();
    took.push(performance.now() - startedAt);
  }
  return quantile(
    took.sort((a, b) => a - b),
    0.5,
  );
}

function until(at: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now())));
}
