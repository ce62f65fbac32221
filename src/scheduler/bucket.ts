import type { Clock } from "../lib/clock.ts";
import type { Admission } from "../vehicle/admission.ts";
import { CallError } from "../vehicle/call-error.ts";

const CAPACITY = 120;
const REFILL_PER_MS = 2 / 60_000;
const SETTING = "application_bucket";

interface Level {
  readonly tokens: number;
  readonly at: number;
  readonly pausedUntil: number;
}

/** What the bucket needs of a database: a restart must not fill it. */
export interface BucketStore {
  read<T>(key: string): T | undefined;
  write(key: string, value: unknown): void;
}

/** Smartcar's bucket for the whole application: 120 calls, 2 more a minute, shared by all vehicles. */
export class ApplicationBucket implements Admission {
  readonly #clock: Clock;
  readonly #store: BucketStore;
  #level: Level | undefined;

  constructor(clock: Clock, store: BucketStore) {
    this.#clock = clock;
    this.#store = store;
  }

  /** Whole calls that may be made now. */
  available(): number {
    const { tokens, pausedUntil } = this.#current();
    return pausedUntil > this.#clock.now() ? 0 : Math.floor(tokens);
  }

  /** When at least `calls` may be made (epoch milliseconds); now or earlier means at once. */
  availableAt(calls: number): number {
    const { tokens, at, pausedUntil } = this.#current();
    return Math.max(pausedUntil, tokens >= calls ? 0 : at + Math.ceil((calls - tokens) / REFILL_PER_MS));
  }

  take(): void {
    const level = this.#current();
    if (this.available() < 1) {
      const until = this.availableAt(1);
      throw new CallError("SC_BUCKET", "the application's calls are used up for the moment", {
        disposition: "wait",
        hint: `the next call is possible at ${new Date(until).toISOString()}`,
        scope: "application",
        status: null,
        type: "RATE_LIMIT",
        smartcarCode: "SMARTCAR_API",
        retryAt: until,
        sent: false,
      });
    }
    this.#set({ ...level, tokens: level.tokens - 1 });
  }

  pause(until: number): void {
    const level = this.#current();
    this.#set({ ...level, pausedUntil: Math.max(level.pausedUntil, until) });
  }

  #current(): Level {
    const now = this.#clock.now();
    const level = this.#level ?? this.#store.read<Level>(SETTING) ?? { tokens: CAPACITY, at: now, pausedUntil: 0 };
    // A clock set back refills nothing, and moves the end of a pause with it; the bucket goes on from there.
    const refill = Math.max(0, now - level.at) * REFILL_PER_MS;
    const pausedUntil = level.pausedUntil - Math.max(0, level.at - now);
    this.#level = { tokens: Math.min(CAPACITY, level.tokens + refill), at: now, pausedUntil };
    return this.#level;
  }

  #set(level: Level): void {
    this.#level = level;
    this.#store.write(SETTING, level);
  }
}
