import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import type { Car } from "./car.ts";
import { randomUuid } from "./random-id.ts";
import { deliversNow, type Webhook, type WebhookSettings } from "./webhook.ts";

export interface Subscription {
  readonly id: string;
  readonly webhookId: string;
  readonly vehicleId: string;
  readonly userId: string;
  readonly createdAt: number;
}

/** What is not said stays as it was. */
export type WebhookChanges = { readonly [K in keyof WebhookSettings]?: WebhookSettings[K] | undefined } & {
  readonly callbackUrl: string;
};

const DEFAULTS: Omit<WebhookSettings, "callbackUrl"> = {
  name: "Simulator webhook",
  errorCallbackUrl: null,
  isEnabled: true,
  autoSubscribe: false,
  triggers: "all",
  data: "all",
};

/** The webhooks that the dashboard knows, and which cars are subscribed to which. */
export class WebhookBook {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #webhooks = new Map<string, Webhook>();
  readonly #subscriptions = new Map<string, Subscription>();

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Creates a webhook or changes one; a new callback address must be verified anew. */
  save(id: string, changes: WebhookChanges): Webhook {
    const known = this.#webhooks.get(id);
    const base = known ?? DEFAULTS;
    const saved: Webhook = {
      id,
      createdAt: known?.createdAt ?? this.#clock.now(),
      name: changes.name ?? base.name,
      callbackUrl: changes.callbackUrl,
      errorCallbackUrl: changes.errorCallbackUrl === undefined ? base.errorCallbackUrl : changes.errorCallbackUrl,
      isEnabled: changes.isEnabled ?? base.isEnabled,
      autoSubscribe: changes.autoSubscribe ?? base.autoSubscribe,
      triggers: changes.triggers ?? base.triggers,
      data: changes.data ?? base.data,
      verified: known?.callbackUrl === changes.callbackUrl && known.verified,
    };
    this.#webhooks.set(id, saved);
    return saved;
  }

  setVerified(id: string, verified: boolean): void {
    const known = this.#webhooks.get(id);
    if (known !== undefined) this.#webhooks.set(id, { ...known, verified });
  }

  webhook(id: string): Webhook | undefined {
    return this.#webhooks.get(id);
  }

  webhooks(): Webhook[] {
    return [...this.#webhooks.values()];
  }

  /** The new subscription, or undefined when the car already has it. */
  subscribe(webhookId: string, car: Car): Subscription | undefined {
    const { vehicleId, userId } = car;
    if (this.#find(webhookId, vehicleId) !== undefined) return undefined;
    const id = randomUuid(this.#random);
    const subscription = { id, webhookId, vehicleId, userId, createdAt: this.#clock.now() };
    this.#subscriptions.set(id, subscription);
    return subscription;
  }

  unsubscribe(subscriptionId: string): boolean {
    return this.#subscriptions.delete(subscriptionId);
  }

  unsubscribeCar(vehicleId: string): void {
    for (const { id, vehicleId: subscribed } of this.#subscriptions.values()) {
      if (subscribed === vehicleId) this.#subscriptions.delete(id);
    }
  }

  subscription(id: string): Subscription | undefined {
    return this.#subscriptions.get(id);
  }

  subscriptions(): Subscription[] {
    return [...this.#subscriptions.values()];
  }

  /** The webhooks through which this car's events go out now. */
  deliveringFor(vehicleId: string): Webhook[] {
    return this.webhooks().filter((webhook) => deliversNow(webhook) && this.#find(webhook.id, vehicleId) !== undefined);
  }

  #find(webhookId: string, vehicleId: string): Subscription | undefined {
    return this.subscriptions().find(
      (subscription) => subscription.webhookId === webhookId && subscription.vehicleId === vehicleId,
    );
  }
}
