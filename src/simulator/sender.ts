import type { Random } from "../lib/backoff.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import { seconds } from "../lib/duration.ts";
import type { JsonObject } from "../lib/json.ts";
import type { CallbackClient } from "./callback-client.ts";
import { randomUuid } from "./random-id.ts";
import { hmacHex } from "./signature.ts";

/** After the first attempt; when the last has failed, the event is gone for good. */
const ATTEMPTS_AT_MS = [seconds(0), seconds(25), seconds(75), seconds(175)];
const MAX_RECORDS = 500;

export interface DeliveryAttempt {
  readonly deliveryId: string;
  readonly at: number;
  /** null: no answer. */
  readonly status: number | null;
  readonly error: string | null;
}

export interface DeliveryRecord {
  readonly eventId: string;
  readonly eventType: string;
  readonly vehicleId: string;
  readonly webhookId: string;
  readonly state: "pending" | "delivered" | "dropped";
  readonly attempts: readonly DeliveryAttempt[];
}

/** An event on its way: written anew for every attempt, since each has its own delivery id and time. */
export interface OutgoingEvent {
  readonly eventId: string;
  readonly eventType: string;
  readonly vehicleId: string;
  readonly webhookId: string;
  readonly url: string;
  readonly write: (deliveryId: string, deliveredAt: number) => JsonObject;
}

export interface SenderOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly client: CallbackClient;
  readonly managementToken: string;
  readonly onAttempt: (record: DeliveryRecord) => void;
}

type Draft = Omit<DeliveryRecord, "state" | "attempts"> & {
  state: DeliveryRecord["state"];
  readonly attempts: DeliveryAttempt[];
};

/** Delivers signed events, tries again at Smartcar's times, and keeps the list of what became of each. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #records: Draft[] = [];
  readonly #timers = new Set<Timer>();
  readonly #running = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Starts delivering; returns at once. */
  send(event: OutgoingEvent): void {
    if (this.#stopped) return;
    const { eventId, eventType, vehicleId, webhookId } = event;
    const record: Draft = { eventId, eventType, vehicleId, webhookId, state: "pending", attempts: [] };
    this.#records.push(record);
    if (this.#records.length > MAX_RECORDS) this.#records.shift();
    this.#attempt(event, record, this.#options.clock.now());
  }

  records(): DeliveryRecord[] {
    return this.#records.map((record) => ({ ...record, attempts: [...record.attempts] }));
  }

  /** Gives up what is under way; the client's own stop cuts the calls short. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    await Promise.allSettled(this.#running);
  }

  #attempt(event: OutgoingEvent, record: Draft, firstAt: number): void {
    const run = this.#post(event, record).then((delivered) => {
      this.#running.delete(run);
      if (this.#stopped) return;
      const nextAtMs = ATTEMPTS_AT_MS[record.attempts.length];
      if (delivered) record.state = "delivered";
      else if (nextAtMs === undefined) record.state = "dropped";
      else this.#later(firstAt + nextAtMs, () => this.#attempt(event, record, firstAt));
      this.#options.onAttempt({ ...record, attempts: [...record.attempts] });
    });
    this.#running.add(run);
  }

  async #post(event: OutgoingEvent, record: Draft): Promise<boolean> {
    const { clock, random, client, managementToken } = this.#options;
    const deliveryId = randomUuid(random);
    const at = clock.now();
    const body = JSON.stringify(event.write(deliveryId, at));
    const answer = await client.post(event.url, body, { "sc-signature": hmacHex(managementToken, body) });
    record.attempts.push({ deliveryId, at, status: answer.status, error: answer.error });
    return answer.status !== null && answer.status >= 200 && answer.status < 300;
  }

  #later(at: number, run: () => void): void {
    const timer = this.#options.clock.after(at - this.#options.clock.now(), () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }
}
