import type { Clock, Timer } from "../../src/lib/clock.ts";

/** A clock for millions of timers. Promises only get their turn when `isBusy` says that something waits for one. */
export class FastClock implements Clock {
  #now: number;
  readonly #isBusy: () => boolean;
  readonly #timers = new Set<{ readonly at: number; readonly run: () => void }>();

  constructor(startAt: number, isBusy: () => boolean) {
    this.#now = startAt;
    this.#isBusy = isBusy;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): Timer {
    const timer = { at: this.#now + Math.max(0, delayMs), run };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  async advanceTo(end: number): Promise<void> {
    for (;;) {
      let next: { readonly at: number; readonly run: () => void } | undefined;
      for (const timer of this.#timers) if (timer.at <= end && (next === undefined || timer.at < next.at)) next = timer;
      if (next === undefined) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.run();
      while (this.#isBusy()) await turn();
    }
    this.#now = end;
  }
}

/** Lets what was promised happen. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
