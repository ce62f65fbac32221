import { AppError } from "../lib/errors.ts";
import type { Events } from "../lib/events.ts";
import type { Acceptance, Delivery, DeliveryIntake } from "./delivery.ts";
import type { SignalCode, VehicleId } from "./ids.ts";
import { merge } from "./merge.ts";
import type { Batch, ProblemReport } from "./observation.ts";
import { acceptAll, byCourse } from "./plausibility.ts";
import { type LocationPrivacy, privateText, withPrivacy } from "./privacy.ts";
import {
  applyReport,
  clearNoData,
  clearOrigin,
  type Problem,
  type ProblemChange,
  type ProblemOrigin,
} from "./problem.ts";
import { type HeldSignal, isUsable } from "./signal.ts";
import { EMPTY_STATE, type VehicleState } from "./state.ts";

/** What a merge altered in one vehicle; announced only after it is durable. */
export interface Change {
  readonly vehicleId: VehicleId;
  readonly state: VehicleState;
  readonly previous: VehicleState;
  /** Signals whose value, times or status changed. */
  readonly codes: ReadonlySet<SignalCode>;
  readonly raised: readonly Problem[];
  readonly cleared: readonly Problem[];
}

export interface QuarantineEntry {
  readonly eventId: string;
  readonly receivedAt: number;
  readonly vehicleId: VehicleId | null;
  readonly reason: string;
  readonly body: string;
}

/** Everything one commit makes durable, all or nothing. */
export interface IntakeWrite {
  readonly deliveries: { readonly eventId: string; readonly receivedAt: number }[];
  readonly quarantine: QuarantineEntry[];
  /** Events that leave the quarantine, since what they tell is among the changes. */
  readonly released: string[];
  readonly changes: Change[];
}

/** What the intake needs of a database. */
export interface IntakeStore {
  loadStates(): ReadonlyMap<VehicleId, VehicleState>;
  knowsDelivery(eventId: string): boolean;
  /** One transaction, on disk when it returns. @throws AppError when it could not be made durable. */
  commit(write: IntakeWrite): void;
}

export interface IntakeEvents {
  changed: Change;
  /** A delivery came for a vehicle that nobody here knows. */
  unknownVehicle: VehicleId;
  accepted: { readonly delivery: Delivery; readonly acceptance: Acceptance };
}

export interface IntakeOptions {
  readonly store: IntakeStore;
  readonly events: Events<IntakeEvents>;
  readonly isKnown: (id: VehicleId) => boolean;
  readonly privacyOf: (id: VehicleId | null) => LocationPrivacy;
  /** Whether a vehicle was told to take a signal's values as they come. */
  readonly accepts: (id: VehicleId, code: SignalCode) => boolean;
}

interface Entry {
  readonly delivery: Delivery | null;
  readonly batch: Batch | null;
  readonly origin: ProblemOrigin;
  /** Problems of this origin are disproved by what came. */
  readonly clears: boolean;
  /** The event that leaves the quarantine with this entry. */
  readonly released: string | null;
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
  #waiting: Entry[] = [];
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
    if (![...this.state(id).problems.values()].some((problem) => problem.origin === origin)) return;
    const batch: Batch = { vehicleId: id, source: "poll", receivedAt: at, observations: [], problems: [] };
    await this.#enqueue({ batch, origin, clears: true });
  }

  /** Takes a problem noticed by a poll, a command or the connection list; `RESOLVED` ones clear it. */
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
      this.#waiting.push({ delivery: null, clears: false, released: null, ...entry, resolve, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      // After the other sockets were read: what arrives together is stored together.
      setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    this.#scheduled = false;
    const group = this.#waiting.splice(0, MAX_GROUP);
    if (this.#waiting.length > 0 && !this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => this.#flush());
    }
    if (group.length === 0) return;
    const work = new Group(this.#options, (id) => this.state(id));
    let acceptances: Acceptance[];
    try {
      acceptances = group.map((entry) => work.add(entry));
      this.#options.store.commit(work.write());
    } catch (error) {
      for (const entry of group) entry.reject(error);
      return;
    }
    const changes = work.changes();
    for (const change of changes) this.#states.set(change.vehicleId, change.state);
    group.forEach((entry, index) => {
      const acceptance = acceptances[index] ?? "stored";
      entry.resolve(acceptance);
      if (entry.delivery !== null) this.#options.events.emit("accepted", { delivery: entry.delivery, acceptance });
    });
    for (const change of changes) this.#options.events.emit("changed", change);
    for (const id of work.strangers) this.#options.events.emit("unknownVehicle", id);
  }
}

/** The merges of one transaction, on copies. */
class Group {
  readonly strangers = new Set<VehicleId>();
  readonly #options: IntakeOptions;
  readonly #before: (id: VehicleId) => VehicleState;
  readonly #drafts = new Map<VehicleId, Draft>();
  readonly #seen = new Map<string, number>();
  readonly #quarantine: QuarantineEntry[] = [];
  readonly #released: string[] = [];

