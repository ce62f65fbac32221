import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { IClientOptions } from "mqtt";
import { systemClock } from "../../src/lib/clock.ts";
import type { CarOptions } from "../../src/simulator/car-options.ts";
import type { RequestRecord } from "../../src/simulator/request-log.ts";
import { Simulator, type SimulatorOptions } from "../../src/simulator/simulator.ts";
import { type MosquittoBroker, type MosquittoOptions, startAedes, startMosquitto, type TestBroker } from "./brokers.ts";
import { freePort } from "./free-port.ts";
import { type Watch, watch } from "./mqtt-watch.ts";
import { type Program, startProgram } from "./program.ts";
import { seededRandom } from "./seeded-random.ts";
import { CREDENTIALS, smartcarAt } from "./smartcar.ts";

/** A car that only moves by script or command. Its topic is `test-<name>`. */
export function stillCar(name: string, options: CarOptions = {}): CarOptions {
  return {
    vehicleId: `vehicle-${name}`,
    userId: `user-${name}`,
    make: "TEST",
    model: name,
    effectDelayMs: 20,
    ...options,
    signals: {
      "tractionbattery-stateofcharge": { value: 50, unit: "percent" },
      "closure-islocked": { value: false },
      "charge-ischarging": { value: false },
      "charge-ischargingcableconnected": { value: true },
      "charge-chargelimits": {
        values: [{ type: "GLOBAL", limit: 90, condition: null }],
        activeLimit: 90,
        unit: "percent",
      },
      ...options.signals,
    },
  };
}

export interface BenchOptions {
  /** Default Mosquitto and MQTT 5; aedes speaks 3.1.1 only. */
  readonly broker?: "mosquitto" | "aedes";
  readonly mosquitto?: MosquittoOptions;
  readonly cars?: readonly CarOptions[];
  readonly simulator?: Partial<SimulatorOptions>;
  readonly env?: Readonly<Record<string, string>>;
  /** The program's file, and options for Node.js itself; otherwise it runs from its sources. */
  readonly main?: string;
  readonly nodeArgs?: readonly string[];
  /** Not running until `openSimulator`. */
  readonly smartcar?: "down";
  /** Whether the cars are subscribed to the program's webhook once it runs; default true. */
  readonly webhook?: boolean;
  /** Where the program keeps its data; otherwise a folder of its own, removed at the end. */
  readonly dataDir?: string;
}

/** A broker, Smartcar and somebody who watches the broker, wired to the real program by its environment alone. */
export class Bench {
  readonly broker: TestBroker | MosquittoBroker;
  readonly seen: Watch;
  readonly dataDir: string;
  readonly #options: BenchOptions;
  readonly #smartcarPort: number;
  readonly ports: { readonly private: number; readonly public: number };
  readonly #cleanups: (() => unknown)[];
  readonly #newSimulator: () => Simulator;
  #simulator: Simulator | undefined;
  #program: Program | undefined;
  /** Messages from before the last start. */
  #seenBefore = 0;

  constructor(parts: {
    broker: TestBroker | MosquittoBroker;
    newSimulator: () => Simulator;
    seen: Watch;
    dataDir: string;
    ports: { readonly private: number; readonly public: number };
    smartcarPort: number;
    options: BenchOptions;
    cleanups: (() => unknown)[];
  }) {
    this.broker = parts.broker;
    this.#newSimulator = parts.newSimulator;
    this.seen = parts.seen;
    this.dataDir = parts.dataDir;
    this.ports = parts.ports;
    this.#smartcarPort = parts.smartcarPort;
    this.#options = parts.options;
    this.#cleanups = parts.cleanups;
  }

