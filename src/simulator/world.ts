import type { Clock, Timer } from "../lib/clock.ts";
import type { Announcer } from "./announcer.ts";
import type { Car } from "./car.ts";
import type { Command } from "./command.ts";
import type { Garage } from "./garage.ts";

/** After a machine slept, the worlds go on from where they were instead of living through the night at once. */
const LONGEST_STEP_TICKS = 10;

export interface WorldOptions {
  readonly clock: Clock;
  readonly garage: Garage;
  readonly announcer: Announcer;
  /** World seconds per second of the clock. */
  readonly speed: number;
  /** How often the lives move on. */
  readonly tickMs: number;
}

/** Moves the cars' lives along with the clock, and carries commands out. */
export class World {
  readonly #options: WorldOptions;
  readonly #effects = new Set<Timer>();
  #tick: Timer | undefined;
  #movedAt: number;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.#movedAt = options.clock.now();
  }

  /** Sets the worlds in motion if any car has a life; called again when a car comes in. */
  start(): void {
    if (this.#tick !== undefined || !this.#hasLife()) return;
    this.#movedAt = this.#options.clock.now();
    this.#scheduleTick();
  }

  stop(): void {
    this.#tick?.cancel();
    this.#tick = undefined;
    for (const effect of this.#effects) effect.cancel();
    this.#effects.clear();
  }

  /** Moves every life by so much of the world's own time, at once. */
  advance(worldMs: number): void {
    for (const car of this.#options.garage.all()) {
      car.behaviour.step(worldMs);
      this.#options.announcer.changed(car, car.report(this.#options.clock.now()));
    }
  }

  /** The effect of an accepted command shows up later, as in reality. */
  perform(car: Car, command: Command): void {
    const effect = this.#options.clock.after(car.effectDelayMs, () => {
      this.#effects.delete(effect);
      car.apply(command);
      // The maker asks a car after a command, so all its times are new even where nothing changed.
      this.#options.announcer.changedOnPurpose(car, car.report(this.#options.clock.now(), { everything: true }));
    });
    this.#effects.add(effect);
  }

  #scheduleTick(): void {
    this.#tick = this.#options.clock.after(this.#options.tickMs, () => {
      this.#tick = undefined;
      if (!this.#hasLife()) return;
      const now = this.#options.clock.now();
      const elapsedMs = Math.min(LONGEST_STEP_TICKS * this.#options.tickMs, Math.max(0, now - this.#movedAt));
      this.#movedAt = now;
      this.advance(elapsedMs * this.#options.speed);
      this.#scheduleTick();
    });
  }

  #hasLife(): boolean {
    return this.#options.garage.all().some(({ behaviour }) => behaviour.alive);
  }
}
