import type { Call, Delivery, Poll } from "../http/schema/traffic.ts";
import type { Clock } from "../lib/clock.ts";
import { Ring } from "../lib/ring.ts";
import type { CallRecord } from "../smartcar/http.ts";
import type { DeliveryRecord } from "../smartcar/webhook.ts";
import type { AppEvents } from "./events.ts";

const KEPT = 200;

/** What went in and out since the start, the newest of it: for people who wonder what the bridge does. */
export class TrafficLog {
  readonly #clock: Clock;
  readonly #deliveries = new Ring<Delivery>(KEPT);
  readonly #calls = new Ring<Call>(KEPT);
  readonly #polls = new Ring<Poll>(KEPT);
  /** Set by whoever wants to hear of news. */
  onNews: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  delivery({ at, outcome, cause, eventId, eventType, vehicleId, bytes }: DeliveryRecord): void {
    this.#deliveries.add({
      at: new Date(at).toISOString(),
      outcome,
      cause,
      event_id: eventId,
      event_type: eventType,
      vehicle_id: vehicleId,
      bytes,
    });
    this.onNews();
  }

  #call({ method, path, status, requestId, durationMs, code }: CallRecord): void {
    this.#calls.add({
      at: this.#now(),
      method,
      path,
      status,
      request_id: requestId,
      duration_ms: durationMs,
      error: code,
    });
    this.onNews();
  }

  /** Follows calls and reads of the cars. */
  watch({ smartcar, poller }: Pick<AppEvents, "smartcar" | "poller">): void {
    smartcar.on("called", (call) => this.#call(call));
    poller.on("polled", ({ vehicleId, kind, news }) =>
      this.#poll({ vehicle_id: vehicleId, kind, outcome: news ? "news" : "nothing new", error: null }),
    );
    poller.on("failed", ({ vehicleId, kind, error }) =>
      this.#poll({ vehicle_id: vehicleId, kind, outcome: "failed", error: error.message }),
    );
  }

  deliveries(): Delivery[] {
    return this.#deliveries.list();
  }

  calls(): Call[] {
    return this.#calls.list();
  }

  polls(): Poll[] {
    return this.#polls.list();
  }

  #poll(poll: Omit<Poll, "at">): void {
    this.#polls.add({ at: this.#now(), ...poll });
    this.onNews();
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}
