import type { Change, IntakeStore, IntakeWrite } from "../vehicle/change.ts";
import { type SignalCode, type VehicleId, vehicleId } from "../vehicle/ids.ts";
import type { Observation } from "../vehicle/observation.ts";
import type { Problem } from "../vehicle/problem.ts";
import { factTime, type HeldSignal } from "../vehicle/signal.ts";
import type { VehicleState } from "../vehicle/state.ts";
import { Repository } from "./repository.ts";

/** Signals whose course over time is kept: what charts and charging sessions are made of. */
const HISTORY_CODES: ReadonlySet<string> = new Set([
  "tractionbattery-stateofcharge",
  "tractionbattery-range",
  "charge-ischarging",
  "charge-wattage",
  "charge-energyadded",
  "odometer-traveleddistance",
  "internalcombustionengine-fuellevel",
]);
/** The quarantine is for looking at, not for keeping. */
const MAX_QUARANTINED = 500;

interface Draft {
  signals: Map<SignalCode, HeldSignal>;
  problems: Map<string, Problem>;
  lastWebhookAt: number | null;
  carried: Set<SignalCode>;
}

/** What is held of each vehicle, the deliveries it came from, and what could not be understood. */
export class StateRepository extends Repository implements IntakeStore {
  loadStates(): ReadonlyMap<VehicleId, VehicleState> {
    const drafts = new Map<VehicleId, Draft>();
    const draft = (id: string): Draft => {
      const known = drafts.get(vehicleId(id));
      if (known !== undefined) return known;
      const fresh: Draft = { signals: new Map(), problems: new Map(), lastWebhookAt: null, carried: new Set() };
      drafts.set(vehicleId(id), fresh);
      return fresh;
    };
    type SignalRow = {
      vehicle_id: string;
      code: SignalCode;
      value: string | null;
      complaint: string | null;
      refused: string | null;
    };
    for (const row of this.all<SignalRow>("SELECT vehicle_id, code, value, complaint, refused FROM signals")) {
      draft(row.vehicle_id).signals.set(row.code, {
        code: row.code,
        value: parseObservation(row.value),
        complaint: parseObservation(row.complaint),
        refused: parseObservation(row.refused),
      });
    }
    type ProblemRow = { vehicle_id: string; key: string; data: string };
    for (const row of this.all<ProblemRow>("SELECT vehicle_id, key, data FROM problems")) {
      draft(row.vehicle_id).problems.set(row.key, JSON.parse(row.data) as Problem);
    }
    type ContactRow = { vehicle_id: string; last_webhook_at: number; carried: string };
    for (const row of this.all<ContactRow>("SELECT vehicle_id, last_webhook_at, carried FROM contacts")) {
      draft(row.vehicle_id).lastWebhookAt = row.last_webhook_at;
      draft(row.vehicle_id).carried = new Set(JSON.parse(row.carried) as SignalCode[]);
    }
    return drafts;
  }

  knowsDelivery(eventId: string): boolean {
    return this.one("SELECT 1 FROM deliveries WHERE event_id = ?", eventId) !== undefined;
  }

  commit(write: IntakeWrite): void {
    this.transaction(() => {
      for (const { eventId, receivedAt } of write.deliveries) {
        this.run("INSERT INTO deliveries (event_id, received_at) VALUES (?, ?)", eventId, receivedAt);
      }
      for (const entry of write.quarantine) {
        this.run(
          "INSERT INTO quarantine (event_id, received_at, vehicle_id, reason, body) VALUES (?, ?, ?, ?, ?)",
          entry.eventId,
          entry.receivedAt,
          entry.vehicleId,
          entry.reason,
          entry.body,
        );
      }
      if (write.quarantine.length > 0) {
        this.run("DELETE FROM quarantine WHERE id <= (SELECT max(id) FROM quarantine) - ?", MAX_QUARANTINED);
      }
      for (const eventId of write.released) this.run("DELETE FROM quarantine WHERE event_id = ?", eventId);
      for (const change of write.changes) this.#saveChange(change);
    });
  }

  /** Forgets deliveries and history older than the given instants. */
  prune(deliveriesBefore: number, historyBefore: number): void {
    this.run("DELETE FROM deliveries WHERE received_at < ?", deliveriesBefore);
    this.run("DELETE FROM history WHERE at < ?", historyBefore);
  }

  /** Deliveries set aside because their vehicle was unknown then, oldest first. */
  quarantined(id: VehicleId): { eventId: string; receivedAt: number; body: string }[] {
    return this.all<{ event_id: string; received_at: number; body: string }>(
      "SELECT event_id, received_at, body FROM quarantine WHERE vehicle_id = ? AND reason = 'unknown vehicle' ORDER BY id",
      id,
    ).map((row) => ({ eventId: row.event_id, receivedAt: row.received_at, body: row.body }));
  }

  #saveChange(change: Change): void {
    for (const code of change.codes) {
      const signal = change.state.signals.get(code);
      if (signal === undefined) continue;
      this.run(
        `INSERT INTO signals (vehicle_id, code, value, complaint, refused) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (vehicle_id, code)
         DO UPDATE SET value = excluded.value, complaint = excluded.complaint, refused = excluded.refused`,
        change.vehicleId,
        code,
        textOf(signal.value),
        textOf(signal.complaint),
        textOf(signal.refused),
      );
      if (HISTORY_CODES.has(code)) this.#saveHistory(change, code, signal);
    }
    if (change.state.problems !== change.previous.problems) this.#saveProblems(change);
    if (change.state.lastWebhookAt !== change.previous.lastWebhookAt) this.#saveContact(change);
  }

  #saveContact({ vehicleId: id, state, previous }: Change): void {
    if (state.carried === previous.carried && previous.lastWebhookAt !== null) {
      this.run("UPDATE contacts SET last_webhook_at = ? WHERE vehicle_id = ?", state.lastWebhookAt, id);
      return;
    }
    this.run(
      `INSERT INTO contacts (vehicle_id, last_webhook_at, carried) VALUES (?, ?, ?)
       ON CONFLICT (vehicle_id) DO UPDATE SET last_webhook_at = excluded.last_webhook_at, carried = excluded.carried`,
      id,
      state.lastWebhookAt,
      JSON.stringify([...state.carried]),
    );
  }

  #saveHistory(change: Change, code: SignalCode, { value }: HeldSignal): void {
    const number = Number(value?.body?.["value"] ?? Number.NaN);
    const before = change.previous.signals.get(code)?.value?.body?.["value"];
    if (value === null || Number.isNaN(number) || before === value.body?.["value"]) return;
    this.run(
      "INSERT OR REPLACE INTO history (vehicle_id, code, at, value) VALUES (?, ?, ?, ?)",
      change.vehicleId,
      code,
      factTime(value) ?? value.receivedAt,
      number,
    );
  }

  #saveProblems(change: Change): void {
    this.run("DELETE FROM problems WHERE vehicle_id = ?", change.vehicleId);
    for (const [key, problem] of change.state.problems) {
      this.run(
        "INSERT INTO problems (vehicle_id, key, data) VALUES (?, ?, ?)",
        change.vehicleId,
        key,
        JSON.stringify(problem),
      );
    }
  }
}

function textOf(observation: Observation | null): string | null {
  return observation === null ? null : JSON.stringify(observation);
}

function parseObservation(text: string | null): Observation | null {
  return text === null ? null : (JSON.parse(text) as Observation);
}
