import { jsonEqual } from "../../lib/json.ts";
import type { Behaviour } from "../behaviour.ts";
import type { Command } from "../command.ts";
import type { Reading } from "../signal.ts";
import { liveOn } from "./car-life.ts";
import { readingsOf } from "./car-readings.ts";
import type { CarSpec } from "./car-spec.ts";
import { type CarState, isAsleep } from "./car-state.ts";
import { obey } from "./obedience.ts";

/** A car with a life of its own. Scripted signals lie over the lived ones until given back, or until a command moves them. */
export class LivingCar implements Behaviour {
  readonly alive = true;
  readonly #spec: CarSpec;
  readonly #scripted = new Map<string, Reading>();
  #state: CarState;
  /** What it last told: a sleeping car tells nothing new. */
  #told: ReadonlyMap<string, Reading>;

  constructor(spec: CarSpec, state: CarState) {
    this.#spec = spec;
    this.#state = state;
    this.#told = readingsOf(spec, state);
  }

  get reporting(): boolean {
    return !isAsleep(this.#spec, this.#state);
  }

  step(elapsedMs: number): void {
    this.#live(liveOn(this.#spec, this.#state, elapsedMs));
  }

  readings(): ReadonlyMap<string, Reading> {
    return new Map([...this.#told, ...this.#scripted]);
  }

  script(code: string, scripted: Reading | null): void {
    if (scripted === null) this.#scripted.delete(code);
    else this.#scripted.set(code, scripted);
  }

  apply(command: Command): void {
    const before = this.#told;
    this.#live(obey(this.#state, command));
    for (const [code, after] of this.#told) {
      if (!jsonEqual(before.get(code), after)) this.#scripted.delete(code);
    }
  }

  #live(state: CarState): void {
    const sleptOn = isAsleep(this.#spec, this.#state) && isAsleep(this.#spec, state);
    this.#state = state;
    // Falling asleep is the last thing it tells.
    if (!sleptOn) this.#told = readingsOf(this.#spec, state);
  }
}
