import { mkdirSync, rmSync } from "node:fs";
import { connect as connectMqtt, type MqttClient } from "mqtt";
import { Agent, request } from "undici";
import { type App, createApp } from "../../src/app/app.ts";
import { loadConfig } from "../../src/config/load.ts";
import { WEBHOOK_PATH } from "../../src/http/public-server.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { Redactor } from "../../src/lib/redact.ts";
import { Simulator } from "../../src/simulator/simulator.ts";
import { type AedesBroker, startAedes } from "../../test/support/brokers.ts";
import { FakeLog } from "../../test/support/fake-log.ts";
import { smartcarAt } from "../../test/support/smartcar.ts";
import { fuzzFolder } from "./car-rig.ts";
import { HOSTILE_TEXTS } from "./hostile.ts";
import { cook, pick, type Recipe, randomOf } from "./recipe.ts";
import { Broken, must, type Target } from "./target.ts";
import { COMMAND_PAYLOADS, REQUEST_BODIES, WEBHOOK_BODIES } from "./templates.ts";
import { signed } from "./webhook-target.ts";

const KEY = "management-token-of-the-live-target";
const SECRET = "client-secret-of-the-live-target";
const COMMANDS = ["lock", "charging", "charge_limit", "charge_port", "destination", "charge_schedule", "refresh"];
const REQUESTS = ["republish", "polling", "log_level", "doctor", "__proto__", "nothing"];
const STATUSES = [200, 400, 401, 413, 429];
const METHODS = ["GET", "PUT", "PATCH", "DELETE"] as const;

/** The whole program in this process, knocked at from outside: over HTTP with a right signature, and over MQTT. */
export class LiveTarget implements Target {
  readonly name = "whole program";
  readonly weight = 8;
  #world: World | undefined;

  /** What it holds is bounded by itself, or it is a leak. */
  async renew(): Promise<void> {
    this.#world ??= await World.start();
  }

  async run(recipe: Recipe): Promise<void> {
    const world = this.#world;
    if (world === undefined) throw new Error("not renewed yet");
    if (recipe.aside % 3 === 0) await world.publish(recipe);
    else await world.post(recipe);
    world.check();
  }

  show(recipe: Recipe): string {
    if (recipe.aside % 3 !== 0) return cook(recipe, WEBHOOK_BODIES).toString("latin1");
    const { topic, payload } = messageOf(recipe);
    return `${topic} ${payload.toString("latin1")}`;
  }

  async close(): Promise<void> {
    await this.#world?.stop();
    this.#world = undefined;
  }
}

function messageOf(recipe: Recipe): { topic: string; payload: Buffer } {
  const { aside } = recipe;
  const isRequest = aside % 2 === 0;
  const topic = isRequest
    ? `smartcar/bridge/request/${pick(REQUESTS, aside)}`
    : `smartcar/volkswagen-id-4/${pick(COMMANDS, aside)}/set`;
  const text = pick(HOSTILE_TEXTS, aside);
  const payload = aside % 7 === 0 ? Buffer.from(text) : cook(recipe, isRequest ? REQUEST_BODIES : COMMAND_PAYLOADS);
  return { topic, payload };
}

interface Neighbours {
  readonly broker: AedesBroker;
  readonly simulator: Simulator;
  readonly client: MqttClient;
}

class World {
  readonly #app: App;
  readonly #agent = new Agent({ pipelining: 1, connections: 4 });
  readonly #parts: Neighbours;
  readonly #log: FakeLog;
  readonly #dir: string;

  private constructor(app: App, parts: Neighbours, log: FakeLog, dir: string) {
    this.#app = app;
    this.#parts = parts;
    this.#log = log;
    this.#dir = dir;
  }

