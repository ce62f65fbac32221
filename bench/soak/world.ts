import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type App, createApp } from "../../src/app/app.ts";
import type { Config } from "../../src/config/schema.ts";
import { minutes, seconds } from "../../src/lib/duration.ts";
import { Redactor } from "../../src/lib/redact.ts";
import { Simulator } from "../../src/simulator/simulator.ts";
import { type AedesBroker, startAedes } from "../../test/support/brokers.ts";
import { loadWell } from "../../test/support/configuration.ts";
import { freePort } from "../../test/support/free-port.ts";
import { type Watch, watch } from "../../test/support/mqtt-watch.ts";
import { seededRandom } from "../../test/support/seeded-random.ts";
import { smartcarAt } from "../../test/support/smartcar.ts";
import { Wire } from "../../test/support/wire.ts";
import { FastClock } from "../fast-clock.ts";
import { CallBook } from "./call-book.ts";
import { TallyLog } from "./tally-log.ts";

/** How often the cars' lives move on. */
const LIFE_STEP_MS = minutes(10);
const SHARED_MEMORY = "/dev/shm";
const SECOND_WEBHOOK = "8d0f3c52-6b1e-4f7a-a333-000000000002";

/** The cars by how they are told of: one by webhook, one by what the free plan lets a webhook carry, one by asking. */
export const CARS = [
  { living: "battery", topic: "volkswagen-id-4", vehicleId: "2b7a6c1e-0d3f-4e5b-a111-000000000001", told: "webhook" },
  { living: "hybrid", topic: "volvo-xc60", vehicleId: "2b7a6c1e-0d3f-4e5b-a111-000000000002", told: "free webhook" },
  { living: "petrol", topic: "toyota-corolla", vehicleId: "2b7a6c1e-0d3f-4e5b-a111-000000000003", told: "polls" },
] as const;

/** The whole program in this process, with three living cars, Smartcar and a broker over real sockets, on one clock. */
export class SoakWorld {
  readonly clock: FastClock;
  readonly log = new TallyLog();
  readonly calls: CallBook;
  readonly simulator: Simulator;
  readonly broker: AedesBroker;
  readonly seen: Watch;
  readonly dataDir: string;
  readonly #wire: Wire;
  readonly #config: Config;
  readonly #redactor: Redactor;
  readonly #random = seededRandom();
  #app: App | undefined;

  private constructor(parts: {
    clock: FastClock;
    wire: Wire;
    calls: CallBook;
    simulator: Simulator;
    broker: AedesBroker;
    seen: Watch;
    dataDir: string;
    config: Config;
    redactor: Redactor;
  }) {
    this.clock = parts.clock;
    this.#wire = parts.wire;
    this.calls = parts.calls;
    this.simulator = parts.simulator;
    this.broker = parts.broker;
    this.seen = parts.seen;
    this.dataDir = parts.dataDir;
    this.#config = parts.config;
    this.#redactor = parts.redactor;
  }

  static async open(startAt: number): Promise<SoakWorld> {
    const wire = new Wire();
    wire.start();
    const clock = new FastClock(startAt, () => wire.quiet());
    const simulator = new Simulator({
      clock,
      random: seededRandom(),
      cars: CARS.map(({ living }) => ({ living })),
      tickMs: LIFE_STEP_MS,
    });
    wire.watch(simulator);
    const calls = new CallBook(simulator);
    await simulator.start();
    const broker = await startAedes();
    const seen = await watch(broker.url, ["smartcar/+/+/result", "smartcar/bridge/response/+"]);
    // In memory where there is such a disk: a year of waiting for `fsync` would measure the disk.
    const dataDir = mkdtempSync(join(existsSync(SHARED_MEMORY) ? SHARED_MEMORY : tmpdir(), "smartcar2mqtt-soak-"));
    const publicPort = await freePort();
    const redactor = new Redactor();
    const { config } = loadWell({
      redactor,
      env: {
        ...smartcarAt(simulator.url),
        SMARTCAR_AUTO_SUBSCRIBE: "false",
        MQTT_URL: broker.url,
        MQTT_VERSION: "3.1.1",
        HTTP_PORT: "0",
        HTTP_PUBLIC_PORT: String(publicPort),
        HTTP_PUBLIC_URL: `http://127.0.0.1:${publicPort}`,
        DATA_DIR: dataDir,
      },
    });
    const world = new SoakWorld({ clock, wire, calls, simulator, broker, seen, dataDir, config, redactor });
    await world.start();
    await world.#subscribe(`http://127.0.0.1:${publicPort}/webhooks/smartcar`);
    return world;
  }

  /** Starts the program, also once more after its end: with the same data. */
  async start(): Promise<void> {
    this.#app = createApp(this.#config, {
      clock: this.clock,
      random: this.#random,
      log: this.log,
      redactor: this.#redactor,
      setLogLevel: () => undefined,
      version: "0.0.0-soak",
    });
    await this.#app.start();
    await this.pass(seconds(10));
  }

  /** Ends the program in order. Returns what did not end so. */
  async stop(): Promise<readonly string[]> {
    const stopped = this.#app?.stop(minutes(1)) ?? Promise.resolve([]);
    this.#app = undefined;
    let isStopped = false;
    void stopped.then(() => {
      isStopped = true;
    });
    while (!isStopped) await this.pass(100);
    return (await stopped).map(({ part, error }) => `${part}: ${error.message}`);
  }

  async pass(ms: number): Promise<void> {
    await this.clock.advanceTo(this.clock.now() + ms);
  }

  /** What is retained now, by topic. */
  async retained(filter: string): Promise<Map<string, string>> {
    const late = await watch(this.broker.url, filter);
    try {
      await this.#wire.quiet();
      return late.current();
    } finally {
      await late.stop();
      await this.#wire.quiet();
    }
  }

  async close(): Promise<void> {
    await this.simulator.stop();
    await this.seen.stop();
    await this.broker.stop();
    this.#wire.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  async #subscribe(callbackUrl: string): Promise<void> {
    const [full, free] = CARS;
    await this.simulator.setWebhook({ callbackUrl, subscribe: [full.vehicleId] });
    const id = SECOND_WEBHOOK;
    await this.simulator.setWebhook({ id, callbackUrl, subscribe: [free.vehicleId], triggers: "free", data: "free" });
    await this.pass(seconds(10));
  }
}
