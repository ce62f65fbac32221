import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import type { JsonValue } from "../lib/json.ts";
import type { CallbackClient } from "./callback-client.ts";
import type { Car } from "./car.ts";
import { statePayload } from "./event-payload.ts";
import type { Garage } from "./garage.ts";
import { randomUuid } from "./random-id.ts";
import { refuse } from "./refusal.ts";
import type { HandDeliveryRequest } from "./script-schema.ts";
import { scriptedReading } from "./scripted-reading.ts";
import type { DeliveryAttempt } from "./sender.ts";
import type { StoredSignal } from "./signal.ts";
import { hmacHex } from "./signature.ts";
import type { Webhook } from "./webhook.ts";

export interface HandDeliveryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly client: CallbackClient;
  readonly garage: Garage;
  readonly managementToken: string;
}

export interface HandDeliveryResult extends DeliveryAttempt {
  readonly eventId: string;
}

/** Sends what Smartcar would never send like this: duplicated, unsigned, out of order, in an old generation. */
export class HandDelivery {
  readonly #options: HandDeliveryOptions;

  constructor(options: HandDeliveryOptions) {
    this.#options = options;
  }

  /** One attempt after the other, so that the order of the list is the order of arrival. */
  async deliver(request: HandDeliveryRequest, webhook: Webhook | undefined): Promise<HandDeliveryResult[]> {
    const url = request.url ?? webhook?.callbackUrl;
    if (url === undefined) throw refuse(400, "VALIDATION", null, "there is no webhook; say a url");
    const eventId = request.eventId ?? randomUuid(this.#options.random);
    const results: HandDeliveryResult[] = [];
    for (let i = 0; i < request.times; i++) results.push(await this.#post(url, eventId, request, webhook));
    return results;
  }

  async #post(
    url: string,
    eventId: string,
    request: HandDeliveryRequest,
    webhook: Webhook | undefined,
  ): Promise<HandDeliveryResult> {
    const { clock, random, client } = this.#options;
    const deliveryId = randomUuid(random);
    const at = clock.now();
    const payload = request.payload ?? this.#statePayload(eventId, deliveryId, request, webhook);
    const body = typeof payload === "string" ? payload : JSON.stringify(payload);
    const { status, error } = await client.post(url, body, this.#signatureHeader(request, body));
    return { eventId, deliveryId, at, status, error };
  }

  #statePayload(
    eventId: string,
    deliveryId: string,
    request: HandDeliveryRequest,
    webhook: Webhook | undefined,
  ): JsonValue {
    const { clock, garage } = this.#options;
    const car = request.vehicleId === undefined ? garage.all()[0] : garage.get(request.vehicleId);
    if (car === undefined) throw refuse(404, "RESOURCE_NOT_FOUND", "VEHICLE_NOT_FOUND", "there is no such car");
    const signals = this.#signals(car, request);
    const triggers = request.triggers ?? signals.slice(0, 1).map(({ code }) => code);
    return statePayload(
      request.generation,
      { eventId, car: car.description, signals, triggers },
      {
        deliveryId,
        deliveredAt: request.deliveredAt ?? clock.now(),
        webhookId: webhook?.id ?? "hand-made",
        webhookName: webhook?.name ?? "hand-made",
        mode: request.mode,
        sequence: request.sequence === undefined ? car.nextSequence(clock.now()) : request.sequence,
      },
    );
  }

  #signals(car: Car, { signals, codes }: HandDeliveryRequest): StoredSignal[] {
    const now = this.#options.clock.now();
    if (signals === undefined) return car.signals().filter(({ code }) => codes?.includes(code) ?? true);
    return signals.map(({ code, ...script }) => ({
      code,
      ...scriptedReading(script),
      oemUpdatedAt: now,
      retrievedAt: now,
      ingestedAt: now,
    }));
  }

  #signatureHeader({ signature }: HandDeliveryRequest, body: string): Record<string, string> {
    const { managementToken } = this.#options;
    switch (signature) {
      case "valid":
        return { "sc-signature": hmacHex(managementToken, body) };
      case "wrong":
        return { "sc-signature": hmacHex(`not ${managementToken}`, body) };
      case "none":
        return {};
    }
  }
}
