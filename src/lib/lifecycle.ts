import { type Clock, withTimeout } from "./clock.ts";
import { AppError, toError } from "./errors.ts";

/** A part of the program that acts between `start` and `stop`. Constructors only store. */
export interface Part {
  start?(): void | Promise<void>;
  stop?(): void | Promise<void>;
}

export interface StopFailure {
  readonly part: string;
  readonly error: Error;
}

/** What a part may always count on while others hang. */
const SHARE_MS = 200;

/**
 * Starts parts in the order they were added and stops them in reverse. A failed start stops what was already started;
 * a failing or hanging stop does not keep the others from stopping.
 */
export class Lifecycle {
  readonly #clock: Clock;
  readonly #parts: { name: string; part: Part }[] = [];
  #started = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a part and hands it back, so that acquiring and registering stand on one line. */
  own<T extends Part>(name: string, part: T): T {
    this.#parts.push({ name, part });
    return part;
  }

  /** @throws the first start failure, after the parts already running were stopped again. */
  async start(stopLimitMs: number): Promise<void> {
    for (const { part } of this.#parts) {
      // Counted first: a part whose start failed half-way gets its stop called too.
      this.#started++;
      try {
        await part.start?.();
      } catch (error) {
        await this.stop(stopLimitMs);
        throw error;
      }
    }
  }

  /** Stops newest first within `limitMs` for all together. Returns what failed; never throws. Safe to call twice. */
  async stop(limitMs: number): Promise<StopFailure[]> {
    const deadline = this.#clock.now() + limitMs;
    const failures: StopFailure[] = [];
    while (this.#started > 0) {
      this.#started--;
      const entry = this.#parts[this.#started];
      if (entry?.part.stop === undefined) continue;
      // One that hangs must leave the others, and the broker's goodbye among them, a share of the time.
      const leftMs = deadline - this.#clock.now() - this.#started * SHARE_MS;
      try {
        await withTimeout(
          this.#clock,
          Math.max(SHARE_MS, leftMs),
          Promise.resolve(entry.part.stop()),
          () => new AppError("STOP_TIMEOUT", `${entry.name} did not stop in time`, { disposition: "give-up" }),
        );
      } catch (error) {
        failures.push({ part: entry.name, error: toError(error) });
      }
    }
    return failures;
  }
}
