import type { FastifyInstance } from "fastify";
import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { seconds } from "../lib/duration.ts";
import { AppError } from "../lib/errors.ts";
import { Events } from "../lib/events.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { Log } from "../lib/log.ts";
import type { CarOptions } from "./car-options.ts";
import { type CarView, carView } from "./car-view.ts";
import { Cloud } from "./cloud.ts";
import type { VehicleFault } from "./event-payload.ts";
import { type Fault, type FaultInput, faultSchema } from "./fault.ts";
import type { HandDeliveryResult } from "./hand-delivery.ts";
import { refuse } from "./refusal.ts";
import type { RequestRecord } from "./request-log.ts";
import { cloudRoutes } from "./routes/cloud.ts";
import { scriptRoutes } from "./routes/script.ts";
import {
  type CarPatch,
  deliverSchema,
  type HandDeliveryInput,
  type SignalScript,
  type WebhookChange,
} from "./script-schema.ts";
import type { DeliveryRecord } from "./sender.ts";
import { createServer, localUrl } from "./server.ts";
import { MAIN_WEBHOOK_ID } from "./stage.ts";
import type { VerifyRequest, VerifyResult } from "./verification.ts";
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
export class Simulator implements Part {
  readonly events: Events<SimulatorEvents>;
  readonly #options: SimulatorOptions & typeof DEFAULTS;
  readonly #cloud: Cloud;
  readonly #stopping = new AbortController();
  #app: FastifyInstance | undefined;
  #verifying: Promise<void> = Promise.resolve();
  #url: string | undefined;

  constructor(options: SimulatorOptions) {
    this.#options = { ...DEFAULTS, ...options };
    this.events = new Events((event, error) => options.log?.error({ event, error }, "simulator listener failed"));
    this.#cloud = new Cloud(this.#options, {
      onArrived: (record) => this.events.emit("arrived", record),
      onFinished: (record) => this.events.emit("request", record),
      onAttempt: (record) => this.#attempted(record),
      onVerified: (webhook) => {
        options.log?.info({ webhook: webhook.id, callback: webhook.callbackUrl }, "simulator webhook verified");
        this.events.emit("verified", webhook);
      },
    });
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

  cars(): CarView[] {
    return this.#cloud.garage.all().map((car) => carView(car, this.#cloud.billing));
  }

  /** Adds a car, connected; one of the same id is replaced. */
  addCar(options: CarOptions): CarView {
    return carView(this.#cloud.stage.addCar(options), this.#cloud.billing);
  }

  patchCar(vehicleId: string, patch: CarPatch): CarView {
    return carView(this.#cloud.stage.patchCar(vehicleId, patch), this.#cloud.billing);
  }

  removeCar(vehicleId: string): boolean {
    return this.#cloud.stage.removeCar(vehicleId);
  }

  /** Fixes a signal, delivering it unless told not to; null gives it back to the car. */
  setSignal(vehicleId: string, code: string, script: SignalScript | null, { deliver = true } = {}): void {
    this.#cloud.stage.setSignals(vehicleId, { [code]: script }, deliver);
  }

  /** Sends one VEHICLE_ERROR with these faults. */
  sendErrors(vehicleId: string, faults: readonly VehicleFault[]): void {
    this.#cloud.stage.sendFaults(vehicleId, faults);
  }

  /** Moves the cars' world on, at once. */
  advance(seconds: number): void {
    this.#cloud.world.advance(seconds * 1_000);
  }

  /** @returns the fault's id. */
  addFault(fault: FaultInput): string {
    const id = this.#cloud.faults.add(faultSchema.parse(fault));
    if (id === undefined) throw refuse(400, "VALIDATION", null, "too many faults are waiting; clear them first");
    return id;
  }

  faults(): { id: string; fault: Fault; left: number | null }[] {
    return this.#cloud.faults.list();
  }

  clearFaults(): void {
    this.#cloud.faults.clear();
  }

  requests(): RequestRecord[] {
    return this.#cloud.requests.list();
  }

  resetRequests(): void {
    this.#cloud.requests.reset();
  }

  setLimits({ bucket, monthlyBudget }: { bucket?: number | undefined; monthlyBudget?: number | undefined }): void {
    if (bucket !== undefined) this.#cloud.bucket.level = bucket;
    if (monthlyBudget !== undefined) this.#cloud.billing.budget = monthlyBudget;
  }

  /** Every token issued so far is refused from now on. */
  revokeTokens(): void {
    this.#cloud.tokens.revokeAll();
  }

  webhooks(): Webhook[] {
    return this.#cloud.book.webhooks();
  }

  /** Creates or changes a webhook and asks a new callback to VERIFY, once, as the dashboard does. */
  async setWebhook(change: WebhookChange): Promise<Webhook> {
    const { webhook, needsVerify } = this.#cloud.stage.saveWebhook(change);
    if (needsVerify) await this.#cloud.verification.verify(webhook);
    return this.#cloud.book.webhook(webhook.id) ?? webhook;
  }

  async verify({
    id = MAIN_WEBHOOK_ID,
    ...request
  }: VerifyRequest & { id?: string | undefined } = {}): Promise<VerifyResult> {
    const webhook = this.#cloud.book.webhook(id);
    if (webhook === undefined) throw refuse(404, "RESOURCE_NOT_FOUND", "WEBHOOK_NOT_FOUND", "there is no such webhook");
    return await this.#cloud.verification.verify(webhook, request);
  }

  /** Sends hand-made deliveries, one attempt each, one after the other. */
  async deliver(...requests: HandDeliveryInput[]): Promise<HandDeliveryResult[]> {
    const results: HandDeliveryResult[] = [];
    for (const input of requests) {
      const request = deliverSchema.parse(input);
      const webhook = this.#cloud.book.webhook(request.webhookId ?? MAIN_WEBHOOK_ID);
      results.push(...(await this.#cloud.handDelivery.deliver(request, webhook)));
    }
    return results;
  }

  deliveries(): DeliveryRecord[] {
    return this.#cloud.sender.records();
  }

  #attempted(record: DeliveryRecord): void {
    if (record.state === "dropped") {
      this.#options.log?.warn({ event: record.eventId, vehicle: record.vehicleId }, "simulator dropped a delivery");
    }
    this.events.emit("attempt", record);
  }
}
