import type { BackoffPolicy, Random } from "../lib/backoff.ts";
import { type Clock, withTimeout } from "../lib/clock.ts";
import { seconds } from "../lib/duration.ts";
import { AppError } from "../lib/errors.ts";
import type { Events } from "../lib/events.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { Log } from "../lib/log.ts";
import type { PublishOptions, PublishProperties } from "./connection.ts";
import { Outbox, type Reply } from "./outbox.ts";
import { isRefusal, Refusals } from "./refusals.ts";
import { Rest } from "./rest.ts";
import { ERASED, RANK, type Rank, type RetainedTopic, RetainedTopics } from "./retained.ts";

/** The session as the publisher needs it. */
export interface PublishSession {
  readonly events: Pick<Events<{ connected: undefined; disconnected: undefined }>, "on">;
  readonly connected: boolean;
  readonly receiveMaximum: number;
  publish(topic: string, payload: string, options: PublishOptions): Promise<void>;
}

export interface PublisherOptions {
  readonly session: PublishSession;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface PublisherStats {
  /** Retained topics known, and how many of them the broker does not hold yet. */
  readonly topics: number;
  readonly pending: number;
  readonly inFlight: number;
  readonly replies: number;
  readonly published: number;
  readonly failed: number;
  /** Topics the broker refuses in this session. */
  readonly denied: number;
  /** Events that nobody could be told, and replies that were given up. */
  readonly droppedEvents: number;
  readonly droppedReplies: number;
}

const MAX_IN_FLIGHT = 64;
const MAX_EVENTS_IN_FLIGHT = 256;
const FLUSH_LIMIT_MS = seconds(3);
const RETRY: BackoffPolicy = { initialMs: seconds(2), factor: 2, maxMs: seconds(60), jitter: 0.3 };

/**
 * Keeps the broker's retained topics equal to what the bridge wants there. Instead of a queue there is the last value
 * of every topic: it is published when the broker has not confirmed it in this session, so nothing is said twice for
 * nothing, nothing outdated is said after a break, and a broker that lost its memory gets everything again.
 */
export class Publisher implements Part {
  readonly #session: PublishSession;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #retained = new RetainedTopics();
  readonly #outbox: Outbox;
  readonly #refusals: Refusals;
  readonly #rest: Rest;
  readonly #unsubscribe: (() => void)[] = [];
  #idlers: (() => void)[] = [];
  /** Counts sessions, so that an answer from an old one changes nothing in the present one. */
  #epoch = 0;
  #inSession = false;
  #inFlight = 0;
  #eventsInFlight = 0;
  #resting: RetainedTopic[] = [];
  #accepting = true;
  #sending = true;
  #published = 0;
  #failed = 0;
  #droppedEvents = 0;

  constructor({ session, clock, random, log }: PublisherOptions) {
    this.#session = session;
    this.#clock = clock;
    this.#log = log;
    this.#outbox = new Outbox(log);
    this.#refusals = new Refusals(log);
    this.#rest = new Rest(RETRY, clock, random);
  }

