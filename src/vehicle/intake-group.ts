import type { Change, IntakeWrite, QuarantineEntry } from "./change.ts";
import type { Acceptance, Delivery } from "./delivery.ts";
import type { SignalCode, VehicleId } from "./ids.ts";
import { Draft } from "./intake-draft.ts";
import type { Batch } from "./observation.ts";
import { type LocationPrivacy, privateText, withPrivacy } from "./privacy.ts";
import type { ProblemOrigin } from "./problem.ts";
import type { VehicleState } from "./state.ts";

/** One thing that came in and waits for a transaction. */
export interface Entry {
  readonly delivery: Delivery | null;
  readonly batch: Batch | null;
  readonly origin: ProblemOrigin;
  /** Problems of this origin are disproved by what came. */
  readonly clears: boolean;
  /** The event that leaves the quarantine with this entry. */
  readonly released: string | null;
}

/** What a group asks about the vehicles it meets. */
export interface GroupRules {
  readonly knowsDelivery: (eventId: string) => boolean;
  readonly isKnown: (id: VehicleId) => boolean;
  /** Whether the configuration says to leave a vehicle alone. */
  readonly isIgnored: (id: VehicleId) => boolean;
  readonly privacyOf: (id: VehicleId | null) => LocationPrivacy;
  /** Whether a vehicle was told to take a signal's values as they come. */
  readonly accepts: (id: VehicleId, code: SignalCode) => boolean;
  readonly stateOf: (id: VehicleId) => VehicleState;
}

/** The merges of one transaction, on copies. */
export class Group {
  readonly strangers = new Set<VehicleId>();
  readonly #rules: GroupRules;
  readonly #drafts = new Map<VehicleId, Draft>();
  readonly #seen = new Map<string, number>();
  readonly #quarantine: QuarantineEntry[] = [];
  readonly #released: string[] = [];

  constructor(rules: GroupRules) {
    this.#rules = rules;
  }

  add(entry: Entry): Acceptance {
    const { delivery, batch } = entry;
    if (delivery !== null) {
      if (this.#seen.has(delivery.eventId) || this.#rules.knowsDelivery(delivery.eventId)) return "duplicate";
      this.#seen.set(delivery.eventId, delivery.receivedAt);
    }
    if (batch !== null && this.#rules.isIgnored(batch.vehicleId)) return "ignored";
    // Nothing is kept of a vehicle that was removed while it was read, say.
    if (batch === null || !this.#rules.isKnown(batch.vehicleId)) {
      if (delivery !== null) this.#keepAside(delivery);
      return "quarantined";
    }
    const { privacyOf, accepts } = this.#rules;
    const id = batch.vehicleId;
    const { origin, clears } = entry;
    this.#draft(id).fold(withPrivacy(batch, privacyOf(id)), { origin, clears, accepts: (code) => accepts(id, code) });
    if (entry.origin === "webhook") this.#draft(id).heard(batch);
    if (entry.released !== null) this.#released.push(entry.released);
    return "stored";
  }

  changes(): Change[] {
    return [...this.#drafts.values()].map((draft) => draft.change());
  }

  write(changes: Change[]): IntakeWrite {
    return {
      deliveries: [...this.#seen].map(([eventId, receivedAt]) => ({ eventId, receivedAt })),
      quarantine: this.#quarantine,
      released: this.#released,
      changes,
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
      body: privateText(delivery.raw, this.#rules.privacyOf(id)),
    });
  }

  #draft(id: VehicleId): Draft {
    let draft = this.#drafts.get(id);
    if (draft === undefined) {
      draft = new Draft(id, this.#rules.stateOf(id));
      this.#drafts.set(id, draft);
    }
    return draft;
  }
}
