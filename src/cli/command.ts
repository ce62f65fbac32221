import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { AppError } from "../lib/errors.ts";
import type { ProcessEvents } from "../lib/termination.ts";

/** Everything a command may know of the process it runs in. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly version: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Standard output is looked at by a person. */
  readonly interactive: boolean;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly process: ProcessEvents;
  /** Ends the process without waiting for anything. */
  readonly abandon: (exitCode: number) => void;
}

export interface CommandOption {
  readonly name: string;
  /** What stands for the value in the usage; null for a switch. */
  readonly value: string | null;
  readonly about: string;
}

/** Options as given; a switch is "true". The argument stands under its name in the usage. */
export type GivenOptions = Readonly<Record<string, string | undefined>>;

export interface Command {
  readonly name: string;
  readonly about: string;
  /** What stands for the one argument in the usage; without it the command takes none. */
  readonly argument?: string;
  readonly options: readonly CommandOption[];
  /** Returns the exit code. @throws UsageError for an option's value that makes no sense */
  run(options: GivenOptions, terminal: Terminal): Promise<number>;
}

/** The command line makes no sense. Answered with one line, so that it is seen, and exit code 2. */
export class UsageError extends AppError {
  override readonly name = "UsageError";

  constructor(message: string) {
    super("USAGE", message, {
      disposition: "fix-config",
      hint: "smartcar2mqtt --help lists the commands and their options.",
    });
  }
}

/** The one line about a failure that ends the program: what happened and what to do. */
export function failureLine(error: Error): string {
  const hint = error instanceof AppError && error.hint !== undefined ? ` ${error.hint}` : "";
  const message = /[.!?]$/.test(error.message) || hint === "" ? error.message : `${error.message}.`;
  return `smartcar2mqtt: ${message}${hint}\n`;
}