  constructor(options: IntakeOptions, before: (id: VehicleId) => VehicleState) {
    this.#options = options;
    this.#before = before;
  }

  add(entry: Entry): Acceptance {
    const { delivery, batch } = entry;
    if (delivery !== null) {
      if (this.#seen.has(delivery.eventId) || this.#options.store.knowsDelivery(delivery.eventId)) return "duplicate";
      this.#seen.set(delivery.eventId, delivery.receivedAt);
    }
    if (batch === null || (delivery !== null && !this.#options.isKnown(batch.vehicleId))) {
      if (delivery !== null) this.#keepAside(delivery);
      return "quarantined";
    }
    const { privacyOf, accepts } = this.#options;
    const id = batch.vehicleId;
    this.#draft(id).fold(withPrivacy(batch, privacyOf(id)), entry, (code) => accepts(id, code));
    if (entry.origin === "webhook") this.#draft(id).heard(batch);
    if (entry.released !== null) this.#released.push(entry.released);
    return "stored";
  }

  changes(): Change[] {
    return [...this.#drafts.values()].map((draft) => draft.change());
  }

  write(): IntakeWrite {
    return {
      deliveries: [...this.#seen].map(([eventId, receivedAt]) => ({ eventId, receivedAt })),
      quarantine: this.#quarantine,
      released: this.#released,
      changes: this.changes(),
    };
  }

  #keepAside(delivery: Delivery): void {
    const id = delivery.batch?.vehicleId ?? null;
    if (id !== null) this.strangers.add(id);
    this.#quarantine.push({
      eventId: delivery.eventId,
      receivedAt: delivery.receivedAt,
      vehicleId: id,
      reason: delivery.unusable ?? "unknown vehicle",
      body: privateText(delivery.raw, this.#options.privacyOf(id)),
    });
  }

  #draft(id: VehicleId): Draft {
    let draft = this.#drafts.get(id);
    if (draft === undefined) {
      draft = new Draft(id, this.#before(id));
      this.#drafts.set(id, draft);
    }
    return draft;
  }
}

/** One vehicle's next state while a transaction is being put together. */
class Draft {
  readonly vehicleId: VehicleId;
  readonly #previous: VehicleState;
  #signals: Map<SignalCode, HeldSignal> | undefined;
  #problems: VehicleState["problems"];
  #heardAt: number | null = null;
  #carried: Set<SignalCode> | undefined;
  readonly #codes = new Set<SignalCode>();
  readonly #raised: Problem[] = [];
  readonly #cleared: Problem[] = [];

  constructor(vehicleId: VehicleId, previous: VehicleState) {
    this.vehicleId = vehicleId;
    this.#previous = previous;
    this.#problems = previous.problems;
  }

  fold(batch: Batch, entry: Pick<Entry, "origin" | "clears">, accepts: (code: SignalCode) => boolean): void {
    for (const observation of batch.observations) {
      const held = (this.#signals ?? this.#previous.signals).get(observation.code);
      const { signal, changed } = merge(held, observation, accepts(observation.code) ? acceptAll : byCourse);
      if (signal === held) continue;
      this.#signals ??= new Map(this.#previous.signals);
      this.#signals.set(observation.code, signal);
      if (changed) this.#codes.add(observation.code);
    }
    if (batch.observations.some(isUsable)) this.#note(clearNoData(this.#problems));
    for (const report of batch.problems) this.#note(applyReport(this.#problems, report, entry.origin));
    while (entry.clears && this.#note(clearOrigin(this.#problems, entry.origin)));
  }

  /** A delivery told something of this vehicle. One kept aside and read later was contact when it came. */
  heard({ observations, receivedAt }: Batch): void {
    this.#heardAt = Math.max(this.#heardAt ?? this.#previous.lastWebhookAt ?? 0, receivedAt);
    for (const { code } of observations) {
      if ((this.#carried ?? this.#previous.carried).has(code)) continue;
      this.#carried ??= new Set(this.#previous.carried);
      this.#carried.add(code);
    }
  }

  change(): Change {
    return {
      vehicleId: this.vehicleId,
      previous: this.#previous,
      state: {
        signals: this.#signals ?? this.#previous.signals,
        problems: this.#problems,
        lastWebhookAt: this.#heardAt ?? this.#previous.lastWebhookAt,
        carried: this.#carried ?? this.#previous.carried,
      },
      codes: this.#codes,
      raised: this.#raised,
      cleared: this.#cleared,
    };
  }

  #note(change: ProblemChange | null): boolean {
    if (change === null) return false;
    this.#problems = change.problems;
    if (change.raised !== null) this.#raised.push(change.raised);
    if (change.cleared !== null) this.#cleared.push(change.cleared);
    return true;
  }
}
