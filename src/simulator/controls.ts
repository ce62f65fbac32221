import type { CarOptions } from "./car-options.ts";
import { type CarView, carView } from "./car-view.ts";
import type { Cloud } from "./cloud.ts";
import type { VehicleFault } from "./event-payload.ts";
import { type Fault, type FaultInput, faultSchema } from "./fault.ts";
import type { HandDeliveryResult } from "./hand-delivery.ts";
import { refuse } from "./refusal.ts";
import type { RequestRecord } from "./request-log.ts";
import {
  type CarPatch,
  deliverSchema,
  type HandDeliveryInput,
  type SignalScript,
  type WebhookChange,
} from "./script-schema.ts";
import type { DeliveryRecord } from "./sender.ts";
import { MAIN_WEBHOOK_ID } from "./stage.ts";
import type { VerifyRequest, VerifyResult } from "./verification.ts";
import type { Webhook } from "./webhook.ts";

/** What a script does with the simulator and sees of it: in process, or through `/_sim/…`. */
export class Controls {
  readonly #cloud: Cloud;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
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
}
