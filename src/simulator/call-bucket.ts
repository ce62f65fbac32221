import type { Clock } from "../lib/clock.ts";
import { RefusedCall } from "./refusal.ts";

const CAPACITY = 120;
const REFILL_MS = 30_000;

/** The application's request bucket: 120 calls, one more every half minute, for all cars and both APIs together. */
export class CallBucket {
  readonly #clock: Clock;
  #level = CAPACITY;
  #filledAt: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#filledAt = clock.now();
  }

  get level(): number {
    this.#refill();
    return this.#level;
  }

  /** For scripts that want to see the bucket empty without 120 calls. */
  set level(level: number) {
    this.#refill();
    this.#level = Math.min(CAPACITY, Math.max(0, level));
  }

  /** @throws RefusedCall when the bucket is empty. */
  take(): void {
    this.#refill();
    if (this.#level < 1) {
      const waitMs = this.#filledAt + REFILL_MS - this.#clock.now();
      throw new RefusedCall({
        status: 429,
        type: "RATE_LIMIT",
        code: "SMARTCAR_API",
        detail: "The application has used up its request bucket.",
        resolution: { type: "RETRY_LATER" },
        retryAfter: String(Math.max(1, Math.ceil(waitMs / 1_000))),
      });
    }
    this.#level--;
  }

  #refill(): void {
    const now = this.#clock.now();
    const drops = Math.floor((now - this.#filledAt) / REFILL_MS);
    if (drops <= 0) {
      // A clock set back must not freeze the bucket until the old time comes round again.
      this.#filledAt = Math.min(this.#filledAt, now);
      return;
    }
    this.#level = Math.min(CAPACITY, this.#level + drops);
    this.#filledAt += drops * REFILL_MS;
  }
}
