import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { Announcer } from "./announcer.ts";
import { Billing } from "./billing.ts";
import { CallBucket } from "./call-bucket.ts";
import { CallbackClient } from "./callback-client.ts";
import { FaultBook } from "./fault-book.ts";
import { Garage } from "./garage.ts";
import { HandDelivery } from "./hand-delivery.ts";
import { type RequestListeners, RequestLog } from "./request-log.ts";
import { type DeliveryRecord, Sender } from "./sender.ts";
import { Stage } from "./stage.ts";
import { Tokens } from "./tokens.ts";
import { Verification } from "./verification.ts";
import type { Webhook } from "./webhook.ts";
import { WebhookBook } from "./webhook-book.ts";
import { World } from "./world.ts";

export interface CloudSettings {
  readonly clock: Clock;
  readonly random: Random;
  readonly speed: number;
  readonly tickMs: number;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly managementToken: string;
  readonly tokenLifetimeS: number;
  readonly monthlyBudget: number;
  readonly quiet: boolean;
}

export interface CloudListeners extends RequestListeners {
  readonly onAttempt: (record: DeliveryRecord) => void;
  readonly onVerified: (webhook: Webhook) => void;
}

/** Smartcar without its HTTP side: everything that the routes ask and that scripts change. */
export class Cloud {
  readonly tokens: Tokens;
  readonly bucket: CallBucket;
  readonly billing: Billing;
  readonly garage: Garage;
  readonly book: WebhookBook;
  readonly faults = new FaultBook();
  readonly requests: RequestLog;
  readonly sender: Sender;
  readonly verification: Verification;
  readonly world: World;
  readonly stage: Stage;
  readonly handDelivery: HandDelivery;
  readonly #client: CallbackClient;

  constructor(settings: CloudSettings, listeners: CloudListeners) {
    const { clock, random, managementToken } = settings;
    this.tokens = new Tokens({ ...settings, lifetimeS: settings.tokenLifetimeS });
    this.bucket = new CallBucket(clock);
    this.billing = new Billing(clock, settings.monthlyBudget);
    this.garage = new Garage(clock, random);
    this.book = new WebhookBook(clock, random);
    this.requests = new RequestLog(listeners);
    this.#client = new CallbackClient(clock);
    const { garage, book, billing } = this;
    const outside = { clock, random, client: this.#client, managementToken };
    this.sender = new Sender({ ...outside, onAttempt: listeners.onAttempt });
    const announcer = new Announcer({ clock, random, book, sender: this.sender, quiet: settings.quiet });
    this.world = new World({ clock, garage, announcer, speed: settings.speed, tickMs: settings.tickMs });
    this.stage = new Stage({ clock, garage, book, billing, announcer, world: this.world });
    this.handDelivery = new HandDelivery({ ...outside, garage });
    this.verification = new Verification({
      ...outside,
      book,
      onVerified: (webhook) => {
        this.stage.openSubscriptions(webhook);
        listeners.onVerified(webhook);
      },
    });
  }

  async stop(): Promise<void> {
    this.world.stop();
    this.verification.stop();
    // Stopped before its calls are cut: what fails from here on must not be tried again.
    const sent = this.sender.stop();
    await this.#client.stop();
    await sent;
  }
}
