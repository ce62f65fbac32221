import { subscribe, unsubscribe } from "node:diagnostics_channel";
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
  readonly #io: RealIo;
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
    io: RealIo;
  }) {
    this.app = parts.app;
    this.clock = parts.clock;
    this.log = parts.log;
    this.simulator = parts.simulator;
    this.broker = parts.broker;
    this.seen = parts.seen;
    this.dataDir = parts.dataDir;
    this.#io = parts.io;
    this.simulator.events.on("arrived", (request) => this.#requests.push(request));
  }

  /** Lets time pass: timer after timer, each followed by what it set off on the network. */
  async pass(ms: number): Promise<void> {
    await this.#advance(ms);
    // Between MQTT's packets a kernel may wait for 40 ms to acknowledge; what was said in the end is seen then.
    await this.seen.until(() => false, MQTT_CALM_MS).catch(() => undefined);
    await this.#io.quiet();
  }

  /** As `pass`, without a look at what MQTT says. */
  step(ms: number): Promise<void> {
    return this.#advance(ms);
  }

  /** Cuts the broker's connections. */
  dropClients(): void {
    if ("dropClients" in this.broker) this.broker.dropClients();
  }

  /** Lets time pass in small steps until a message was seen. */
  async until(fits: (message: WatchedMessage) => boolean, limitMs = 20_000): Promise<WatchedMessage> {
    for (const end = this.clock.now() + limitMs; this.clock.now() < end; ) {
      await this.#advance(100);
      const found = await this.seen.until(fits, MQTT_CALM_MS).catch(() => undefined);
      if (found !== undefined) return found;
    }
    throw new Error(`not seen within ${limitMs} ms of the clock`);
  }

  async #advance(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    await this.#io.quiet();
    for (;;) {
      const next = this.clock.nextAt;
      if (next === undefined || next > end) break;
      await this.clock.advance(next - this.clock.now());
      await this.#io.quiet();
    }
    await this.clock.advance(end - this.clock.now());
    await this.#io.quiet();
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

  async ready(): Promise<{ status: number; smartcar: { ok: boolean; detail: string | null } }> {
    const response = await fetch(`${this.app.addresses.privateUrl}/readyz`);
    const { parts } = (await response.json()) as { parts: { smartcar: { ok: boolean; detail: string | null } } };
    return { status: response.status, smartcar: parts.smartcar };
  }

  async close(): Promise<void> {
    const stopped = this.app.stop(60_000);
    await this.seen.stop();
    for (let round = 0; round < 200; round++) {
      const done = await Promise.race([stopped.then(() => true), this.#io.quiet().then(() => false)]);
      if (done) break;
      await this.clock.advance(500);
    }
    await stopped;
    await this.simulator.stop();
    if ("aedes" in this.broker) await this.broker.stop();
    this.#io.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

export async function startLiveApp(options: LiveAppOptions = {}): Promise<LiveApp> {
  const clock = new FakeClock(options.startAt);
  const random = seededRandom();
  const cars = options.cars ?? [stillCar("a")];
  const simulator = new Simulator({ clock, random, cars, ...options.simulator });
  await simulator.start();
  options.prepare?.(simulator);
  const broker = options.broker ?? (await startAedes());
  const seen = await watch(broker.url, "smartcar/#");
  const dataDir = mkdtempSync(join(tmpdir(), "smartcar2mqtt-live-"));
  const redactor = new Redactor();
  const { config } = loadWell({
    redactor,
    env: {
      SMARTCAR_CLIENT_ID: "client_simulator",
      SMARTCAR_CLIENT_SECRET: "simulator-secret",
      SMARTCAR_MANAGEMENT_TOKEN: "simulator-management-token",
      SMARTCAR_IAM_URL: simulator.url,
      SMARTCAR_VEHICLE_API_URL: `${simulator.url}/v3`,
      SMARTCAR_MANAGEMENT_API_URL: `${simulator.url}/v3`,
      SMARTCAR_CONNECT_URL: simulator.url,
      MQTT_URL: broker.url,
      MQTT_VERSION: "3.1.1",
      HTTP_PORT: "0",
      HTTP_PUBLIC_PORT: "0",
      DATA_DIR: dataDir,
      ...options.env,
    },
  });
  const log = new FakeLog();
  const io = new RealIo(simulator);
  const app = createApp(config, { clock, random, log, redactor, setLogLevel: () => undefined, version: "0.0.0-test" });
  const live = new LiveApp({ app, clock, log, simulator, broker, seen, dataDir, io });
  await app.start();
  await seen.until(({ topic, payload }) => topic === "smartcar/bridge/state" && payload === "online");
  // Logging in, listing, reading and publishing follow one another.
  for (let step = 0; step < 4; step++) await live.pass(500);
  return live;
}

const STUCK_MS = 2_000;
const MQTT_CALM_MS = 60;

/** Knows whether calls are still on their way, since the clock of the test must not run ahead of them. */
class RealIo {
  #pending = 0;
  /** Those of them whose answer the simulator holds back until its time has come. */
  #held = 0;
  #movedAt = 0;
  readonly #begin = () => this.#move(1);
  readonly #end = () => this.#move(-1);

  constructor(simulator: Simulator) {
    simulator.events.on("arrived", () => {
      this.#held++;
    });
    simulator.events.on("request", () => {
      this.#held--;
    });
    subscribe("undici:request:create", this.#begin);
    subscribe("undici:request:trailers", this.#end);
    subscribe("undici:request:error", this.#end);
  }

  stop(): void {
    unsubscribe("undici:request:create", this.#begin);
    unsubscribe("undici:request:trailers", this.#end);
    unsubscribe("undici:request:error", this.#end);
  }

  /** Resolves when nothing is on its way any more but what is held back on purpose. */
  async quiet(): Promise<void> {
    for (let calm = 0; calm < 12; ) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.#pending <= this.#held) calm++;
      else if (performance.now() - this.#movedAt > STUCK_MS) return;
      else calm = 0;
    }
  }

  #move(by: number): void {
    this.#pending += by;
    this.#movedAt = performance.now();
  }
}
