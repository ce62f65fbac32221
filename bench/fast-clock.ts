import type { Clock, Timer } from "../src/lib/clock.ts";

interface Waiting {
  readonly at: number;
  readonly run: () => void;
}

/** A clock that stands still but for `advanceTo`, made for millions of timers. */
export class FastClock implements Clock {
  #now: number;
  #fired = 0;
  readonly #waiting = new Set<Waiting>();
  /** Lets what a timer set off come to its end. */
  readonly #settle: () => Promise<void>;

  constructor(startAt: number, settle: () => Promise<void>) {
    this.#now = startAt;
    this.#settle = settle;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): Timer {
    const waiting = { at: this.#now + Math.max(0, delayMs), run };
    this.#waiting.add(waiting);
    return { cancel: () => this.#waiting.delete(waiting) };
  }

  /** Timers that nobody has cancelled, and that have not fired. */
  get pending(): number {
    return this.#waiting.size;
  }

  get fired(): number {
    return this.#fired;
  }

  /** Moves time on, timer after timer in their order. */
  async advanceTo(end: number): Promise<void> {
    await this.#settle();
    for (let next = this.#next(end); next !== undefined; next = this.#next(end)) {
      this.#waiting.delete(next);
      this.#now = Math.max(this.#now, next.at);
      this.#fired++;
      next.run();
      await this.#settle();
    }
    this.#now = Math.max(this.#now, end);
  }

  /** The machine was suspended: time goes on, timers do not. */
  suspend(ms: number): void {
    this.#now += ms;
    for (const waiting of [...this.#waiting]) {
      this.#waiting.delete(waiting);
      this.#waiting.add(Object.assign(waiting, { at: waiting.at + ms }));
    }
  }

  #next(end: number): Waiting | undefined {
    let next: Waiting | undefined;
    for (const waiting of this.#waiting) {
      if (waiting.at <= end && (next === undefined || waiting.at < next.at)) next = waiting;
    }
    return next;
  }
}
