import { AppError } from "../lib/errors.ts";
import type { Events } from "../lib/events.ts";
import type { Change, IntakeStore } from "./change.ts";
import type { Acceptance, Delivery, DeliveryIntake } from "./delivery.ts";
import type { VehicleId } from "./ids.ts";
import { type Entry, Group, type GroupRules } from "./intake-group.ts";
import type { Batch, ProblemReport } from "./observation.ts";
import { disproves, type ProblemOrigin } from "./problem.ts";
import { EMPTY_STATE, type VehicleState } from "./state.ts";

export interface IntakeEvents {
  changed: Change;
  /** A delivery came for a vehicle that nobody here knows. */
  unknownVehicle: VehicleId;
  accepted: { readonly delivery: Delivery; readonly acceptance: Acceptance };
}

export interface IntakeOptions {
  readonly store: IntakeStore;
  readonly events: Events<IntakeEvents>;
  readonly isKnown: GroupRules["isKnown"];
  readonly isIgnored: GroupRules["isIgnored"];
  readonly privacyOf: GroupRules["privacyOf"];
  readonly accepts: GroupRules["accepts"];
}

interface Waiting {
  readonly entry: Entry;
  readonly resolve: (acceptance: Acceptance) => void;
  readonly reject: (error: unknown) => void;
}

/** Far more than 32 connections can have waiting; beyond it Smartcar is told to come again. */
const MAX_WAITING = 2_000;
/** Entries of one transaction: enough to share the fsync, few enough to keep answers quick. */
const MAX_GROUP = 128;

/**
 * The one way in for webhooks and polls: privacy → merge → store → announce. Entries wait in one queue and share a
 * transaction (one fsync for all that wait), so that work on one vehicle never interleaves with itself. State in memory
 * only moves on after the disk has it.
 */
export class Intake implements DeliveryIntake {
  readonly #options: IntakeOptions;
  readonly #states = new Map<VehicleId, VehicleState>();
  #waiting: Waiting[] = [];
  #scheduled = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  start(): void {
    for (const [id, state] of this.#options.store.loadStates()) this.#states.set(id, state);
  }

  /** Everything taken in before this call is on disk when it resolves. */
  async stop(): Promise<void> {
    while (this.#waiting.length > 0) this.#flush();
    await Promise.resolve();
  }

  state(id: VehicleId): VehicleState {
    return this.#states.get(id) ?? EMPTY_STATE;
  }

  /** Lets go of a vehicle that was removed; the store has done so already. */
  forget(id: VehicleId): void {
    this.#states.delete(id);
  }

  accept(delivery: Delivery): Promise<Acceptance> {
    return this.#enqueue({ delivery, batch: delivery.batch, origin: "webhook" });
  }

  /** Takes what a poll brought. @throws AppError when it could not be stored. */
  async takePoll(batch: Batch): Promise<void> {
    await this.#enqueue({ batch, origin: "poll", clears: batch.problems.length === 0 });
  }

  /**
   * Takes what a delivery in the quarantine told, durable then and of use only now; with it, it leaves the quarantine.
   * @throws AppError when it could not be stored: then it stays there.
   */
  async readmit(batch: Batch, eventId: string): Promise<void> {
    await this.#enqueue({ batch, origin: "webhook", released: eventId });
  }

  /** A success disproves the problems that this way in had noticed. */
  async clear(id: VehicleId, origin: ProblemOrigin, at: number): Promise<void> {
    if (![...this.state(id).problems.values()].some((problem) => disproves(origin, problem))) return;
    const batch: Batch = { vehicleId: id, source: "poll", receivedAt: at, observations: [], problems: [] };
    await this.#enqueue({ batch, origin, clears: true });
  }

  /** Takes a problem noticed by a poll or a command; `RESOLVED` ones clear it. */
  async report(id: VehicleId, origin: ProblemOrigin, report: ProblemReport): Promise<void> {
    const batch: Batch = { vehicleId: id, source: "poll", receivedAt: report.at, observations: [], problems: [report] };
    await this.#enqueue({ batch, origin });
  }

  #enqueue(entry: Pick<Entry, "batch" | "origin"> & Partial<Entry>): Promise<Acceptance> {
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(
        new AppError("INTAKE_FULL", "too many deliveries are waiting to be stored", {
          disposition: "retry",
          hint: "the disk is too slow or the load too high; Smartcar tries again by itself",
        }),
      );
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry: { delivery: null, clears: false, released: null, ...entry }, resolve, reject });
      this.#flushSoon();
    });
  }

  /**
   * After the other sockets were read: what arrives together is stored together. As long as each turn of the event loop
   * brings more, the group grows; a delivery that comes alone waits for nobody.
   */
  #flushSoon(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    this.#scheduled = true;
    const count = this.#waiting.length;
    setImmediate(() => {
      this.#scheduled = false;
      const isGrowing = this.#waiting.length > count && this.#waiting.length < MAX_GROUP;
      if (!isGrowing) this.#flush();
      this.#flushSoon();
    });
  }

  #flush(): void {
    const { store, events, isKnown, isIgnored, privacyOf, accepts } = this.#options;
    const waiting = this.#waiting.splice(0, MAX_GROUP);
    const group = new Group({
      knowsDelivery: (eventId) => store.knowsDelivery(eventId),
      stateOf: (id) => this.state(id),
      isKnown,
      isIgnored,
      privacyOf,
      accepts,
    });
    let acceptances: Acceptance[] = [];
    let changes: Change[] = [];
    try {
      store.commit(() => {
        acceptances = waiting.map(({ entry }) => group.add(entry));
        changes = group.changes();
        return group.write(changes);
      });
    } catch (error) {
      for (const { reject } of waiting) reject(error);
      return;
    }
    for (const change of changes) this.#states.set(change.vehicleId, change.state);
    waiting.forEach(({ entry: { delivery }, resolve }, index) => {
      const acceptance = acceptances[index] ?? "stored";
      resolve(acceptance);
      if (delivery !== null) events.emit("accepted", { delivery, acceptance });
    });
    for (const change of changes) events.emit("changed", change);
    for (const id of group.strangers) events.emit("unknownVehicle", id);
  }
}
