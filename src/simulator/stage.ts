import type { Clock } from "../lib/clock.ts";
import type { Announcer } from "./announcer.ts";
import type { Billing } from "./billing.ts";
import type { Car } from "./car.ts";
import type { CarOptions } from "./car-options.ts";
import type { VehicleFault } from "./event-payload.ts";
import type { Garage } from "./garage.ts";
import { refuse } from "./refusal.ts";
import type { CarPatch, SignalScript, WebhookChange } from "./script-schema.ts";
import { scriptedReading } from "./scripted-reading.ts";
import type { Webhook } from "./webhook.ts";
import type { Subscription, WebhookBook } from "./webhook-book.ts";
import type { World } from "./world.ts";

/** The webhook that is meant when a script names none. */
export const MAIN_WEBHOOK_ID = "8d0f3c52-6b1e-4f7a-a333-000000000001";

export interface StageOptions {
  readonly clock: Clock;
  readonly garage: Garage;
  readonly book: WebhookBook;
  readonly billing: Billing;
  readonly announcer: Announcer;
  readonly world: World;
}

/** What people do to the cloud from outside its API: connect cars, sign in again, change the webhook in the dashboard. */
export class Stage {
  readonly #options: StageOptions;

  constructor(options: StageOptions) {
    this.#options = options;
  }

  car(vehicleId: string): Car {
    const car = this.#options.garage.get(vehicleId);
    if (car === undefined) throw refuse(404, "RESOURCE_NOT_FOUND", "VEHICLE_NOT_FOUND", "there is no such car");
    return car;
  }

  addCar(options: CarOptions): Car {
    const { garage, book, world } = this.#options;
    if (options.vehicleId !== undefined) this.removeCar(options.vehicleId);
    const car = garage.add(options);
    for (const webhook of book.webhooks()) if (webhook.autoSubscribe) this.subscribe(webhook, car);
    world.start();
    return car;
  }

  removeCar(vehicleId: string): boolean {
    const car = this.#options.garage.get(vehicleId);
    if (car === undefined) return false;
    this.disconnect(car);
    return this.#options.garage.remove(vehicleId);
  }

  patchCar(vehicleId: string, patch: CarPatch): Car {
    const { garage, billing } = this.#options;
    const car = this.car(vehicleId);
    const kept = (patch.permissions ?? car.permissions).filter((name) => !patch.revoke?.includes(name));
    car.permissions = [...new Set([...kept, ...(patch.grant ?? [])])];
    if (patch.connect === false) this.disconnect(car);
    else if (patch.connect !== undefined) garage.reconnect(car, patch.connect === true ? undefined : patch.connect);
    if (patch.callsUsed !== undefined) billing.setUsed(vehicleId, patch.callsUsed);
    this.setSignals(vehicleId, patch.signals ?? {}, patch.deliver ?? true);
    return car;
  }

  /** Fixes signals by script, null gives them back; they count as changed even when they were like this already. */
  setSignals(vehicleId: string, scripts: Readonly<Record<string, SignalScript | null>>, deliver: boolean): void {
    const { clock, announcer } = this.#options;
    const car = this.car(vehicleId);
    for (const [code, script] of Object.entries(scripts))
      car.script(code, script === null ? null : scriptedReading(script));
    const changed = car.report(clock.now());
    const codes = [...new Set([...Object.keys(scripts), ...changed])];
    if (deliver && codes.length > 0) announcer.changedOnPurpose(car, codes);
  }

  sendFaults(vehicleId: string, faults: readonly VehicleFault[]): void {
    this.#options.announcer.faults(this.car(vehicleId), faults);
  }

  disconnect(car: Car): void {
    car.connection = null;
    this.#options.book.unsubscribeCar(car.vehicleId);
    this.#options.announcer.forget(car);
  }

  /** The owner agreed in Connect: signing in again gives the connection a new id and ends a broken sign-in. */
  allow(car: Car, flow: "authorize" | "reauthenticate", scope: readonly string[] | undefined): void {
    const { garage, announcer } = this.#options;
    if (scope !== undefined) car.permissions = scope;
    if (flow === "authorize" && car.connection !== null) return;
    garage.reconnect(car);
    if (flow === "reauthenticate") {
      announcer.faults(car, [{ type: "CONNECTED_SERVICES_ACCOUNT", code: "AUTHENTICATION_FAILED", state: "RESOLVED" }]);
    }
  }

  subscribe(webhook: Webhook, car: Car): void {
    if (this.#options.book.subscribe(webhook.id, car) !== undefined) this.#options.announcer.first(webhook, car);
  }

  /** A subscription made through the API. */
  opened({ webhookId, vehicleId }: Subscription): void {
    const webhook = this.#options.book.webhook(webhookId);
    if (webhook !== undefined) this.#options.announcer.first(webhook, this.car(vehicleId));
  }

  /** Creates or changes a webhook. @returns it, and whether its callback must still be asked to VERIFY. */
  saveWebhook({ id = MAIN_WEBHOOK_ID, subscribe, verify, ...settings }: WebhookChange): {
    webhook: Webhook;
    needsVerify: boolean;
  } {
    const { book, garage } = this.#options;
    const before = book.webhook(id);
    const callbackUrl = settings.callbackUrl ?? before?.callbackUrl;
    if (callbackUrl === undefined) throw refuse(400, "VALIDATION", null, "callbackUrl: a new webhook needs one");
    const webhook = book.save(id, { ...settings, callbackUrl });
    const cars =
      subscribe === "all" ? garage.connected().map(({ car }) => car) : (subscribe ?? []).map((v) => this.car(v));
    for (const car of cars) this.subscribe(webhook, car);
    // A webhook switched on again opens like a new one.
    if (before?.isEnabled === false && webhook.isEnabled) this.openSubscriptions(webhook);
    return { webhook, needsVerify: !webhook.verified && verify !== false };
  }

  /** Everything subscribed gets its first delivery: the webhook has just begun to deliver. */
  openSubscriptions(webhook: Webhook): void {
    const { book, garage, announcer } = this.#options;
    for (const { webhookId, vehicleId } of book.subscriptions()) {
      const car = garage.get(vehicleId);
      if (webhookId === webhook.id && car !== undefined) announcer.first(webhook, car);
    }
  }
}
