import type { Timer } from "../lib/clock.ts";
import { minutes, seconds } from "../lib/duration.ts";
import type { VehicleId } from "../vehicle/ids.ts";
import { COMMANDS, showsEffect } from "./catalogue.ts";
import { advance, type Execution } from "./execution.ts";
import type { RunnerOptions } from "./runner-options.ts";

export interface ConfirmationOptions
  extends Pick<RunnerOptions, "clock" | "store" | "stateOf" | "vehicle" | "read" | "mayConfirm"> {
  /** A signal showed the effect: the result is given a second time. */
  readonly onConfirmed: (execution: Execution) => void;
  /** Nothing more is awaited of this one, whether it was confirmed or its time was up. */
  readonly onEnded: (vehicleId: VehicleId, execution: Execution) => void;
}

/** How long after its answer a command's effect is looked for. */
export const CONFIRM_WITHIN_MS = minutes(10);
const READ_AFTER_MS = seconds(30);

interface Awaited {
  execution: Execution;
  readonly timers: Timer[];
}

/** Commands that were answered and whose effect no signal has shown yet, each for ten minutes. */
export class Confirmations {
  readonly #options: ConfirmationOptions;
  readonly #awaited = new Map<number, Awaited>();

  constructor(options: ConfirmationOptions) {
    this.#options = options;
  }

  stop(): void {
    for (const { timers } of this.#awaited.values()) for (const timer of timers) timer.cancel();
    this.#awaited.clear();
  }

  /** Looks for the effect from now on; `read` allows the one read that a command without confirmation is worth. */
  await(execution: Execution, { read }: { readonly read: boolean }): void {
    const { clock } = this.#options;
    if (COMMANDS[execution.command].confirmedBy === undefined || execution.completedAt === null) return;
    const awaited: Awaited = { execution, timers: [] };
    this.#awaited.set(execution.key, awaited);
    // A clock that was set back gives it no more time.
    const leftMs = Math.min(CONFIRM_WITHIN_MS, execution.completedAt + CONFIRM_WITHIN_MS - clock.now());
    awaited.timers.push(clock.after(leftMs, () => this.#end(awaited)));
    if (read) awaited.timers.push(clock.after(READ_AFTER_MS, () => void this.#read(awaited)));
    this.#look(awaited);
  }

  /** Looks whether newly held signals show the effect of a command. */
  observe(id: VehicleId): void {
    for (const awaited of [...this.#awaited.values()]) {
      if (awaited.execution.vehicleId === id) this.#look(awaited);
    }
  }

  awaited(): readonly Execution[] {
    return [...this.#awaited.values()].map(({ execution }) => execution);
  }

  async #read({ execution: { vehicleId: id, completedAt, key } }: Awaited): Promise<void> {
    const { vehicle, read, mayConfirm } = this.#options;
    const target = id === null ? undefined : vehicle(id);
    if (target === undefined || completedAt === null || !this.#awaited.has(key)) return;
    if (!mayConfirm(target.id, completedAt)) return;
    await read(target, "confirm");
  }

  #look(awaited: Awaited): void {
    const { stateOf, store, onConfirmed } = this.#options;
    const { command, value, vehicleId, sentAt } = awaited.execution;
    if (vehicleId === null || sentAt === null) return;
    if (!showsEffect(COMMANDS[command], value, stateOf(vehicleId), sentAt)) return;
    const confirmed = advance(awaited.execution, { type: "confirm" });
    if (confirmed === null) return;
    store.update(confirmed);
    awaited.execution = confirmed;
    this.#end(awaited);
    onConfirmed(confirmed);
  }

  #end({ execution, timers }: Awaited): void {
    for (const timer of timers) timer.cancel();
    if (!this.#awaited.delete(execution.key) || execution.vehicleId === null) return;
    this.#options.onEnded(execution.vehicleId, execution);
  }
}
