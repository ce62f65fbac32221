import type { Clock, Timer } from "../lib/clock.ts";
import { minutes } from "../lib/duration.ts";
import type { Part } from "../lib/lifecycle.ts";
import { signalCapabilities } from "../vehicle/capability.ts";
import { signalSpec } from "../vehicle/catalogue.ts";
import type { Change } from "../vehicle/change.ts";
import { staleCodes } from "../vehicle/freshness.ts";
import { happenings } from "../vehicle/happening.ts";
import type { SignalCode, VehicleId } from "../vehicle/ids.ts";
import { cutsOff, foremost } from "../vehicle/problem.ts";
import { quirkHint } from "../vehicle/quirk.ts";
import type { ReadingValue } from "../vehicle/readings.ts";
import { iso, readingNames, shownReadings, signalDocument, unknownScalars } from "../vehicle/shown.ts";
import { scalar, updatedAt, type VehicleState } from "../vehicle/state.ts";
import type { UnitSystem } from "../vehicle/units.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import { payloadOf } from "./payload.ts";
import type { Publisher } from "./publisher.ts";
import { RANK } from "./retained.ts";
import type { Topics } from "./topics.ts";

/** What the commands part knows that is shown with a car. */
export interface CommandView {
  /** The word the lock shows while a command of ours is newer than the car's own word; null when it is not. */
  lockEcho(id: VehicleId, state: VehicleState): string | null;
  /** Per command variant, whether car, grant and configuration allow it. */
  capabilities(vehicle: Vehicle): Readonly<Record<string, object>>;
}

export interface PresenterOptions {
  readonly publisher: Pick<Publisher, "retain" | "erase" | "eraseBelow" | "emit">;
  readonly topics: Topics;
  readonly units: UnitSystem;
  readonly clock: Clock;
  readonly vehicles: () => readonly Vehicle[];
  readonly stateOf: (id: VehicleId) => VehicleState;
  readonly commands: CommandView;
  /** Whether a vehicle was told to take a signal's values as they come. */
  readonly accepts: (id: VehicleId, code: SignalCode) => boolean;
  /** Whether deliveries carry a signal of a vehicle; null when that is not known. */
  readonly webhookCarries: (id: VehicleId, code: SignalCode) => boolean | null;
  /** Energy (kWh) of all charging sessions; null as long as there is nothing to tell. */
  readonly energyTotal: (id: VehicleId) => number | null;
  /** Signals that an earlier run held of a vehicle and that are no longer kept. */
  readonly dropped: (id: VehicleId) => readonly SignalCode[];
  /** The interval at which a vehicle would be polled now, in milliseconds: its values cannot be fresher. */
  readonly pollMs: (id: VehicleId) => number;
  /** Called when what Home Assistant is told of a car may have changed. */
  readonly onShown: (
    vehicle: Vehicle,
    readings: ReadonlyMap<string, ReadingValue>,
    unknown: readonly SignalCode[],
  ) => void;
}

const LOOK_FOR_STALE_EVERY_MS = minutes(1);

/** Turns what is held of each car into its topics. Everything here derives from the store, so a restart shows the same. */
export class CarPresenter implements Part {
  readonly #options: PresenterOptions;
  readonly #stale = new Map<VehicleId, ReadonlySet<SignalCode>>();
  /** Names of the readings shown last: what is no longer among them is erased. */
  readonly #shown = new Map<VehicleId, ReadonlySet<string>>();
  #timer: Timer | undefined;

  constructor(options: PresenterOptions) {
    this.#options = options;
  }

  start(): void {
    for (const vehicle of this.#options.vehicles()) this.present(vehicle);
    this.#lookForStale();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  /** Everything of one car. */
  present(vehicle: Vehicle): void {
    const state = this.#options.stateOf(vehicle.id);
    this.#stale.set(vehicle.id, this.#staleNow(vehicle, state));
    this.#eraseDropped(vehicle, state);
    for (const code of state.signals.keys()) this.#showSignal(vehicle, state, code);
    this.#showProblem(vehicle, state);
    this.#showReadings(vehicle, state, null);
  }

  #eraseDropped(vehicle: Vehicle, state: VehicleState): void {
    const { publisher, topics, dropped } = this.#options;
    for (const code of dropped(vehicle.id)) {
      if (state.signals.has(code)) continue;
      publisher.erase(topics.signal(vehicle.topic, code));
      for (const { name } of signalSpec(code)?.readings ?? []) publisher.erase(topics.reading(vehicle.topic, name));
    }
  }

  /** What a change altered, and what happened with it. */
  onChange(vehicle: Vehicle, change: Change): void {
    const { publisher, topics, units } = this.#options;
    const { state, previous, codes } = change;
    this.#updateStale(vehicle, state, codes);
    for (const code of codes) this.#showSignal(vehicle, state, code);
    if (state.problems !== previous.problems) this.#showProblem(vehicle, state);
    const touched = [...codes].flatMap((code) => [
      ...readingNames(previous, code, units),
      ...readingNames(state, code, units),
    ]);
    this.#showReadings(vehicle, state, new Set(touched));
    for (const happening of happenings(change)) publisher.emit(topics.event(vehicle.topic), JSON.stringify(happening));
  }

  /**
   * Takes back everything that stands under a vehicle's topic, also from an earlier run: what its state has shown, and
   * whatever else this run published there.
   */
  withdraw(id: VehicleId, topic: string): void {
    const { publisher, topics, stateOf, units, accepts } = this.#options;
    const state = stateOf(id);
    for (const name of shownReadings(state, units, (code) => accepts(id, code)).keys()) {
      publisher.erase(topics.reading(topic, name));
    }
    for (const code of state.signals.keys()) publisher.erase(topics.signal(topic, code));
    const own = ["availability", "info", "state", "polling", "problem", ...ALWAYS];
    for (const name of own) publisher.erase(topics.reading(topic, name));
    publisher.eraseBelow(topics.vehicleRoot(topic));
    this.#stale.delete(id);
    this.#shown.delete(id);
  }

  /** Facts of the vehicle itself or of a command changed. */
  refresh(vehicle: Vehicle): void {
    const state = this.#options.stateOf(vehicle.id);
    this.#showProblem(vehicle, state);
    this.#showReadings(vehicle, state, null);
  }

  #showReadings(vehicle: Vehicle, state: VehicleState, touched: ReadonlySet<string> | null): void {
    const { publisher, topics, onShown } = this.#options;
    const readings = this.#readings(vehicle, state);
    for (const name of this.#shown.get(vehicle.id) ?? []) {
      if (!readings.has(name)) publisher.erase(topics.reading(vehicle.topic, name));
    }
    this.#shown.set(vehicle.id, new Set(readings.keys()));
    for (const [name, value] of readings) {
      if (touched !== null && !touched.has(name) && !ALWAYS.has(name)) continue;
      publisher.retain(topics.reading(vehicle.topic, name), payloadOf(value));
    }
    const document = { ...Object.fromEntries(readings), updated_at: iso(updatedAt(state)) };
    publisher.retain(topics.state(vehicle.topic), JSON.stringify(document));
    this.#showInfo(vehicle, state);
    onShown(vehicle, readings, unknownScalars(state));
  }