  get simulator(): Simulator {
    if (this.#simulator === undefined) throw new Error("the simulator was not started");
    return this.#simulator;
  }

  /** Starts Smartcar. */
  async openSimulator(): Promise<void> {
    const simulator = this.#newSimulator();
    this.#simulator = simulator;
    this.#cleanups.push(() => simulator.stop());
    await simulator.start();
  }

  get program(): Program {
    if (this.#program === undefined) throw new Error("the program was not started");
    return this.#program;
  }

  get mosquitto(): MosquittoBroker {
    if (!("restart" in this.broker)) throw new Error("the broker is not Mosquitto");
    return this.broker;
  }

  get environment(): Readonly<Record<string, string>> {
    return {
      ...smartcarAt(`http://127.0.0.1:${this.#smartcarPort}`),
      MQTT_URL: this.broker.url,
      ...(this.#options.broker === "aedes" ? { MQTT_VERSION: "3.1.1" } : {}),
      ...this.#options.env,
    };
  }

  /** Starts the program, also once more after it ended: with the same ports and data. */
  async start({ connected = true, limitMs }: { connected?: boolean; limitMs?: number } = {}): Promise<Program> {
    this.#seenBefore = this.seen.messages.length;
    const { main, nodeArgs } = this.#options;
    this.#program = await startProgram({
      env: this.environment,
      dataDir: this.dataDir,
      ports: this.ports,
      ...(main !== undefined && { main }),
      ...(nodeArgs !== undefined && { nodeArgs }),
      ...(limitMs !== undefined && { startLimitMs: limitMs }),
    });
    if (this.#options.webhook !== false && this.simulator.webhooks().length === 0) await this.subscribe();
    // From here on it hears commands.
    if (connected) await this.#program.line(({ msg }) => msg === "connected to the MQTT broker");
    return this.#program;
  }

  /** Has the cars' deliveries sent to the program. */
  async subscribe(): Promise<void> {
    await this.simulator.setWebhook({ callbackUrl: this.program.webhookUrl, subscribe: "all" });
  }

  /** Ends the program and waits for its end. */
  async end(signal: NodeJS.Signals): Promise<{ code: number | null; ms: number }> {
    const startedAt = performance.now();
    this.program.kill(signal);
    const { code } = await this.program.exit;
    return { code, ms: performance.now() - startedAt };
  }

  /** Resolves once the program, since its last start, has shown every car that is known by then. */
  async shown(): Promise<void> {
    const topics = this.simulator
      .cars()
      .map(({ make, model }) => `smartcar/${make}-${model}/charge_limit`.toLowerCase());
    await this.seen.untilAll((messages) => {
      const shown = new Set(messages.slice(this.#seenBefore).map(({ topic }) => topic));
      return topics.every((topic) => shown.has(topic));
    });
  }

  /** Requests to the simulator for one of its cars whose path contains `part`, oldest first. */
  requests(car: string, part: string): RequestRecord[] {
    return this.simulator
      .requests()
      .filter(({ path }) => path.startsWith(`/v3/vehicles/${car}/`) && path.includes(part));
  }

  /** Resolves with the next request that the simulator has answered, or dropped. */
  nextRequest(fits: (request: RequestRecord) => boolean): Promise<RequestRecord> {
    return new Promise((resolve) => {
      const off = this.simulator.events.on("request", (request) => {
        if (!fits(request)) return;
        off();
        resolve(request);
      });
    });
  }

  /** Somebody who comes now and sees what is retained, and what follows. */
  async lateWatch(filter: string | string[] = "#", options: IClientOptions = {}): Promise<Watch> {
    const late = await watch(this.broker.url, filter, options);
    this.#cleanups.push(() => late.stop());
    return late;
  }

  /** What is retained now, by topic. Mosquitto sends all of it before anything that comes later. */
  async retained(filter = "#"): Promise<Map<string, string>> {
    const late = await this.lateWatch([filter, "e2e/fence"]);
    await late.publish("e2e/fence", "");
    await late.until(({ topic }) => topic === "e2e/fence");
    const topics = late.current();
    topics.delete("e2e/fence");
    return topics;
  }

  async close(): Promise<void> {
    await this.#program?.close();
    for (const clean of this.#cleanups.splice(0).reverse()) await clean();
  }
}

/** Everything but the program, which `start` of the bench brings up. */
export async function openBench(options: BenchOptions = {}): Promise<Bench> {
  const cleanups: (() => unknown)[] = [];
  try {
    const broker = options.broker === "aedes" ? await startAedes() : await startMosquitto(options.mosquitto);
    cleanups.push(() => broker.stop());
    const { cars = [stillCar("a")] } = options;
    const port = await freePort();
    const newSimulator = () =>
      new Simulator({
        clock: systemClock,
        random: seededRandom(),
        cars,
        port,
        ...CREDENTIALS,
        ...options.simulator,
      });
    const seen = await watch(broker.url, "#");
    cleanups.push(() => seen.stop());
    const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "smartcar2mqtt-e2e-"));
    if (options.dataDir === undefined) cleanups.push(() => rmSync(dataDir, { recursive: true, force: true }));
    const ports = { private: await freePort(), public: await freePort() };
    const bench = new Bench({ broker, newSimulator, seen, dataDir, ports, smartcarPort: port, options, cleanups });
    if (options.smartcar !== "down") await bench.openSimulator();
    return bench;
  } catch (error) {
    for (const clean of cleanups.reverse()) await clean();
    throw error;
  }
}

/** A bench with the program running on it. */
export async function startBench(options: BenchOptions = {}): Promise<Bench> {
  const bench = await openBench(options);
  try {
    await bench.start();
    return bench;
  } catch (error) {
    await bench.close();
    throw error;
  }
}
