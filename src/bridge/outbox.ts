import { toError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { PublishProperties } from "./connection.ts";
import { isRefusal } from "./refusals.ts";

/** A message that must reach the broker once, though it is not retained: the answer to a command. */
export interface Reply {
  readonly topic: string;
  readonly payload: string;
  readonly properties: PublishProperties | undefined;
  /** Called once: true when the broker has it, false when it was given up. */
  readonly settle: (delivered: boolean) => void;
  /** `resting`: failed, and tried again later. */
  state: "waiting" | "sending" | "resting";
  attempts: number;
}

const LIMIT = 200;
/** A reply that costs us the connection this often is not sent again. */
const MAX_ATTEMPTS = 5;

/** Replies that wait for the broker, oldest first, bounded. */
export class Outbox {
  readonly #log: Log;
  readonly #replies = new Set<Reply>();
  #dropped = 0;
  #overflowTold = false;

  constructor(log: Log) {
    this.#log = log;
  }

  get size(): number {
    return this.#replies.size;
  }

  /** How many had to be given up. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Keeps a reply. Resolves true when the broker has it, false when it had to be given up. */
  add(topic: string, payload: string, properties: PublishProperties | undefined): Promise<boolean> {
    return new Promise((settle) => {
      this.#replies.add({ topic, payload, properties, settle, state: "waiting", attempts: 0 });
      const [oldest] = this.#replies;
      if (this.#replies.size > LIMIT && oldest !== undefined) this.#overflow(oldest);
    });
  }

  /** The oldest reply that can be sent, marked as on its way. */
  take(): Reply | undefined {
    for (const reply of this.#replies) {
      if (reply.state !== "waiting") continue;
      reply.state = "sending";
      reply.attempts++;
      return reply;
    }
    return undefined;
  }

  confirm(reply: Reply): void {
    this.#close(reply, true);
  }

  /** Lets a reply rest that could not be sent, or gives it up: then the answer is false. */
  fail(reply: Reply, error: unknown): boolean {
    if (!this.#replies.has(reply)) return false;
    reply.state = "resting";
    if (!isRefusal(error) && reply.attempts < MAX_ATTEMPTS) return true;
    this.#dropped++;
    this.#log.warn({ topic: reply.topic, err: toError(error), attempts: reply.attempts }, "gave up a reply");
    this.#close(reply, false);
    return false;
  }

  /** Ends the rest of those that failed. */
  wake(): void {
    for (const reply of this.#replies) {
      if (reply.state === "resting") reply.state = "waiting";
    }
  }

  /** A new session: nothing is on its way. */
  reset(): void {
    this.#overflowTold = false;
    for (const reply of this.#replies) reply.state = "waiting";
  }

  clear(): void {
    for (const reply of [...this.#replies]) this.#close(reply, false);
  }

  #overflow(oldest: Reply): void {
    this.#dropped++;
    this.#close(oldest, false);
    if (this.#overflowTold) return;
    this.#overflowTold = true;
    this.#log.warn({ topic: oldest.topic }, "too many replies wait for the broker: the oldest are given up");
  }

  #close(reply: Reply, delivered: boolean): void {
    if (this.#replies.delete(reply)) reply.settle(delivered);
  }
}