  static async start(): Promise<World> {
    const broker = await startAedes();
    const cars = [{ vehicleId: "veh-1", userId: "user-1", signals: {} }];
    const credentials = { clientId: "client_live", clientSecret: SECRET, managementToken: KEY };
    const random = randomOf(1);
    const simulator = new Simulator({ clock: systemClock, random, cars, ...credentials });
    await simulator.start();
    const dir = fuzzFolder();
    mkdirSync(`${dir}/data`);
    const redactor = new Redactor();
    const loaded = loadConfig({
      env: {
        ...smartcarAt(simulator.url, credentials),
        MQTT_URL: broker.url,
        MQTT_VERSION: "3.1.1",
        HTTP_PORT: "0",
        HTTP_PUBLIC_PORT: "0",
        POLLING_MODE: "never",
        POLLING_MONTHLY_BUDGET: "0",
        DATA_DIR: `${dir}/data`,
      },
      cwd: dir,
      redactor,
    });
    if (!loaded.ok) throw new Error(loaded.problems.join("\n"));
    const log = new FakeLog();
    const app = createApp(loaded.config, {
      clock: systemClock,
      random,
      log,
      redactor,
      setLogLevel: () => undefined,
      version: "0",
    });
    await app.start();
    const client = connectMqtt(broker.url, { protocolVersion: 4, clientId: "stranger" });
    await client.subscribeAsync("smartcar/bridge/response/#", { qos: 1 });
    const world = new World(app, { broker, simulator, client }, log, dir);
    await world.#settle();
    return world;
  }

  async post(recipe: Recipe): Promise<void> {
    const body = cook(recipe, WEBHOOK_BODIES);
    const { aside } = recipe;
    const wrongMethod = aside % 31 === 0;
    const answer = await request(`${this.#app.addresses.publicUrl}${WEBHOOK_PATH}`, {
      dispatcher: this.#agent,
      method: wrongMethod ? pick(METHODS, aside) : "POST",
      headers: {
        "sc-signature": aside % 17 === 0 ? "0".repeat(64) : signed(KEY, body),
        "content-type": pick(["application/json", "text/plain", "nonsense", "multipart/form-data; boundary=x"], aside),
        ...(aside % 5 === 0 ? { "content-encoding": pick(["gzip", "br", "deflate", "x"], aside) } : {}),
      },
      body: wrongMethod ? null : body,
    });
    await answer.body.dump();
    const allowed = wrongMethod ? [405] : STATUSES;
    must(allowed.includes(answer.statusCode), `${answer.statusCode} for a webhook`);
  }

  /** Publishes something, and waits until the program has looked at it: it answers whoever asks after it. */
  async publish(recipe: Recipe): Promise<void> {
    const { topic, payload } = messageOf(recipe);
    await this.#parts.client.publishAsync(topic, payload, { qos: 1 });
    if (recipe.aside % 30 === 0) await this.#settle();
  }

  check(): void {
    const lines = this.#log.lines.splice(0);
    const bad = lines.find(({ level }) => level === "error" || level === "fatal");
    if (bad === undefined) return;
    const { err } = bad.fields as { readonly err?: unknown };
    throw err instanceof Error ? err : new Broken(`${bad.message}: ${JSON.stringify(bad.fields)}`);
  }

  async stop(): Promise<void> {
    await this.#app.stop(5_000);
    await this.#agent.close();
    await this.#parts.client.endAsync(true);
    await this.#parts.simulator.stop();
    await this.#parts.broker.stop();
    rmSync(this.#dir, { recursive: true, force: true });
  }

  async #settle(): Promise<void> {
    const { client } = this.#parts;
    const id = `fence-${performance.now()}`;
    await new Promise<void>((resolve, reject) => {
      const limit = setTimeout(() => done(new Broken("the program does not answer any more")), 20_000);
      const again = setInterval(ask, 500);
      const look = (_topic: string, payload: Buffer) => {
        if (payload.includes(id)) done();
      };
      function ask(): void {
        client.publish("smartcar/bridge/request/doctor", JSON.stringify({ id }), { qos: 1 });
      }
      function done(error?: Error): void {
        clearTimeout(limit);
        clearInterval(again);
        client.off("message", look);
        if (error === undefined) resolve();
        else reject(error);
      }
      client.on("message", look);
      ask();
    });
  }
}
