import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, createApp } from "../../src/app/app.ts";
import { Redactor } from "../../src/lib/redact.ts";
import type { CarOptions } from "../../src/simulator/car-options.ts";
import type { RequestRecord } from "../../src/simulator/request-log.ts";
import { Simulator, type SimulatorOptions } from "../../src/simulator/simulator.ts";
import { type AedesBroker, startAedes, type TestBroker } from "./brokers.ts";
import { loadWell } from "./configuration.ts";
import { stillCar } from "./e2e-bench.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeLog } from "./fake-log.ts";
import { type Watch, type WatchedMessage, watch } from "./mqtt-watch.ts";
import { seededRandom } from "./seeded-random.ts";
import { smartcarAt } from "./smartcar.ts";
import { Wire } from "./wire.ts";

export interface LiveAppOptions {
  readonly cars?: readonly CarOptions[];
  readonly simulator?: Partial<SimulatorOptions>;
  readonly env?: Readonly<Record<string, string>>;
  readonly startAt?: number;
  /** Another broker than one of its own; who gives it stops it. */
  readonly broker?: TestBroker;
  /** Said before the program starts, for what is wrong from the beginning. */
  readonly prepare?: (simulator: Simulator) => void;
}

/**
 * The whole program in this process, with Smartcar and a broker over real sockets, on one clock that the test moves:
 * hours pass in moments, and every call that would have been made is made.
 */
export class LiveApp {
  readonly app: App;
  readonly clock: FakeClock;
  readonly log: FakeLog;
  readonly simulator: Simulator;
  readonly broker: TestBroker | AedesBroker;
  readonly seen: Watch;
  readonly dataDir: string;
  readonly #wire: Wire;
  /** Every request that reached Smartcar, oldest first; the simulator itself forgets old ones. */
  readonly #requests: RequestRecord[] = [];

  constructor(parts: {
    app: App;
    clock: FakeClock;
    log: FakeLog;
    simulator: Simulator;
    broker: TestBroker | AedesBroker;
    seen: Watch;
    dataDir: string;
    wire: Wire;
  }) {
    this.app = parts.app;
    this.clock = parts.clock;
    this.log = parts.log;
    this.simulator = parts.simulator;
    this.broker = parts.broker;
    this.seen = parts.seen;
    this.dataDir = parts.dataDir;
    this.#wire = parts.wire;
    this.simulator.events.on("arrived", (request) => this.#requests.push(request));
  }

  /** Lets time pass: timer after timer, each followed by all that it set off on the network. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    await this.#wire.quiet();
    for (;;) {
      const next = this.clock.nextAt;
      if (next === undefined || next > end) break;
      await this.clock.advance(next - this.clock.now());
      await this.#wire.quiet();
    }
    await this.clock.advance(end - this.clock.now());
    await this.#wire.quiet();
  }

  /** Cuts the broker's connections. */
  dropClients(): void {
    if ("dropClients" in this.broker) this.broker.dropClients();
  }

  /** Lets time pass in small steps until a message was seen. */
  async until(fits: (message: WatchedMessage) => boolean, limitMs = 20_000): Promise<WatchedMessage> {
    for (const end = this.clock.now() + limitMs; this.clock.now() < end; ) {
      await this.pass(STEP_MS);
      // A broker in another process answers in its own time.
      const found = this.#isElsewhere
        ? await this.seen.until(fits, STEP_MS).catch(() => undefined)
        : this.seen.messages.find(fits);
      if (found !== undefined) return found;
    }
    throw new Error(`not seen within ${limitMs} ms of the clock`);
  }

  /** Requests that reached Smartcar, by a part of their path. */
  asked(part: string): RequestRecord[] {
    return this.#requests.filter(({ path }) => path.includes(part));
  }

  forgetRequests(): void {
    this.#requests.length = 0;
  }

  /** The JSON that is retained on a topic of the car `test-<name>` now. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read foreign JSON; a wrong path fails the expectation
  retained(topic: string): any {
    const text = this.seen.current().get(`smartcar/${topic}`);
    return text === undefined ? undefined : JSON.parse(/^[A-Za-z]/.test(text) ? JSON.stringify(text) : text);
  }

  get #isElsewhere(): boolean {
    return !("aedes" in this.broker);
  }

  async ready(): Promise<{ status: number; smartcar: { ok: boolean; detail: string | null } }> {
    const response = await fetch(`${this.app.addresses.privateUrl}/readyz`);
    const { parts } = (await response.json()) as { parts: { smartcar: { ok: boolean; detail: string | null } } };
    return { status: response.status, smartcar: parts.smartcar };
  }

  async close(): Promise<void> {
    const stopped = this.app.stop(60_000);
    await this.seen.stop();
    for (let round = 0; round < 200; round++) {
      const done = await Promise.race([stopped.then(() => true), this.#wire.quiet().then(() => false)]);
      if (done) break;
      await this.clock.advance(500);
    }
    await stopped;
    await this.simulator.stop();
    if (!this.#isElsewhere) await this.broker.stop();
    this.#wire.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

const STEP_MS = 100;

export async function startLiveApp(options: LiveAppOptions = {}): Promise<LiveApp> {
  const clock = new FakeClock(options.startAt);
  const random = seededRandom();
  const cars = options.cars ?? [stillCar("a")];
  const broker = options.broker ?? (await startAedes());
  const wire = new Wire({ elsewhere: options.broker?.port });
  wire.start();
  const simulator = new Simulator({ clock, random, cars, ...options.simulator });
  wire.watch(simulator);
  await simulator.start();
  options.prepare?.(simulator);
  // Its own break before it connects again is not on our clock.
  const seen = await watch(broker.url, "smartcar/#", { reconnectPeriod: 1 });
  const dataDir = mkdtempSync(join(tmpdir(), "smartcar2mqtt-live-"));
  const redactor = new Redactor();
  const { config } = loadWell({
    redactor,
    env: {
      ...smartcarAt(simulator.url),
      MQTT_URL: broker.url,
      MQTT_VERSION: "3.1.1",
      HTTP_PORT: "0",
      HTTP_PUBLIC_PORT: "0",
      DATA_DIR: dataDir,
      ...options.env,
    },
  });
  const log = new FakeLog();
  const app = createApp(config, { clock, random, log, redactor, setLogLevel: () => undefined, version: "0.0.0-test" });
  const live = new LiveApp({ app, clock, log, simulator, broker, seen, dataDir, wire });
  await app.start();
  await seen.until(({ topic, payload }) => topic === "smartcar/bridge/state" && payload === "online");
  // Logging in, listing, reading and publishing follow one another.
  for (let step = 0; step < 4; step++) await live.pass(500);
  return live;
}
