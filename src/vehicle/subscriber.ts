import { type BackoffPolicy, backoffDelay, type Random } from "../lib/backoff.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import { hours, minutes, seconds } from "../lib/duration.ts";
import { toError } from "../lib/errors.ts";
import type { Events } from "../lib/events.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { SignalCode, UserId, VehicleId } from "./ids.ts";
import type { Vehicle } from "./vehicle.ts";

/** A webhook of the application, as its dashboard made it. */
export interface Webhook {
  readonly id: string;
  readonly name: string | null;
  readonly callbackUri: string | null;
  readonly isEnabled: boolean | null;
  readonly triggers: readonly SignalCode[];
  readonly signals: readonly SignalCode[];
}

/** The management API. @throws CallError */
export interface WebhookAdmin {
  listWebhooks(signal?: AbortSignal): Promise<readonly Webhook[]>;
  listSubscriptions(
    filter: { readonly webhookId: string },
    signal?: AbortSignal,
  ): Promise<readonly { readonly vehicleId: VehicleId | null }[]>;
  subscribe(
    webhookId: string,
    target: { readonly vehicleId: VehicleId; readonly userId: UserId },
    signal?: AbortSignal,
  ): Promise<void>;
}

/** How the webhook stands. Everything but `fine` has a remedy in the dashboard or the configuration. */
export type WebhookVerdict =
  | { readonly kind: "unchecked" }
  | { readonly kind: "no-address" }
  | { readonly kind: "failed"; readonly error: Error }
  | { readonly kind: "missing"; readonly expected: string; readonly found: readonly string[] }
  | { readonly kind: "disabled" | "no-triggers" | "no-signals"; readonly webhook: Webhook }
  | { readonly kind: "fine"; readonly webhook: Webhook };

export interface SubscriberEvents {
  /** The webhook was looked at; `subscribed` is who is subscribed to it now. */
  checked: { readonly verdict: WebhookVerdict; readonly subscribed: ReadonlySet<VehicleId> };
  subscribed: Vehicle;
  /** A vehicle could not be subscribed. */
  refused: { readonly vehicle: Vehicle; readonly error: Error };
}

export interface SubscriberOptions {
  readonly admin: WebhookAdmin;
  /** Where Smartcar is to deliver; null when `http.public_url` is not set. */
  readonly callbackUrl: string | null;
  readonly autoSubscribe: boolean;
  readonly vehicles: () => readonly Vehicle[];
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events<SubscriberEvents>;
}

const CHECK_EVERY_MS = hours(1);
/** Subscribing goes on in the background at Smartcar: looked for once more soon. */
const CHECK_AGAIN_MS = minutes(1);
const SETTLE_MS = seconds(2);
const RETRY: BackoffPolicy = { initialMs: seconds(30), factor: 2, maxMs: hours(1), jitter: 0.2 };

/** Finds the webhook whose callback is ours, says what is wrong with it, and subscribes the vehicles it lacks. */
export class Subscriber implements Part {
  readonly #options: SubscriberOptions;
  readonly #abort = new AbortController();
  #verdict: WebhookVerdict;
  #subscribed: ReadonlySet<VehicleId> = new Set();
  #timer: Timer | undefined;
  #checking: Promise<void> | undefined;
  #failures = 0;
  #started = false;
  #lookAgain = false;

  constructor(options: SubscriberOptions) {
    this.#options = options;
    this.#verdict = { kind: options.callbackUrl === null ? "no-address" : "unchecked" };
  }

  start(): void {
    this.#started = true;
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#timer?.cancel();
    this.#abort.abort();
    await this.#checking;
  }

  get verdict(): WebhookVerdict {
    return this.#verdict;
  }

  isSubscribed(id: VehicleId): boolean {
    return this.#subscribed.has(id);
  }

  /** Whether deliveries for a vehicle carry a signal; null when that is not known. */
  carries(id: VehicleId, code: SignalCode): boolean | null {
    if (this.#verdict.kind !== "fine") return null;
    return this.#subscribed.has(id) && this.#verdict.webhook.signals.includes(code);
  }

  /** The vehicles are known: the first look may follow. Later ones come by themselves. */
  ready(): void {
    if (this.#verdict.kind === "unchecked" && this.#timer === undefined) this.checkSoon();
  }

  /** The vehicles changed, or somebody asks: looks again soon. */
  checkSoon(): void {
    // A look under way may have passed by what this is about.
    if (this.#checking !== undefined) this.#lookAgain = true;
    else this.#arm(SETTLE_MS);
  }

  #arm(delayMs: number): void {
    if (!this.#started || this.#options.callbackUrl === null) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#lookAgain = false;
      this.#checking = this.#check().finally(() => {
        this.#checking = undefined;
      });
    });
  }

  async #check(): Promise<void> {
    const { admin, callbackUrl, events, random } = this.#options;
    if (callbackUrl === null) return;
    try {
      this.#verdict = judge(await admin.listWebhooks(this.#abort.signal), callbackUrl);
      const isNew = "webhook" in this.#verdict && (await this.#subscribe(this.#verdict.webhook.id));
      this.#failures = 0;
      this.#arm(this.#lookAgain ? SETTLE_MS : isNew ? CHECK_AGAIN_MS : CHECK_EVERY_MS);
    } catch (error) {
      if (!this.#started) return;
      this.#failures++;
      // A webhook known to be fine stays so while the API cannot be asked.
      if (this.#verdict.kind !== "fine") this.#verdict = { kind: "failed", error: toError(error) };
      this.#arm(backoffDelay(RETRY, this.#failures, random));
    }
    events.emit("checked", { verdict: this.#verdict, subscribed: this.#subscribed });
  }

  /** Subscribes who is missing. Returns whether somebody was. */
  async #subscribe(webhookId: string): Promise<boolean> {
    const { admin, vehicles, events, autoSubscribe } = this.#options;
    const listed = await admin.listSubscriptions({ webhookId }, this.#abort.signal);
    const subscribed = new Set(listed.flatMap(({ vehicleId }) => (vehicleId === null ? [] : [vehicleId])));
    this.#subscribed = subscribed;
    if (!autoSubscribe) return false;
    let isNew = false;
    for (const vehicle of vehicles()) {
      if (subscribed.has(vehicle.id)) continue;
      try {
        await admin.subscribe(webhookId, { vehicleId: vehicle.id, userId: vehicle.userId }, this.#abort.signal);
        isNew = true;
        events.emit("subscribed", vehicle);
      } catch (error) {
        events.emit("refused", { vehicle, error: toError(error) });
      }
    }
    return isNew;
  }
}

/** Which of the application's webhooks is ours, and whether it can deliver. Pure. */
export function judge(webhooks: readonly Webhook[], callbackUrl: string): WebhookVerdict {
  const ours = webhooks.filter(({ callbackUri }) => sameAddress(callbackUri, callbackUrl));
  const webhook = ours.find(({ isEnabled }) => isEnabled !== false) ?? ours[0];
  if (webhook === undefined) {
    const found = webhooks.flatMap(({ callbackUri }) => (callbackUri === null ? [] : [callbackUri]));
    return { kind: "missing", expected: callbackUrl, found };
  }
  if (webhook.isEnabled === false) return { kind: "disabled", webhook };
  if (webhook.triggers.length === 0) return { kind: "no-triggers", webhook };
  if (webhook.signals.length === 0) return { kind: "no-signals", webhook };
  return { kind: "fine", webhook };
}

function sameAddress(a: string | null, b: string): boolean {
  const normal = (text: string) => (URL.canParse(text) ? new URL(text).href.replace(/\/+$/, "") : text);
  return a !== null && normal(a) === normal(b);
}
