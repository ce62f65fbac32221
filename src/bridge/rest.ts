import { type BackoffPolicy, backoffDelay, type Random } from "../lib/backoff.ts";
import type { Clock, Timer } from "../lib/clock.ts";

/** One pause for everything that has just failed, longer each time it does not help. */
export class Rest {
  readonly #policy: BackoffPolicy;
  readonly #clock: Clock;
  readonly #random: Random;
  #timer: Timer | undefined;
  #count = 0;

  constructor(policy: BackoffPolicy, clock: Clock, random: Random) {
    this.#policy = policy;
    this.#clock = clock;
    this.#random = random;
  }

  /** Calls `resume` after the pause; does nothing when one is under way. */
  begin(resume: () => void): void {
    if (this.#timer !== undefined) return;
    this.#count++;
    this.#timer = this.#clock.after(backoffDelay(this.#policy, this.#count, this.#random), () => {
      this.#timer = undefined;
      resume();
    });
  }

  /** Everything went well: the next pause is a short one again. */
  forget(): void {
    this.#count = 0;
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
