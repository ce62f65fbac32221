import { isSame, type KeptPayload } from "./kept-payload.ts";

/**
 * Order of publishing after a connection: bridge state first, then what Home Assistant must know before it can use a
 * value, then the values.
 */
export const RANK = { bridge: 0, discovery: 1, availability: 2, state: 3 } as const;
export type Rank = (typeof RANK)[keyof typeof RANK];

/** Where a topic is on its way to the broker. It rests when there is nothing to say, or the broker refused. */
type Phase = "at rest" | "queued" | "sending" | "topic refused" | "payload refused";

/** One retained topic. A small object per topic and nothing else: there can be a million of them. */
export interface RetainedTopic {
  readonly topic: string;
  readonly rank: Rank;
  /** What the broker shall hold; empty to have it forget the topic. */
  wanted: KeptPayload;
  /** What the broker confirmed in this session, the very object that was wanted; null when nothing. */
  confirmed: KeptPayload | null;
  phase: Phase;
}

/** Erases a retained topic. */
export const ERASED = "";

/** All retained topics of the bridge, wanted against confirmed, and the order in which they are sent. */
export class RetainedTopics {
  readonly #topics = new Map<string, RetainedTopic>();
  readonly #queues: readonly Queue[] = Object.values(RANK).map(() => new Queue());

  get size(): number {
    return this.#topics.size;
  }

  /** How many topics wait to be sent. */
  get queued(): number {
    return this.#queues.reduce((sum, queue) => sum + queue.size, 0);
  }

  values(): IterableIterator<RetainedTopic> {
    return this.#topics.values();
  }

  get(topic: string): RetainedTopic | undefined {
    return this.#topics.get(topic);
  }

  /** Sets what the broker shall hold. The rank of a topic is the one it first came with. */
  want(topic: string, payload: KeptPayload, rank: Rank): void {
    let entry = this.#topics.get(topic);
    if (entry === undefined) {
      entry = { topic, rank, wanted: payload, confirmed: null, phase: "at rest" };
      this.#topics.set(topic, entry);
    } else if (!isSame(entry.wanted, payload)) {
      // Back to what the broker holds is nothing to say.
      const { confirmed } = entry;
      entry.wanted = confirmed !== null && isSame(confirmed, payload) ? confirmed : payload;
      if (entry.phase === "payload refused") entry.phase = "at rest";
    }
    this.enqueue(entry);
  }

  /** Queues a topic that has something to say and is not on its way already. */
  enqueue(entry: RetainedTopic): void {
    if (entry.phase !== "at rest" || entry.wanted === entry.confirmed) return;
    entry.phase = "queued";
    this.#queues[entry.rank]?.push(entry);
  }

  /** The next topic to send, marked as on its way; what has become true meanwhile is passed over. */
  take(lastRank: Rank = RANK.state): RetainedTopic | undefined {
    for (const [rank, queue] of this.#queues.entries()) {
      if (rank > lastRank) break;
      for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
        entry.phase = entry.wanted === entry.confirmed ? "at rest" : "sending";
        if (entry.phase === "sending") return entry;
      }
    }
    return undefined;
  }

  /** The broker holds `payload` now. */
  confirm(entry: RetainedTopic, payload: KeptPayload): void {
    entry.phase = "at rest";
    entry.confirmed = payload;
    if (isSame(entry.wanted, payload)) entry.wanted = payload;
    if (payload === ERASED && entry.wanted === ERASED) this.#topics.delete(entry.topic);
    else this.enqueue(entry);
  }

  /** The broker refused the topic as such, or just `payload`. */
  block(entry: RetainedTopic, payload: KeptPayload, what: "topic" | "payload"): void {
    if (what === "topic") entry.phase = "topic refused";
    else entry.phase = entry.wanted === payload ? "payload refused" : "at rest";
    this.enqueue(entry);
  }

  /** Makes a topic sendable again that stayed marked as on its way after a failure. */
  release(entry: RetainedTopic): void {
    entry.phase = "at rest";
    this.enqueue(entry);
  }

  /** A new session: nothing is known of what the broker holds, and nothing is on its way. */
  reset(): void {
    for (const queue of this.#queues) queue.clear();
    for (const entry of this.#topics.values()) {
      entry.phase = "at rest";
      this.again(entry);
    }
  }

  /** Says a topic once more, though the broker confirmed or refused it. */
  again(entry: RetainedTopic): void {
    entry.confirmed = null;
    if (entry.phase === "topic refused" || entry.phase === "payload refused") entry.phase = "at rest";
    this.enqueue(entry);
  }
}

/** First in, first out, without the cost of `Array.shift` for a long queue. */
class Queue {
  #entries: RetainedTopic[] = [];
  #head = 0;

  get size(): number {
    return this.#entries.length - this.#head;
  }

  push(entry: RetainedTopic): void {
    this.#entries.push(entry);
  }

  shift(): RetainedTopic | undefined {
    if (this.#head === this.#entries.length) {
      this.clear();
      return undefined;
    }
    return this.#entries[this.#head++];
  }

  clear(): void {
    this.#entries = [];
    this.#head = 0;
  }
}
