import type { Events } from "../lib/events.ts";
import type { PublishOptions } from "./connection.ts";
import { type KeptPayload, textOf } from "./kept-payload.ts";
import type { Outbox, Reply } from "./outbox.ts";
import { isRefusal, type Refusals } from "./refusals.ts";
import type { Rest } from "./rest.ts";
import { RANK, type RetainedTopic, type RetainedTopics } from "./retained.ts";

/** The session as publishing needs it. */
export interface PublishSession {
  readonly events: Pick<Events<{ connected: undefined; disconnected: undefined }>, "on">;
  readonly connected: boolean;
  readonly receiveMaximum: number;
  publish(topic: string, payload: string, options: PublishOptions): Promise<void>;
}

export interface SenderOptions {
  readonly session: Pick<PublishSession, "connected" | "receiveMaximum" | "publish">;
  readonly retained: RetainedTopics;
  readonly outbox: Outbox;
  readonly refusals: Refusals;
  readonly rest: Rest;
  /** Called whenever something arrived or could not be sent. */
  readonly onMoved: () => void;
}

const MAX_IN_FLIGHT = 64;

/**
 * Sends what the broker does not hold yet, so much at a time as it confirms: retained topics in their order, and the
 * replies to commands. What failed in a working session is tried again after a rest.
 */
export class Sender {
  readonly #options: SenderOptions;
  /** Counts sessions, so that an answer from an old one changes nothing in the present one. */
  #epoch = 0;
  #inSession = false;
  #inFlight = 0;
  #resting: RetainedTopic[] = [];
  #stopped = false;
  #published = 0;
  #failed = 0;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Retained topics that wait for the end of the rest. */
  get resting(): number {
    return this.#resting.length;
  }

  get published(): number {
    return this.#published;
  }

  get failed(): number {
    return this.#failed;
  }

  /** A new session: the broker may have forgotten everything. */
  begin(): void {
    const { rest, refusals, outbox, retained } = this.#options;
    this.#inSession = true;
    this.#epoch++;
    this.#inFlight = 0;
    this.#wakeNobody();
    rest.forget();
    refusals.clear();
    outbox.reset();
    retained.reset();
    this.pump();
  }

  /** The session was lost. */
  end(): void {
    this.#inSession = false;
    this.#wakeNobody();
  }

  /** Sends nothing more. */
  stop(): void {
    this.#stopped = true;
    this.#options.rest.cancel();
  }

  /** Sends as much as may be on its way at once. */
  pump(): void {
    const { session, retained, outbox, onMoved } = this.#options;
    const limit = Math.min(MAX_IN_FLIGHT, session.receiveMaximum);
    // What is said between the session's start and its news to us would be said twice.
    while (!this.#stopped && this.#inSession && session.connected && this.#inFlight < limit) {
      // People wait for the answer to a command, so it goes before any backlog, but not before `online`.
      const first = retained.take(RANK.bridge);
      const reply = first === undefined ? outbox.take() : undefined;
      const entry = first ?? (reply === undefined ? retained.take() : undefined);
      if (reply !== undefined) void this.#sendReply(reply);
      else if (entry !== undefined) void this.#sendRetained(entry);
      else break;
    }
    onMoved();
  }

  async #sendRetained(entry: RetainedTopic): Promise<void> {
    const { session, retained, refusals } = this.#options;
    const epoch = this.#epoch;
    const payload = entry.wanted;
    this.#inFlight++;
    try {
      await session.publish(entry.topic, textOf(payload), { retain: true });
      this.#published++;
      if (epoch !== this.#epoch) return;
      refusals.remove(entry.topic);
      retained.confirm(entry, payload);
    } catch (error) {
      this.#failed++;
      if (epoch !== this.#epoch) return;
      this.#onRetainedFailure(entry, payload, error);
    }
    this.#inFlight--;
    this.pump();
  }

  #onRetainedFailure(entry: RetainedTopic, payload: KeptPayload, error: unknown): void {
    const { refusals, retained } = this.#options;
    if (isRefusal(error)) {
      refusals.add(entry.topic, error);
      retained.block(entry, payload, error.code === "MQTT_TOO_LARGE" ? "payload" : "topic");
      return;
    }
    // Stays marked as on its way, so that nothing else sends it meanwhile; a new session forgets the mark.
    this.#resting.push(entry);
    this.#pause();
  }

  async #sendReply(reply: Reply): Promise<void> {
    const { session, outbox } = this.#options;
    const { topic, payload, properties } = reply;
    const epoch = this.#epoch;
    this.#inFlight++;
    try {
      await session.publish(topic, payload, { retain: false, ...(properties && { properties }) });
      this.#published++;
      outbox.confirm(reply);
    } catch (error) {
      this.#failed++;
      if (outbox.fail(reply, error)) this.#pause();
    }
    if (epoch !== this.#epoch) return;
    this.#inFlight--;
    this.pump();
  }

  /** Tries what failed in a working session again after a while, all of it together. */
  #pause(): void {
    const { session, rest, retained, outbox } = this.#options;
    if (!session.connected) return;
    rest.begin(() => {
      for (const entry of this.#resting.splice(0)) retained.release(entry);
      outbox.wake();
      this.pump();
    });
  }

  /** What rests belongs to a session that is over. */
  #wakeNobody(): void {
    this.#options.rest.cancel();
    this.#resting = [];
  }
}
