import { sharedWord } from "../vehicle/catalogue.ts";
import type { Change, IntakeStore, IntakeWrite } from "../vehicle/change.ts";
import { type SignalCode, type VehicleId, vehicleId } from "../vehicle/ids.ts";
import type { Observation } from "../vehicle/observation.ts";
import type { Problem } from "../vehicle/problem.ts";
import { readingsOf } from "../vehicle/readings.ts";
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

/** A delivery in the quarantine, without what it told. */
export interface QuarantineNote {
  readonly eventId: string;
  readonly receivedAt: number;
  readonly vehicleId: VehicleId | null;
  readonly reason: string;
}

interface Draft {
  signals: Map<SignalCode, HeldSignal>;
  problems: Map<string, Problem>;
  lastWebhookAt: number | null;
  carried: ReadonlySet<SignalCode>;
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
      const code = sharedWord(row.code);
      draft(row.vehicle_id).signals.set(code, {
        code,
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
    // Cars of one webhook mostly carry the same.
    const carried = new Map<string, ReadonlySet<SignalCode>>();
    for (const row of this.all<ContactRow>("SELECT vehicle_id, last_webhook_at, carried FROM contacts")) {
      const codes = carried.get(row.carried) ?? new Set((JSON.parse(row.carried) as SignalCode[]).map(sharedWord));
      carried.set(row.carried, codes);
      draft(row.vehicle_id).lastWebhookAt = row.last_webhook_at;
      draft(row.vehicle_id).carried = codes;
    }
    return drafts;
  }

  knowsDelivery(eventId: string): boolean {
    return this.one("SELECT 1 FROM deliveries WHERE event_id = ?", eventId) !== undefined;
  }

  commit(gather: () => IntakeWrite): void {
    this.transaction(() => {
      const write = gather();
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

  /** What was set aside, newest first, without its bodies. */
  quarantine(limit: number): QuarantineNote[] {
    return this.all<{ event_id: string; received_at: number; vehicle_id: string | null; reason: string }>(
      "SELECT event_id, received_at, vehicle_id, reason FROM quarantine ORDER BY id DESC LIMIT ?",
      limit,
    ).map((row) => ({
      eventId: row.event_id,
      receivedAt: row.received_at,
      vehicleId: row.vehicle_id === null ? null : vehicleId(row.vehicle_id),
      reason: row.reason,
    }));
  }

  /**
   * A signal's course over `[from, to]` as time and value, oldest first, beginning with the value that held at `from`.
   * Of more than `most` facts the last one of each of as many equal spans is taken.
   */
  history(id: VehicleId, code: SignalCode, from: number, to: number, most: number): [number, number][] {
    const spanMs = Math.max(1, Math.ceil((to - from) / most));
    const before = this.one<{ value: number }>(
      "SELECT value FROM history WHERE vehicle_id = ? AND code = ? AND at < ? ORDER BY at DESC LIMIT 1",
      id,
      code,
      from,
    );
    const rows = this.all<{ at: number; value: number }>(
      `SELECT max(at) AS at, value FROM history WHERE vehicle_id = ? AND code = ? AND at >= ? AND at <= ?
       GROUP BY CAST((at - ?) / ? AS INTEGER) ORDER BY at`,
      id,
      code,
      from,
      to,
      from,
      spanMs,
    );
    const points = rows.map(({ at, value }): [number, number] => [at, value]);
    return before === undefined ? points : [[from, before.value], ...points];
  }

  quarantineSize(): number {
    return this.one<{ n: number }>("SELECT count(*) AS n FROM quarantine")?.n ?? 0;
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
    const number = metricNumber(code, value);
    if (value === null || number === null) return;
    if (metricNumber(code, change.previous.signals.get(code)?.value ?? null) === number) return;
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

/** The signal's first reading in its metric unit, a flag as 1 or 0; null when there is none that can be true. */
function metricNumber(code: SignalCode, observation: Observation | null): number | null {
  const value = observation?.body == null ? null : readingsOf(code, observation.body, "metric")[0]?.value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "number" ? value : null;
}

function textOf(observation: Observation | null): string | null {
  return observation === null ? null : JSON.stringify(observation);
}

function parseObservation(text: string | null): Observation | null {
  if (text === null) return null;
  const observation = JSON.parse(text) as Observation;
  const { code, name, group } = observation;
  return { ...observation, code: sharedWord(code), name: sharedWord(name), group: sharedWord(group) };
}