  start(): void {
    const { events } = this.#session;
    this.#unsubscribe.push(
      events.on("connected", () => this.#onConnected()),
      events.on("disconnected", () => {
        this.#inSession = false;
        this.#onDisconnected();
      }),
    );
    if (this.#session.connected) this.#onConnected();
  }

  /** Takes nothing more, and gives what is on its way a moment to arrive. */
  async stop(): Promise<void> {
    this.#accepting = false;
    if (this.#session.connected) {
      const limit = () =>
        new AppError("MQTT_FLUSH_TIMEOUT", "not everything was published", { disposition: "give-up" });
      await withTimeout(this.#clock, FLUSH_LIMIT_MS, this.idle(), limit).catch((error: unknown) => {
        this.#log.warn({ err: error, ...this.stats() }, "stopped before everything was published");
      });
    }
    // Nothing may follow the session's last word, `offline`.
    this.#sending = false;
    for (const off of this.#unsubscribe.splice(0)) off();
    this.#rest.cancel();
    this.#outbox.clear();
    for (const resolve of this.#idlers.splice(0)) resolve();
  }

  /** Has the broker hold `payload` on `topic`, now and after every reconnection. */
  retain(topic: string, payload: string, rank: Rank = RANK.state): void {
    if (!this.#accepting) return;
    this.#retained.want(topic, payload, rank);
    this.#pump();
  }

  /** Has the broker forget a topic, also one from an earlier run; then we forget it too. */
  erase(topic: string): void {
    this.retain(topic, ERASED);
  }

  /** Erases every topic we keep that begins with `prefix`. */
  eraseBelow(prefix: string): void {
    for (const { topic } of this.#retained.values()) {
      if (topic.startsWith(prefix)) this.#retained.want(topic, ERASED, RANK.state);
    }
    this.#pump();
  }

  /** Tells something once, to whoever listens now; without a session it is lost. */
  emit(topic: string, payload: string): void {
    if (!this.#accepting || !this.#session.connected || this.#eventsInFlight >= MAX_EVENTS_IN_FLIGHT) {
      this.#droppedEvents++;
      return;
    }
    this.#eventsInFlight++;
    this.#session
      .publish(topic, payload, { retain: false })
      .then(
        () => this.#published++,
        (error: unknown) => {
          this.#failed++;
          this.#droppedEvents++;
          if (isRefusal(error)) this.#refusals.add(topic, error);
        },
      )
      .finally(() => {
        this.#eventsInFlight--;
        this.#settle();
      });
  }

  /**
   * Answers a command: not retained, kept until the broker confirmed it.
   *
   * @returns true when it did, false when the reply had to be given up; never rejects.
   */
  reply(topic: string, payload: string, properties?: PublishProperties): Promise<boolean> {
    if (!this.#accepting) return Promise.resolve(false);
    const delivered = this.#outbox.add(topic, payload, properties);
    this.#pump();
    return delivered;
  }

  /** Whether the broker holds this very payload on the topic, as far as this session knows. */
  isConfirmed(topic: string, payload: string): boolean {
    return this.#retained.get(topic)?.confirmed === payload;
  }

  /** Whether the broker holds anything of ours on the topic, as far as this session knows. */
  holds(topic: string): boolean {
    return this.#retained.get(topic)?.confirmed != null;
  }

  /** Publishes everything once more (a consumer came that needs it), or what `includes` picks. */
  republish(includes: (topic: string) => boolean = () => true): void {
    for (const entry of this.#retained.values()) {
      if (includes(entry.topic)) this.#retained.again(entry);
    }
    this.#pump();
  }

  /** Resolves when the broker has everything, but for what it refuses. Does not while there is no session. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idlers.push(resolve);
      this.#settle();
    });
  }

  stats(): PublisherStats {
    return {
      topics: this.#retained.size,
      pending: this.#session.connected
        ? this.#retained.queued + this.#resting.length + this.#inFlight
        : this.#retained.size,
      inFlight: this.#inFlight + this.#eventsInFlight,
      replies: this.#outbox.size,
      published: this.#published,
      failed: this.#failed,
      denied: this.#refusals.size,
      droppedEvents: this.#droppedEvents,
      droppedReplies: this.#outbox.dropped,
    };
  }

  #onConnected(): void {
    this.#inSession = true;
    this.#epoch++;
    this.#inFlight = 0;
    this.#onDisconnected();
    this.#rest.forget();
    this.#refusals.clear();
    this.#outbox.reset();
    this.#retained.reset();
    this.#pump();
  }

  #onDisconnected(): void {
    this.#rest.cancel();
    this.#resting = [];
  }

  #pump(): void {
    const limit = Math.min(MAX_IN_FLIGHT, this.#session.receiveMaximum);
    // What is said between the session's start and its news to us would be said twice.
    while (this.#sending && this.#inSession && this.#session.connected && this.#inFlight < limit) {
      // People wait for the answer to a command, so it goes before any backlog, but not before `online`.
      const first = this.#retained.take(RANK.bridge);
      const reply = first === undefined ? this.#outbox.take() : undefined;
      const entry = first ?? (reply === undefined ? this.#retained.take() : undefined);
      if (reply !== undefined) void this.#sendReply(reply);
      else if (entry !== undefined) void this.#sendRetained(entry);
      else break;
    }
    this.#settle();
  }

  async #sendRetained(entry: RetainedTopic): Promise<void> {
    const epoch = this.#epoch;
    const payload = entry.wanted;
    this.#inFlight++;
    try {
      await this.#session.publish(entry.topic, payload, { retain: true });
      this.#published++;
      if (epoch !== this.#epoch) return;
      this.#refusals.remove(entry.topic);
      this.#retained.confirm(entry, payload);
    } catch (error) {
      this.#failed++;
      if (epoch !== this.#epoch) return;
      this.#onRetainedFailure(entry, payload, error);
    }
    this.#inFlight--;
    this.#pump();
  }

  #onRetainedFailure(entry: RetainedTopic, payload: string, error: unknown): void {
    if (isRefusal(error)) {
      this.#refusals.add(entry.topic, error);
      this.#retained.block(entry, payload, error.code === "MQTT_TOO_LARGE" ? "payload" : "topic");
      return;
    }
    // Stays marked as on its way, so that nothing else sends it meanwhile; a new session forgets the mark.
    this.#resting.push(entry);
    this.#pause();
  }

  async #sendReply(reply: Reply): Promise<void> {
    const { topic, payload, properties } = reply;
    const epoch = this.#epoch;
    this.#inFlight++;
    try {
      await this.#session.publish(topic, payload, { retain: false, ...(properties && { properties }) });
      this.#published++;
      this.#outbox.confirm(reply);
    } catch (error) {
      this.#failed++;
      if (this.#outbox.fail(reply, error)) this.#pause();
    }
    if (epoch !== this.#epoch) return;
    this.#inFlight--;
    this.#pump();
  }

  /** Tries what failed in a working session again after a while, all of it together. */
  #pause(): void {
    if (!this.#session.connected) return;
    this.#rest.begin(() => {
      for (const entry of this.#resting.splice(0)) this.#retained.release(entry);
      this.#outbox.wake();
      this.#pump();
    });
  }

  #settle(): void {
    if (!this.#isIdle()) return;
    this.#rest.forget();
    for (const resolve of this.#idlers.splice(0)) resolve();
  }

  #isIdle(): boolean {
    if (!this.#session.connected) return this.#retained.size === 0 && this.#outbox.size === 0;
    const waiting = this.#retained.queued + this.#resting.length + this.#outbox.size;
    return waiting === 0 && this.#inFlight === 0 && this.#eventsInFlight === 0;
  }
}
