import type { Clock, Timer } from "../lib/clock.ts";
import { minutes } from "../lib/duration.ts";
import { toError } from "../lib/errors.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { Log } from "../lib/log.ts";
import type { Change } from "../vehicle/change.ts";
import { staleCodes } from "../vehicle/freshness.ts";
import { type Happening, happenings } from "../vehicle/happening.ts";
import type { SignalCode, VehicleId } from "../vehicle/ids.ts";
import type { VehicleState } from "../vehicle/state.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import { CarTopics, type CarTopicsOptions } from "./car-topics.ts";
import type { Publisher } from "./publisher.ts";

export interface PresenterOptions extends CarTopicsOptions {
  readonly publisher: Pick<Publisher, "retain" | "erase" | "eraseBelow" | "emit">;
  readonly clock: Clock;
  readonly vehicles: () => readonly Vehicle[];
  readonly vehicle: (id: VehicleId) => Vehicle | undefined;
  /** The interval at which a vehicle would be polled now, in milliseconds: its values cannot be fresher. */
  readonly pollMs: (id: VehicleId) => number;
  readonly log: Pick<Log, "error">;
}

/** What is still to be shown of a car since it was shown last. */
interface Due {
  readonly previous: VehicleState;
  readonly codes: Set<SignalCode>;
  readonly happenings: Happening[];
}

const LOOK_FOR_STALE_EVERY_MS = minutes(1);
/** Cars shown in one turn of the event loop: so few that deliveries are taken in meanwhile. */
const CARS_A_TURN = 16;

/**
 * Decides when which car is shown. Everything shown derives from the store, so a restart shows the same. A change is
 * shown in a later turn of the event loop, after its delivery was answered; changes that wait for it are shown together,
 * the newest state of all, but whatever happened is told.
 */
export class CarPresenter implements Part {
  readonly #options: PresenterOptions;
  readonly #cars: CarTopics;
  readonly #stale = new Map<VehicleId, ReadonlySet<SignalCode>>();
  readonly #due = new Map<VehicleId, Due>();
  #turn: NodeJS.Immediate | undefined;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: PresenterOptions) {
    this.#options = options;
    this.#cars = new CarTopics(options);
  }

  start(): void {
    this.#stopped = false;
    for (const vehicle of this.#options.vehicles()) this.present(vehicle);
    this.#lookForStale();
  }

  /** What is still due is shown: the publisher gives it a moment to arrive. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    clearImmediate(this.#turn);
    this.#turn = undefined;
    this.showDue();
  }

  /** Everything of one car. */
  present(vehicle: Vehicle): void {
    const state = this.#options.stateOf(vehicle.id);
    const stale = this.#staleNow(vehicle, state);
    this.#stale.set(vehicle.id, stale);
    this.#cars.eraseDropped(vehicle, state);
    for (const code of state.signals.keys()) this.#cars.showSignal(vehicle, state, code, !stale.has(code));
    this.#cars.showProblem(vehicle, state);
    this.#cars.showReadings(vehicle, state);
  }

  /** Facts of the vehicle itself or of a command changed. */
  refresh(vehicle: Vehicle): void {
    const state = this.#options.stateOf(vehicle.id);
    this.#cars.showProblem(vehicle, state);
    this.#cars.showReadings(vehicle, state);
  }

  /** Has what a change altered shown soon, and what happened with it told. */
  onChange(change: Change): void {
    if (this.#stopped) return;
    const due = this.#due.get(change.vehicleId);
    if (due === undefined) {
      const { previous, codes } = change;
      this.#due.set(change.vehicleId, { previous, codes: new Set(codes), happenings: [...happenings(change)] });
    } else {
      for (const code of change.codes) due.codes.add(code);
      due.happenings.push(...happenings(change));
    }
    this.#showSoon();
  }

  /** Shows now what is due, of so many cars. */
  showDue(most = this.#due.size): void {
    let shown = 0;
    for (const [id, due] of this.#due) {
      if (shown++ === most) break;
      this.#due.delete(id);
      try {
        const vehicle = this.#options.vehicle(id);
        if (vehicle !== undefined) this.#show(vehicle, due);
      } catch (error) {
        this.#options.log.error({ vehicle: id, err: toError(error) }, "a car could not be shown");
      }
    }
  }

  /** Takes back everything that stands under a vehicle's topic. */
  withdraw(id: VehicleId, topic: string): void {
    this.#cars.withdraw(id, topic, this.#options.stateOf(id));
    this.#stale.delete(id);
  }

  #showSoon(): void {
    if (this.#turn !== undefined || this.#due.size === 0) return;
    this.#turn = setImmediate(() => {
      this.#turn = undefined;
      this.showDue(CARS_A_TURN);
      this.#showSoon();
    });
  }

  #show(vehicle: Vehicle, due: Due): void {
    const { publisher, topics, stateOf } = this.#options;
    const state = stateOf(vehicle.id);
    // Readings first: they are what somebody waits for.
    this.#cars.showDifference(vehicle, state, due);
    this.#updateStale(vehicle, state, due.codes);
    if (state.problems !== due.previous.problems) this.#cars.showProblem(vehicle, state);
    for (const each of due.happenings) publisher.emit(topics.event(vehicle.topic), JSON.stringify(each));
  }

  #lookForStale(): void {
    const { clock, vehicles, stateOf } = this.#options;
    for (const vehicle of vehicles()) this.#updateStale(vehicle, stateOf(vehicle.id), NONE);
    this.#timer = clock.after(LOOK_FOR_STALE_EVERY_MS, () => this.#lookForStale());
  }

  /** Shows the signals that changed, and those whose verdict turned. */
  #updateStale(vehicle: Vehicle, state: VehicleState, changed: ReadonlySet<SignalCode>): void {
    const before = this.#stale.get(vehicle.id) ?? NONE;
    const now = this.#staleNow(vehicle, state);
    this.#stale.set(vehicle.id, now);
    for (const code of changed) this.#cars.showSignal(vehicle, state, code, !now.has(code));
    for (const codes of [before, now]) {
      for (const code of codes) {
        if (before.has(code) !== now.has(code)) this.#cars.showSignal(vehicle, state, code, !now.has(code));
      }
    }
  }

  #staleNow(vehicle: Vehicle, state: VehicleState): ReadonlySet<SignalCode> {
    const { clock, pollMs } = this.#options;
    const stale = staleCodes(state, vehicle.make, pollMs(vehicle.id), clock.now());
    return stale.size === 0 ? NONE : stale;
  }
}

const NONE: ReadonlySet<SignalCode> = new Set();
