import type { Clock, Timer } from "../../src/lib/clock.ts";

/** A clock that stands still until a test moves it. Timers run in order of their time, promises settle in between. */
export class FakeClock implements Clock {
  #now: number;
  #nextId = 0;
  readonly #timers = new Map<number, { at: number; run: () => void }>();

  constructor(startAt = Date.UTC(2026, 10, 21, 12)) {
    this.#now = startAt;
  }

  now(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): Timer {
    const id = this.#nextId++;
    this.#timers.set(id, { at: this.#now + Math.max(0, delayMs), run });
    return { cancel: () => this.#timers.delete(id) };
  }

  /** Timers still waiting: a part that was stopped must leave none. */
  get pending(): number {
    return this.#timers.size;
  }

  /** When the next timer falls due; undefined when none waits. */
  get nextAt(): number | undefined {
    let next: number | undefined;
    for (const { at } of this.#timers.values()) next = next === undefined ? at : Math.min(next, at);
    return next === undefined ? undefined : Math.max(next, this.#now);
  }

  /** Moves time forward, running every timer that falls due, also those set meanwhile. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const due = [...this.#timers.entries()].filter(([, timer]) => timer.at <= end);
      const next = due.sort(([idA, a], [idB, b]) => a.at - b.at || idA - idB)[0];
      if (next === undefined) break;
      this.#timers.delete(next[0]);
      this.#now = Math.max(this.#now, next[1].at);
      next[1].run();
      await settle();
    }
    this.#now = end;
    await settle();
  }

  /** Sets the wall clock without running timers, as a corrected system clock does. */
  jump(ms: number): void {
    this.#now += ms;
    for (const timer of this.#timers.values()) timer.at += ms;
  }
}

/** Lets pending promise callbacks run. */
export async function settle(rounds = 20): Promise<void> {
  for (let i = 0; i < rounds; i++) await Promise.resolve();
  await new Promise<void>((resolve) => setImmediate(resolve));
}
