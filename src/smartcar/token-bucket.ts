import type { Clock } from "../lib/clock.ts";

/** Allows `capacity` at once and one more every `refillMs`. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #capacity: number;
  readonly #refillMs: number;
  #level: number;
  #levelAt: number | null = null;

  constructor(clock: Clock, capacity: number, refillMs: number) {
    this.#clock = clock;
    this.#capacity = capacity;
    this.#refillMs = refillMs;
    this.#level = capacity;
  }

  /** Takes one; returns 0, or the milliseconds until there is one again. */
  take(): number {
    const now = this.#clock.now();
    // A clock set back must not stop the refill.
    const elapsed = Math.max(0, now - (this.#levelAt ?? now));
    this.#level = Math.min(this.#capacity, this.#level + elapsed / this.#refillMs);
    this.#levelAt = now;
    if (this.#level < 1) return Math.ceil((1 - this.#level) * this.#refillMs);
    this.#level -= 1;
    return 0;
  }
}
