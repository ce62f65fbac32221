import type { Clock, Timer } from "../lib/clock.ts";

/** A question to the broker. */
interface Question {
  readonly askedAt: number;
  /** The error to fail with when no answer came in time. */
  readonly late: () => Error;
  readonly reject: (error: Error) => void;
}

/**
 * What was asked of the broker and not answered yet. Every question has the same limit, and one timer serves them all:
 * after a reconnection there are thousands.
 */
export class Unanswered {
  readonly #clock: Clock;
  readonly #limitMs: number;
  /** Oldest first. */
  readonly #questions = new Set<Question>();
  #timer: Timer | undefined;

  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
  }

  /**
   * Waits for the answer to what `ask` asks.
   * @throws what `late` returns when there is none within the limit, or what {@link failAll} is given
   */
  ask<T>(ask: (resolve: (answer: T) => void, reject: (error: Error) => void) => void, late: () => Error): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const question: Question = { askedAt: this.#clock.now(), late, reject };
      this.#questions.add(question);
      this.#timer ??= this.#clock.after(this.#limitMs, () => this.#look());
      ask(
        (answer) => {
          this.#close(question);
          resolve(answer);
        },
        (error) => {
          this.#close(question);
          reject(error);
        },
      );
    });
  }

  /** There will be no answers any more. */
  failAll(error: Error): void {
    const questions = [...this.#questions];
    this.#questions.clear();
    this.#rest();
    for (const { reject } of questions) reject(error);
  }

  #close(question: Question): void {
    if (this.#questions.delete(question) && this.#questions.size === 0) this.#rest();
  }

  #rest(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Fails what has waited too long, and comes again for the oldest of the others. */
  #look(): void {
    this.#timer = undefined;
    const now = this.#clock.now();
    for (const question of this.#questions) {
      const waitedMs = now - question.askedAt;
      // Less than nothing: the clock was set back, and how long it really was is not known.
      if (waitedMs >= 0 && waitedMs < this.#limitMs) {
        this.#timer = this.#clock.after(this.#limitMs - waitedMs, () => this.#look());
        return;
      }
      this.#questions.delete(question);
      question.reject(question.late());
    }
  }
}
