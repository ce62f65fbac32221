import type { Events } from "../lib/events.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { Change } from "./change.ts";
import { concernsCharging } from "./charging-facts.ts";
import { type ChargingLedger, type FinishedSession, toWattHours, track } from "./charging-session.ts";
import type { VehicleId } from "./ids.ts";
import { type LocationPrivacy, privatePlace } from "./privacy.ts";
import type { VehicleState } from "./state.ts";

/** What the charging log needs of a database. */
export interface ChargingStore {
  load(): ReadonlyMap<VehicleId, ChargingLedger>;
  /** Ledger and session in one transaction, on disk when it returns. A session of the same start is replaced. */
  save(id: VehicleId, ledger: ChargingLedger, session: FinishedSession | null): void;
}

export interface ChargingEvents {
  /** A session ended and is on disk. */
  finished: { readonly vehicleId: VehicleId; readonly session: FinishedSession };
}

export interface ChargingLogOptions {
  readonly store: ChargingStore;
  readonly events: Events<ChargingEvents>;
  readonly stateOf: (id: VehicleId) => VehicleState;
  readonly privacyOf: (id: VehicleId) => LocationPrivacy;
}

/** Keeps every vehicle's charging sessions and its energy total. What is in memory only moves on after the disk has it. */
export class ChargingLog implements Part {
  readonly #options: ChargingLogOptions;
  readonly #ledgers = new Map<VehicleId, ChargingLedger>();

  constructor(options: ChargingLogOptions) {
    this.#options = options;
  }

  start(): void {
    const { store, stateOf } = this.#options;
    for (const [id, ledger] of store.load()) {
      this.#ledgers.set(id, ledger);
      // A crash may have come between the signals and what follows from them.
      this.#take(id, stateOf(id), stateOf(id));
    }
  }

  /** @throws AppError when it could not be stored; the next change then makes up for it. */
  observe({ vehicleId, previous, state, codes }: Change): void {
    if (concernsCharging(codes)) this.#take(vehicleId, previous, state);
  }

  /** Energy (kWh) of all sessions of a vehicle; null as long as it told nothing of charging. */
  energyTotal(id: VehicleId): number | null {
    const ledger = this.#ledgers.get(id);
    return ledger === undefined ? null : toWattHours(ledger.energyTotalKwh);
  }

  /** The vehicle is gone: nothing will end its session. The total stays, should it come back. */
  forget(id: VehicleId): void {
    const ledger = this.#ledgers.get(id);
    if (ledger !== undefined) this.#keep(id, { ...ledger, session: null }, null);
  }

  #take(id: VehicleId, previous: VehicleState, state: VehicleState): void {
    const before = this.#ledgers.get(id) ?? null;
    const { ledger, record, ended } = track(before, previous, state);
    if (ledger === null || ledger === before) return;
    const session = record === null ? null : this.#private(id, record);
    this.#keep(
      id,
      ledger.session === null ? ledger : { ...ledger, session: this.#private(id, ledger.session) },
      session,
    );
    if (session !== null && ended) this.#options.events.emit("finished", { vehicleId: id, session });
  }

  #keep(id: VehicleId, ledger: ChargingLedger, session: FinishedSession | null): void {
    this.#options.store.save(id, ledger, session);
    this.#ledgers.set(id, ledger);
  }

  /** The rule may have become stricter since the place was taken in. */
  #private<T extends Pick<FinishedSession, "location" | "atHome">>(id: VehicleId, session: T): T {
    const level = this.#options.privacyOf(id);
    return {
      ...session,
      location: session.location === null ? null : privatePlace(session.location, level),
      atHome: level === "off" ? null : session.atHome,
    };
  }
}