  #readings(vehicle: Vehicle, state: VehicleState): Map<string, ReadingValue> {
    const { units, accepts, energyTotal } = this.#options;
    const readings = new Map(shownReadings(state, units, (code) => accepts(vehicle.id, code)));
    const echo = this.#options.commands.lockEcho(vehicle.id, state);
    if (echo !== null) readings.set("lock", echo);
    if (state.lastWebhookAt !== null) readings.set("last_webhook_received", iso(state.lastWebhookAt));
    const energy = energyTotal(vehicle.id);
    if (energy !== null) readings.set("energy_total", energy);
    return readings;
  }

  #showSignal(vehicle: Vehicle, state: VehicleState, code: SignalCode): void {
    const { publisher, topics, accepts } = this.#options;
    const signal = state.signals.get(code);
    if (signal === undefined) return;
    const fresh = this.#stale.get(vehicle.id)?.has(code) !== true;
    publisher.retain(
      topics.signal(vehicle.topic, code),
      JSON.stringify(signalDocument(signal, fresh, accepts(vehicle.id, code))),
    );
  }

  #showProblem(vehicle: Vehicle, state: VehicleState): void {
    const { publisher, topics } = this.#options;
    const problem = foremost(state.problems);
    const { type, code, action, url, since } = problem ?? {};
    const hint = problem === null ? null : quirkHint(vehicle.make, "problem", problem.code ?? problem.type);
    const message = hint === null ? problem?.message : `${problem?.message} ${hint}`;
    const document =
      problem === null ? { active: false } : { active: true, type, code, message, action, url, since: iso(since) };
    publisher.retain(topics.problem(vehicle.topic), JSON.stringify(document));
    const cut = [...state.problems.values()].some(cutsOff);
    const availability = vehicle.connected && !cut ? "online" : "offline";
    publisher.retain(topics.availability(vehicle.topic), availability, RANK.availability);
  }

  #showInfo(vehicle: Vehicle, state: VehicleState): void {
    const { publisher, topics, commands, webhookCarries } = this.#options;
    const vin = scalar(state, "vehicleidentification-vin");
    const info = {
      id: vehicle.id,
      user_id: vehicle.userId,
      make: vehicle.make,
      model: vehicle.model,
      year: vehicle.year,
      powertrain: vehicle.powertrain,
      vin: typeof vin === "string" ? vin : null,
      mode: vehicle.mode,
      permissions: vehicle.permissions,
      signals: signalCapabilities(state, (code) => webhookCarries(vehicle.id, code)),
      commands: commands.capabilities(vehicle),
    };
    publisher.retain(topics.info(vehicle.topic), JSON.stringify(info));
  }

  #lookForStale(): void {
    const { clock, vehicles, stateOf } = this.#options;
    for (const vehicle of vehicles()) this.#updateStale(vehicle, stateOf(vehicle.id), new Set());
    this.#timer = clock.after(LOOK_FOR_STALE_EVERY_MS, () => this.#lookForStale());
  }

  /** Shows again the signals whose verdict turned, but for those that are shown anyway. */
  #updateStale(vehicle: Vehicle, state: VehicleState, shownAnyway: ReadonlySet<SignalCode>): void {
    const before = this.#stale.get(vehicle.id) ?? new Set();
    const now = this.#staleNow(vehicle, state);
    this.#stale.set(vehicle.id, now);
    for (const code of state.signals.keys()) {
      if (before.has(code) !== now.has(code) && !shownAnyway.has(code)) this.#showSignal(vehicle, state, code);
    }
  }

  #staleNow(vehicle: Vehicle, state: VehicleState): ReadonlySet<SignalCode> {
    const { clock, pollMs } = this.#options;
    return staleCodes(state, vehicle.make, pollMs(vehicle.id), clock.now());
  }
}

/** Readings that no signal yields, or that more than one thing decides. */
const ALWAYS: ReadonlySet<string> = new Set(["last_webhook_received", "energy_total", "lock"]);
