import type { Clock } from "./clock.ts";
import type { Log } from "./log.ts";

/** Why the program must end. */
export type EndReason =
  | { readonly kind: "signal"; readonly signal: string }
  | { readonly kind: "failure"; readonly error: unknown };

/** The part of `process` that is used here. */
export interface ProcessEvents {
  on(event: string, listener: (argument: unknown) => void): unknown;
  off(event: string, listener: (argument: unknown) => void): unknown;
}

export interface TerminationOptions {
  readonly process: ProcessEvents;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the process at once, without waiting for anything. */
  readonly abandon: (exitCode: number) => void;
}

const SIGNALS = ["SIGTERM", "SIGINT"] as const;
/** npm and the terminal both pass one Ctrl-C on; what comes this soon after the first is the same wish. */
const SAME_WISH_MS = 250;

/**
 * Turns signals and failures nobody caught into one orderly end: the first resolves {@link Termination.requested},
 * a later signal ends at once.
 */
export class Termination {
  readonly requested: Promise<EndReason>;
  readonly #options: TerminationOptions;
  #resolve: (reason: EndReason) => void = () => {};
  #firstSignalAt: number | undefined;
  readonly #listeners: [string, (argument: unknown) => void][] = [];

  constructor(options: TerminationOptions) {
    this.#options = options;
    this.requested = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  start(): void {
    for (const signal of SIGNALS) this.#listen(signal, () => this.#onSignal(signal));
    for (const event of ["uncaughtException", "unhandledRejection"]) {
      this.#listen(event, (error) => this.#onFailure(event, error));
    }
  }

  stop(): void {
    for (const [event, listener] of this.#listeners.splice(0)) this.#options.process.off(event, listener);
  }

  #listen(event: string, listener: (argument: unknown) => void): void {
    this.#listeners.push([event, listener]);
    this.#options.process.on(event, listener);
  }

  #onSignal(signal: string): void {
    const { clock, log } = this.#options;
    if (this.#firstSignalAt === undefined) {
      this.#firstSignalAt = clock.now();
      log.info({ signal }, "stopping");
      this.#resolve({ kind: "signal", signal });
      return;
    }
    if (clock.now() - this.#firstSignalAt <= SAME_WISH_MS) return;
    log.warn({ signal }, "ended at once");
    this.#options.abandon(1);
  }

  #onFailure(event: string, error: unknown): void {
    this.#options.log.fatal({ event, error }, "unexpected failure, stopping");
    this.#resolve({ kind: "failure", error });
  }
}
