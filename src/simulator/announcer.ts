import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { seconds } from "../lib/duration.ts";
import type { Car } from "./car.ts";
import { errorPayload, statePayload, type Triggers, type VehicleFault } from "./event-payload.ts";
import { randomUuid } from "./random-id.ts";
import type { Sender } from "./sender.ts";
import { includesSignal, type Webhook } from "./webhook.ts";
import type { WebhookBook } from "./webhook-book.ts";

/** A moving car changes all the time; a watcher is told no more often than this. */
const QUIET_MS = seconds(2);

export interface AnnouncerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly book: WebhookBook;
  readonly sender: Sender;
  /** Tells nobody anything. */
  readonly quiet: boolean;
}

/** Decides which change becomes which event, for every webhook that a car is subscribed to. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #waiting = new Map<Car, Set<string>>();
  readonly #toldAt = new Map<Car, number>();

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** Something changed by the car's own life: told now, or with the next change after the quiet time. */
  changed(car: Car, codes: readonly string[]): void {
    const waiting = this.#waiting.get(car) ?? new Set();
    for (const code of codes) waiting.add(code);
    if (waiting.size === 0) return;
    this.#waiting.set(car, waiting);
    const toldAt = this.#toldAt.get(car) ?? Number.NEGATIVE_INFINITY;
    if (this.#options.clock.now() - toldAt >= QUIET_MS) this.changedOnPurpose(car, []);
  }

  /** A command or a script changed something: told at once, together with what waits. */
  changedOnPurpose(car: Car, codes: readonly string[]): void {
    const all = new Set([...(this.#waiting.get(car) ?? []), ...codes]);
    this.#waiting.delete(car);
    this.#toldAt.set(car, this.#options.clock.now());
    for (const webhook of this.#webhooks(car)) {
      const triggers = [...all].filter((code) => includesSignal(webhook.triggers, code));
      if (triggers.length > 0) this.#sendState(webhook, car, triggers);
    }
  }

  /** The event that opens a subscription, or reopens one. */
  first(webhook: Webhook, car: Car): void {
    if (this.#webhooks(car).some(({ id }) => id === webhook.id)) {
      this.#sendState(webhook, car, "FIRST_DELIVERY");
    }
  }

  faults(car: Car, faults: readonly VehicleFault[]): void {
    const { clock, random, sender } = this.#options;
    for (const webhook of this.#webhooks(car)) {
      const eventId = randomUuid(random);
      const sequence = car.nextSequence(clock.now());
      sender.send({
        eventId,
        eventType: "VEHICLE_ERROR",
        vehicleId: car.vehicleId,
        webhookId: webhook.id,
        url: webhook.errorCallbackUrl ?? webhook.callbackUrl,
        write: (deliveryId, deliveredAt) =>
          errorPayload(eventId, car.description, faults, { ...metaOf(webhook), deliveryId, deliveredAt, sequence }),
      });
    }
  }

  forget(car: Car): void {
    this.#waiting.delete(car);
    this.#toldAt.delete(car);
  }

  /** Those that are told of this car. */
  #webhooks(car: Car): Webhook[] {
    const { book, quiet } = this.#options;
    return quiet ? [] : book.deliveringFor(car.vehicleId);
  }

  #sendState(webhook: Webhook, car: Car, triggers: Triggers): void {
    const { clock, random, sender } = this.#options;
    const signals = car.signals().filter(({ code }) => includesSignal(webhook.data, code));
    if (signals.length === 0) return;
    const eventId = randomUuid(random);
    const sequence = car.nextSequence(clock.now());
    const event = { eventId, car: car.description, signals, triggers };
    sender.send({
      eventId,
      eventType: "VEHICLE_STATE",
      vehicleId: car.vehicleId,
      webhookId: webhook.id,
      url: webhook.callbackUrl,
      write: (deliveryId, deliveredAt) =>
        statePayload("B", event, { ...metaOf(webhook), deliveryId, deliveredAt, sequence }),
    });
  }
}

function metaOf({ id, name }: Webhook): { webhookId: string; webhookName: string; mode: "LIVE" } {
  return { webhookId: id, webhookName: name, mode: "LIVE" };
}
