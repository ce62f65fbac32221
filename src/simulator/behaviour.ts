import type { Command } from "./command.ts";
import type { Reading } from "./signal.ts";

/** What makes a car's readings change: a simulated life, or only what a script says. */
export interface Behaviour {
  /** Whether time alone changes anything. */
  readonly alive: boolean;
  /** True while the car sends by itself; a sleeping or a scripted one leaves Smartcar's store alone. */
  readonly reporting: boolean;
  step(elapsedMs: number): void;
  readings(): ReadonlyMap<string, Reading>;
  /** Carries out a command that the cloud has already judged possible. */
  apply(command: Command): void;
  /** Fixes one signal by script; null gives it back to the car (a car without a life then lacks it). */
  script(code: string, reading: Reading | null): void;
}
