import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../../src/lib/clock.ts";
import { Simulator } from "../../src/simulator/simulator.ts";
import { type MosquittoBroker, startMosquitto } from "../../test/support/brokers.ts";
import { stillCar } from "../../test/support/e2e-bench.ts";
import { freePort } from "../../test/support/free-port.ts";
import { type Watch, watch } from "../../test/support/mqtt-watch.ts";
import { type Program, startProgram } from "../../test/support/program.ts";
import { CREDENTIALS, smartcarAt } from "../../test/support/smartcar.ts";

/** Everything around the program: Mosquitto, Smartcar, somebody who watches the broker, and folders for its data. */
export interface World {
  readonly broker: MosquittoBroker;
  readonly simulator: Simulator;
  readonly seen: Watch;
  readonly vehicles: readonly { readonly id: string; readonly topic: string }[];
  readonly dataDir: string;
  /** A folder of the world's own, by name; made at first use. */
  folder(name: string): string;
  readonly webhookUrl: string;
  /** Starts the program; resolves at once, or when it listens. With another folder it keeps out of the first one's way. */
  run(options: { dataDir?: string; wait: boolean }): Promise<Program>;
  close(): Promise<void>;
}

export async function openWorld(random: () => number): Promise<World> {
  const root = mkdtempSync(join(tmpdir(), "smartcar2mqtt-crash-"));
  const cleanups: (() => unknown)[] = [() => rmSync(root, { recursive: true, force: true })];
  const close = async () => {
    for (const clean of cleanups.splice(0).reverse()) await clean();
  };
  try {
    const names = ["a", "b", "c"];
    const simulator = new Simulator({
      clock: systemClock,
      random,
      monthlyBudget: 10_000_000,
      ...CREDENTIALS,
      cars: names.map((name) => stillCar(name)),
    });
    await simulator.start();
    cleanups.push(() => simulator.stop());
    const broker = await startMosquitto();
    cleanups.push(() => broker.stop());
    const seen = await watch(broker.url, "smartcar/#");
    cleanups.push(() => seen.stop());
    const ports = { private: await freePort(), public: await freePort() };
    const env = {
      ...smartcarAt(simulator.url),
      MQTT_URL: broker.url,
      POLLING_MODE: "always",
      POLLING_MONTHLY_BUDGET: "0",
      LOG_LEVEL: "info",
      // The same code is compiled hundreds of times otherwise, and that is not what is measured.
      NODE_COMPILE_CACHE: join(root, "compiled"),
    };
    const folder = (name: string) => {
      mkdirSync(join(root, name), { recursive: true });
      return join(root, name);
    };
    let running: Program | undefined;
    cleanups.push(() => running?.close());
    const dataDir = folder("data");
    return {
      broker,
      simulator,
      seen,
      vehicles: names.map((name) => ({ id: `vehicle-${name}`, topic: `test-${name}` })),
      dataDir,
      folder,
      webhookUrl: `http://127.0.0.1:${ports.public}/webhooks/smartcar`,
      async run({ dataDir: other, wait }) {
        const apart = { MQTT_BASE_TOPIC: "apart", HOMEASSISTANT_ENABLED: "false", POLLING_MODE: "never" };
        running = await startProgram({
          env: other === undefined ? env : { ...env, ...apart },
          dataDir: other ?? dataDir,
          ports,
          dontWait: !wait,
        });
        return running;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
