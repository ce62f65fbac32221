import type { BackoffPolicy, Random } from "../lib/backoff.ts";
import { type Clock, withTimeout } from "../lib/clock.ts";
import { seconds } from "../lib/duration.ts";
import { AppError } from "../lib/errors.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { Log } from "../lib/log.ts";
import type { PublishProperties } from "./connection.ts";
import { type KeptPayload, textOf } from "./kept-payload.ts";
import { Once } from "./once.ts";
import { Outbox } from "./outbox.ts";
import { Refusals } from "./refusals.ts";
import { Rest } from "./rest.ts";
import { ERASED, RANK, type Rank, RetainedTopics } from "./retained.ts";
import { type PublishSession, Sender } from "./sender.ts";

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
  readonly #sender: Sender;
  readonly #once: Once;
  readonly #unsubscribe: (() => void)[] = [];
  #idlers: (() => void)[] = [];
  #accepting = true;

  constructor({ session, clock, random, log }: PublisherOptions) {
    this.#session = session;
    this.#clock = clock;
    this.#log = log;
    this.#outbox = new Outbox(log);
    this.#refusals = new Refusals(log);
    this.#rest = new Rest(RETRY, clock, random);
    const onMoved = () => this.#settle();
    const [retained, outbox, refusals, rest] = [this.#retained, this.#outbox, this.#refusals, this.#rest];
    this.#sender = new Sender({ session, retained, outbox, refusals, rest, onMoved });
    this.#once = new Once({ session, refusals, onMoved });
  }

  start(): void {
    const { events } = this.#session;
    this.#unsubscribe.push(
      events.on("connected", () => this.#sender.begin()),
      events.on("disconnected", () => this.#sender.end()),
    );
    if (this.#session.connected) this.#sender.begin();
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
    this.#sender.stop();
    for (const off of this.#unsubscribe.splice(0)) off();
    this.#outbox.clear();
    for (const resolve of this.#idlers.splice(0)) resolve();
  }

  /** Has the broker hold `payload` on `topic`, now and after every reconnection. */
  retain(topic: string, payload: KeptPayload, rank: Rank = RANK.state): void {
    if (!this.#accepting) return;
    this.#retained.want(topic, payload, rank);
    this.#sender.pump();
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
    this.#sender.pump();
  }

  /** Tells something once, to whoever listens now; without a session it is lost. */
  emit(topic: string, payload: string): void {
    if (this.#accepting) this.#once.tell(topic, payload);
    else this.#once.drop();
  }

  /**
   * Answers a command: not retained, kept until the broker confirmed it.
   *
   * @returns true when it did, false when the reply had to be given up; never rejects.
   */
  reply(topic: string, payload: string, properties?: PublishProperties): Promise<boolean> {
    if (!this.#accepting) return Promise.resolve(false);
    const delivered = this.#outbox.add(topic, payload, properties);
    this.#sender.pump();
    return delivered;
  }

  /** Whether the broker holds this very payload on the topic, as far as this session knows. */
  isConfirmed(topic: string, payload: string): boolean {
    const confirmed = this.#retained.get(topic)?.confirmed;
    return confirmed != null && textOf(confirmed) === payload;
  }

  /** Whether the broker holds anything of ours on the topic, as far as this session knows. */
  holds(topic: string): boolean {
    return this.#retained.get(topic)?.confirmed != null;
  }

  /** Whether the broker was told, or is to be told, to forget the topic, and has not confirmed it yet. */
  isErasing(topic: string): boolean {
    return this.#retained.get(topic)?.wanted === ERASED;
  }

  /** Publishes everything once more (a consumer came that needs it), or what `includes` picks. */
  republish(includes: (topic: string) => boolean = () => true): void {
    for (const entry of this.#retained.values()) {
      if (includes(entry.topic)) this.#retained.again(entry);
    }
    this.#sender.pump();
  }

  /** Resolves when the broker has everything, but for what it refuses. Does not while there is no session. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#idlers.push(resolve);
      this.#settle();
    });
  }

  stats(): PublisherStats {
    const [sender, once] = [this.#sender, this.#once];
    return {
      topics: this.#retained.size,
      pending: this.#session.connected ? this.#retained.queued + sender.resting + sender.inFlight : this.#retained.size,
      inFlight: sender.inFlight + once.inFlight,
      replies: this.#outbox.size,
      published: sender.published + once.published,
      failed: sender.failed + once.failed,
      denied: this.#refusals.size,
      droppedEvents: once.dropped,
      droppedReplies: this.#outbox.dropped,
    };
  }

  #settle(): void {
    if (!this.#isIdle()) return;
    this.#rest.forget();
    for (const resolve of this.#idlers.splice(0)) resolve();
  }

  #isIdle(): boolean {
    if (!this.#session.connected) return this.#retained.size === 0 && this.#outbox.size === 0;
    const waiting = this.#retained.queued + this.#sender.resting + this.#outbox.size;
    return waiting === 0 && this.#sender.inFlight === 0 && this.#once.inFlight === 0;
  }
}
