import { connect, type MqttClient } from "mqtt";
import { Agent } from "undici";
import { type Bench, openBench } from "../../test/support/e2e-bench.ts";
import { seededRandom } from "../../test/support/seeded-random.ts";
import { type Arrivals, arrivals } from "./arrivals.ts";
import { KEY, signedDelivery } from "./deliveries.ts";
import { fleetId, fleetTopic, seedFleet } from "./fleet.ts";
import { postOne, quantile } from "./load.ts";
import { cpuSeconds } from "./process-cost.ts";
import { published } from "./published.ts";

const MANY_CARS = 10_000;
const WARM_UP = 1_000;
/** The machine's own speed drifts, so the two take turns. */
const ROUNDS = 8;
const DELIVERIES_A_ROUND = 250;
const START_LIMIT_MS = 120_000;

export interface EventCost {
  readonly cars: number;
  /** Processor time of the program for one delivery: read, stored, shown, published (milliseconds). */
  readonly cpuMs: number;
  /** From the POST to the message at a subscriber, one delivery after the other; the median. */
  readonly p50Ms: number;
}

export interface EventCostResult {
  readonly one: EventCost;
  readonly many: EventCost;
  /** Processor time with many cars to that with one. */
  readonly ratio: number;
}

/** What one delivery costs the program when it serves one car and when it serves 10,000, any of which it may be of. */
export async function eventCost(main: string): Promise<EventCostResult> {
  const one = await Fleet.open(1, main);
  try {
    const many = await Fleet.open(MANY_CARS, main);
    try {
      for (const fleet of [one, many]) await fleet.deliver(WARM_UP);
      for (const fleet of [one, many]) fleet.reset();
      for (let round = 0; round < ROUNDS; round++) {
        for (const fleet of [one, many]) await fleet.deliver(DELIVERIES_A_ROUND);
      }
      const [ofOne, ofMany] = [one.cost(), many.cost()];
      return { one: ofOne, many: ofMany, ratio: Math.round((ofMany.cpuMs / ofOne.cpuMs) * 100) / 100 };
    } finally {
      await many.close();
    }
  } finally {
    await one.close();
  }
}

/** A program that serves so many cars, with a broker of its own. Smartcar is away, so that nothing else happens. */
class Fleet {
  readonly #bench: Bench;
  readonly #cars: number;
  readonly #subscriber: MqttClient;
  readonly #arrived: Arrivals;
  readonly #agent = new Agent({ connections: 1, pipelining: 1, keepAliveTimeout: 60_000 });
  readonly #random = seededRandom();
  /** Deliveries sent so far, by car. */
  readonly #sent = new Map<number, number>();
  #cpuSeconds = 0;
  #took: number[] = [];

  private constructor(bench: Bench, cars: number, subscriber: MqttClient, arrived: Arrivals) {
    this.#bench = bench;
    this.#cars = cars;
    this.#subscriber = subscriber;
    this.#arrived = arrived;
  }

  static async open(cars: number, main: string): Promise<Fleet> {
    const bench = await openBench({
      env: { LOG_LEVEL: "info", POLLING_MODE: "never" },
      main,
      smartcar: "down",
      webhook: false,
    });
    try {
      // Whoever reads every message in this process would be what is measured.
      await bench.seen.stop();
      await seedFleet(bench.dataDir, cars);
      await bench.start({ connected: false });
      await bench.program.line(({ msg }) => msg === "connected to the MQTT broker", START_LIMIT_MS);
      await published(bench.program.privateUrl);
      const subscriber = connect(bench.broker.url, { protocolVersion: 5 });
      return new Fleet(bench, cars, subscriber, await arrivals(subscriber, "smartcar/+/odometer"));
    } catch (error) {
      await bench.close();
      throw error;
    }
  }

  /** Posts so many deliveries of any of the cars, each after the one before was seen at the subscriber. */
  async deliver(count: number): Promise<void> {
    const before = cpuSeconds(this.#bench.program.pid);
    for (let n = 0; n < count; n++) {
      const car = Math.floor(this.#random() * this.#cars);
      const sent = (this.#sent.get(car) ?? 0) + 1;
      this.#sent.set(car, sent);
      const delivery = signedDelivery(KEY, fleetId(car), sent);
      const arrived = this.#arrived(`smartcar/${fleetTopic(car)}/odometer`, String(delivery.odometer));
      const sentAt = performance.now();
      await Promise.all([arrived, postOne(this.#agent, this.#bench.program.webhookUrl, delivery)]);
      this.#took.push((await arrived) - sentAt);
    }
    this.#cpuSeconds += cpuSeconds(this.#bench.program.pid) - before;
  }

  /** Forgets what was measured so far. */
  reset(): void {
    this.#cpuSeconds = 0;
    this.#took = [];
  }

  cost(): EventCost {
    const cpuMs = Math.round((this.#cpuSeconds / this.#took.length) * 100_000) / 100;
    return { cars: this.#cars, cpuMs, p50Ms: quantile(this.#took, 0.5) };
  }

  async close(): Promise<void> {
    await this.#subscriber.endAsync(true);
    await this.#agent.close();
    await this.#bench.close();
  }
}
