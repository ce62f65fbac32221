import { Cron } from "croner";
import type { Clock, Timer } from "../lib/clock.ts";
import { minutes } from "../lib/duration.ts";
import { toError } from "../lib/errors.ts";
import type { Part } from "../lib/lifecycle.ts";

export interface Job {
  readonly name: string;
  /** Cron pattern, read in UTC. */
  readonly pattern: string;
  readonly run: () => void | Promise<void>;
}

/** A clock that jumped is noticed within this time, so no job is missed or doubled by more. */
const LONGEST_WAIT_MS = minutes(10);

/** Calendar work. croner says when a job is next due; the injected clock decides when that is. */
export class Jobs implements Part {
  readonly #clock: Clock;
  readonly #jobs: readonly Job[];
  readonly #onError: (job: string, error: Error) => void;
  #due = new Map<Job, number>();
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(clock: Clock, jobs: readonly Job[], onError: (job: string, error: Error) => void) {
    this.#clock = clock;
    this.#jobs = jobs;
    this.#onError = onError;
  }

  start(): void {
    for (const job of this.#jobs) this.#due.set(job, this.#nextRun(job));
    this.#arm();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#due.clear();
    await this.#running;
  }

  #nextRun(job: Job): number {
    const now = this.#clock.now();
    const next = new Cron(job.pattern, { timezone: "UTC", paused: true }).nextRun(new Date(now));
    return next?.getTime() ?? Number.POSITIVE_INFINITY;
  }

  #arm(): void {
    const waitMs = Math.min(...this.#due.values()) - this.#clock.now();
    this.#timer = this.#clock.after(Math.min(LONGEST_WAIT_MS, Math.max(0, waitMs)), () => {
      // One after the other: a job that takes long delays the next round instead of overlapping with it.
      this.#running = this.#runDue().then(() => {
        if (this.#due.size > 0) this.#arm();
      });
    });
  }

  async #runDue(): Promise<void> {
    for (const job of this.#jobs) {
      const dueAt = this.#due.get(job);
      if (dueAt === undefined) continue;
      if (dueAt > this.#clock.now()) {
        // By a clock that was set back it is due sooner.
        this.#due.set(job, Math.min(dueAt, this.#nextRun(job)));
        continue;
      }
      try {
        await job.run();
      } catch (error) {
        this.#onError(job.name, toError(error));
      }
      if (this.#due.has(job)) this.#due.set(job, this.#nextRun(job));
    }
  }
}
