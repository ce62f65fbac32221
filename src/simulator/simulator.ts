import type { FastifyInstance } from "fastify";
import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { seconds } from "../lib/duration.ts";
import { AppError } from "../lib/errors.ts";
import { Events } from "../lib/events.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { Log } from "../lib/log.ts";
import type { CarOptions } from "./car-options.ts";
import { Cloud } from "./cloud.ts";
import { Controls } from "./controls.ts";
import type { RequestRecord } from "./request-log.ts";
import { cloudRoutes } from "./routes/cloud.ts";
import { scriptRoutes } from "./routes/script.ts";
import type { DeliveryRecord } from "./sender.ts";
import { createServer, localUrl } from "./server.ts";
import type { Webhook } from "./webhook.ts";

const DEFAULTS = {
  host: "127.0.0.1",
  port: 0,
  speed: 1,
  tickMs: seconds(1),
  clientId: "client_simulator",
  clientSecret: "simulator-secret",
  applicationId: "3e8a1f5d-9c2b-4d6e-a444-000000000001",
  managementToken: "simulator-management-token",
  tokenLifetimeS: 3_600,
  monthlyBudget: 500,
  emptyStoreWithoutWebhook: false,
  quiet: false,
};

const LIVING_CARS: readonly CarOptions[] = [{ living: "battery" }, { living: "hybrid" }, { living: "petrol" }];

export interface SimulatorOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** How much faster than the clock the cars live; default 1. */
  readonly speed?: number;
  /** How often they move on, by the clock; default 1 s. A long time is played in large steps. */
  readonly tickMs?: number;
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly applicationId?: string;
  readonly managementToken?: string;
  readonly tokenLifetimeS?: number;
  readonly monthlyBudget?: number;
  /** Registered as the webhook's callback at start, every car subscribed, and asked to VERIFY until it answers. */
  readonly webhookUrl?: string;
  /** Default: the three living cars. */
  readonly cars?: readonly CarOptions[] | "living";
  /** Cars without a delivering webhook have an empty signal list, as in Smartcar's store. */
  readonly emptyStoreWithoutWebhook?: boolean;
  /** Delivers only what it is given to deliver; what changes in the cars is told to nobody. */
  readonly quiet?: boolean;
  readonly log?: Log;
}

export interface SimulatorEvents {
  /** A request came in; a fault may hold its answer back. */
  arrived: RequestRecord;
  /** A request was answered, or dropped. */
  request: RequestRecord;
  /** An attempt to deliver came to its end. */
  attempt: DeliveryRecord;
  verified: Webhook;
}

/** A Smartcar V3 stand-in: token, vehicle and management API, Connect and webhooks on one HTTP port. */
export class Simulator extends Controls implements Part {
  readonly events: Events<SimulatorEvents>;
  readonly #options: SimulatorOptions & typeof DEFAULTS;
  readonly #cloud: Cloud;
  readonly #stopping = new AbortController();
  #app: FastifyInstance | undefined;
  #verifying: Promise<void> = Promise.resolve();
  #url: string | undefined;

  constructor(given: SimulatorOptions) {
    const options = { ...DEFAULTS, ...given };
    const { log } = options;
    const events = new Events<SimulatorEvents>((event, error) =>
      log?.error({ event, error }, "simulator listener failed"),
    );
    const cloud = new Cloud(options, {
      onArrived: (record) => events.emit("arrived", record),
      onFinished: (record) => events.emit("request", record),
      onAttempt: (record) => {
        const { state, eventId: event, vehicleId: vehicle } = record;
        if (state === "dropped") log?.warn({ event, vehicle }, "simulator dropped a delivery");
        events.emit("attempt", record);
      },
      onVerified: (webhook) => {
        log?.info({ webhook: webhook.id, callback: webhook.callbackUrl }, "simulator webhook verified");
        events.emit("verified", webhook);
      },
    });
    super(cloud);
    this.#options = options;
    this.#cloud = cloud;
    this.events = events;
  }

  async start(): Promise<void> {
    const { host, port, cars = "living", webhookUrl, log } = this.#options;
    for (const car of cars === "living" ? LIVING_CARS : cars) this.#cloud.stage.addCar(car);
    this.#app = createServer();
    cloudRoutes(this.#app, this.#cloud, {
      ...this.#options,
      stopping: this.#stopping.signal,
      onBug: (error) => log?.error({ error }, "simulator handler failed"),
    });
    scriptRoutes(this.#app, this);
    await this.#app.listen({ host, port });
    this.#url = localUrl(this.#app, host);
    this.#cloud.world.start();
    if (webhookUrl !== undefined) {
      const { webhook } = this.#cloud.stage.saveWebhook({ callbackUrl: webhookUrl, subscribe: "all" });
      this.#verifying = this.#cloud.verification.verifyPatiently(webhook);
    }
    log?.info({ url: this.#url }, "simulator listening");
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#app?.close();
    await this.#cloud.stop();
    await this.#verifying;
  }

  /** Where it listens. @throws AppError before it was started. */
  get url(): string {
    if (this.#url === undefined) {
      throw new AppError("SIMULATOR_NOT_STARTED", "the simulator has no address yet", { disposition: "bug" });
    }
    return this.#url;
  }
}
