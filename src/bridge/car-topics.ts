import { capabilityChanged, signalCapabilities } from "../vehicle/capability.ts";
import { signalSpec } from "../vehicle/catalogue.ts";
import { type SignalCode, signalCode, type VehicleId } from "../vehicle/ids.ts";
import { cutsOff, foremost } from "../vehicle/problem.ts";
import { quirkHint } from "../vehicle/quirk.ts";
import type { ReadingValue } from "../vehicle/readings.ts";
import { iso, readingNames, shownReadings, unknownScalars } from "../vehicle/shown.ts";
import { scalar, updatedAt, type VehicleState } from "../vehicle/state.ts";
import type { UnitSystem } from "../vehicle/units.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import { MadePayload } from "./kept-payload.ts";
import { payloadOf } from "./payload.ts";
import type { Publisher } from "./publisher.ts";
import { RANK } from "./retained.ts";
import { SignalPayload } from "./signal-payload.ts";
import type { Topics } from "./topics.ts";

/** What the commands part knows that is shown with a car. */
export interface CommandView {
  /** The word the lock shows while a command of ours is newer than the car's own word; null when it is not. */
  lockEcho(id: VehicleId, state: VehicleState): string | null;
  /** Per command variant, whether car, grant and configuration allow it. */
  capabilities(vehicle: Vehicle): Readonly<Record<string, object>>;
}

export interface CarTopicsOptions {
  readonly publisher: Pick<Publisher, "retain" | "erase" | "eraseBelow">;
  readonly topics: Topics;
  readonly units: UnitSystem;
  readonly commands: CommandView;
  /** Whether a vehicle was told to take a signal's values as they come. */
  readonly accepts: (id: VehicleId, code: SignalCode) => boolean;
  /** Whether deliveries carry a signal of a vehicle; null when that is not known. */
  readonly webhookCarries: (id: VehicleId, code: SignalCode) => boolean | null;
  readonly stateOf: (id: VehicleId) => VehicleState;
  /** Energy (kWh) of all charging sessions; null as long as there is nothing to tell. */
  readonly energyTotal: (id: VehicleId) => number | null;
  /** Signals that an earlier run held of a vehicle and that are no longer kept. */
  readonly dropped: (id: VehicleId) => readonly SignalCode[];
  /** Called when what Home Assistant is told of a car may have changed. */
  readonly onShown: (
    vehicle: Vehicle,
    readings: ReadonlyMap<string, ReadingValue>,
    unknown: readonly SignalCode[],
  ) => void;
}

/** What differs between two states of a car: those signals, and nothing else. */
export interface Difference {
  readonly previous: VehicleState;
  readonly codes: ReadonlySet<SignalCode>;
}

/** Readings that no signal yields, or that more than one thing decides. */
const ALWAYS: ReadonlySet<string> = new Set(["last_webhook_received", "energy_total", "lock"]);
/** What Home Assistant is told of the car itself, beside which readings there are. */
const ANNOUNCED: ReadonlySet<string> = new Set(["vin", "firmware_version"]);
const VIN = signalCode("vehicleidentification-vin");

/** The topics of a car, each made from what is held of it. Who is shown, and when, is decided elsewhere. */
export class CarTopics {
  readonly #options: CarTopicsOptions;
  /** Names of the readings shown last: what is no longer among them is erased. */
  readonly #shown = new Map<VehicleId, readonly string[]>();

  constructor(options: CarTopicsOptions) {
    this.#options = options;
  }

  /** All readings with what is made of them. */
  showReadings(vehicle: Vehicle, state: VehicleState): void {
    const readings = this.#readings(vehicle, state);
    this.#eraseMissing(vehicle, readings);
    for (const [name, value] of readings) this.#showReading(vehicle, name, value);
    this.#showState(vehicle, state, readings);
    this.#showInfo(vehicle);
    this.#options.onShown(vehicle, readings, unknownScalars(state));
  }

  /** The readings that a difference touches, and what is made of readings only where it would be another. */
  showDifference(vehicle: Vehicle, state: VehicleState, { previous, codes }: Difference): void {
    const { units, onShown } = this.#options;
    const readings = this.#readings(vehicle, state);
    const areOthers = this.#eraseMissing(vehicle, readings);
    const touched = new Set(ALWAYS);
    for (const code of codes) {
      for (const name of readingNames(previous, code, units)) touched.add(name);
      for (const name of readingNames(state, code, units)) touched.add(name);
    }
    for (const name of touched) {
      const value = readings.get(name);
      if (value !== undefined) this.#showReading(vehicle, name, value);
    }
    this.#showState(vehicle, state, readings);
    const all = [...codes];
    if (all.some((code) => code === VIN || capabilityChanged(previous, state, code))) this.#showInfo(vehicle);
    const isNews =
      [...ANNOUNCED].some((name) => touched.has(name)) || all.some((code) => signalSpec(code) === undefined);
    if (areOthers || isNews) onShown(vehicle, readings, unknownScalars(state));
  }

  showSignal(vehicle: Vehicle, state: VehicleState, code: SignalCode, isFresh: boolean): void {
    const { publisher, topics, accepts } = this.#options;
    const signal = state.signals.get(code);
    if (signal === undefined) return;
    const payload = new SignalPayload(signal, isFresh, accepts(vehicle.id, code));
    publisher.retain(topics.signal(vehicle.topic, code), payload);
  }

  showProblem(vehicle: Vehicle, state: VehicleState): void {
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

  /** Takes back what an earlier run showed and that is no longer kept. */
  eraseDropped(vehicle: Vehicle, state: VehicleState): void {
    const { publisher, topics, dropped } = this.#options;
    for (const code of dropped(vehicle.id)) {
      if (state.signals.has(code)) continue;
      publisher.erase(topics.signal(vehicle.topic, code));
      for (const { name } of signalSpec(code)?.readings ?? []) publisher.erase(topics.reading(vehicle.topic, name));
    }
  }

  /**
   * Takes back everything that stands under a vehicle's topic, also from an earlier run: what its state has shown, and
   * whatever else this run published there.
   */
  withdraw(id: VehicleId, topic: string, state: VehicleState): void {
    const { publisher, topics, units, accepts } = this.#options;
    for (const name of shownReadings(state, units, (code) => accepts(id, code)).keys()) {
      publisher.erase(topics.reading(topic, name));
    }
    for (const code of state.signals.keys()) publisher.erase(topics.signal(topic, code));
    const own = ["availability", "info", "state", "polling", "problem", ...ALWAYS];
    for (const name of own) publisher.erase(topics.reading(topic, name));
    publisher.eraseBelow(topics.vehicleRoot(topic));
    this.#shown.delete(id);
  }

  #readings(vehicle: Vehicle, state: VehicleState): Map<string, ReadingValue> {
    const { units, accepts, energyTotal, commands } = this.#options;
    const readings = new Map(shownReadings(state, units, (code) => accepts(vehicle.id, code)));
    const echo = commands.lockEcho(vehicle.id, state);
    if (echo !== null) readings.set("lock", echo);
    if (state.lastWebhookAt !== null) readings.set("last_webhook_received", iso(state.lastWebhookAt));
    const energy = energyTotal(vehicle.id);
    if (energy !== null) readings.set("energy_total", energy);
    return readings;
  }

  /** Erases what is no longer among the readings. Returns whether there are others now than were shown last. */
  #eraseMissing(vehicle: Vehicle, readings: ReadonlyMap<string, ReadingValue>): boolean {
    const { publisher, topics } = this.#options;
    const before = this.#shown.get(vehicle.id) ?? [];
    let kept = 0;
    for (const name of before) {
      if (readings.has(name)) kept++;
      else publisher.erase(topics.reading(vehicle.topic, name));
    }
    if (kept === before.length && kept === readings.size) return false;
    this.#shown.set(vehicle.id, [...readings.keys()]);
    return true;
  }

  #showReading(vehicle: Vehicle, name: string, value: ReadingValue): void {
    const { publisher, topics } = this.#options;
    publisher.retain(topics.reading(vehicle.topic, name), payloadOf(value));
  }

  #showState(vehicle: Vehicle, state: VehicleState, readings: ReadonlyMap<string, ReadingValue>): void {
    const { publisher, topics } = this.#options;
    const document = { ...Object.fromEntries(readings), updated_at: iso(updatedAt(state)) };
    publisher.retain(topics.state(vehicle.topic), JSON.stringify(document));
  }

  #showInfo(vehicle: Vehicle): void {
    const { publisher, topics } = this.#options;
    publisher.retain(topics.info(vehicle.topic), new MadePayload(() => JSON.stringify(this.#info(vehicle))));
  }

  /** What is known of the car itself, as of now. */
  #info(vehicle: Vehicle): object {
    const { commands, webhookCarries, stateOf } = this.#options;
    const state = stateOf(vehicle.id);
    const vin = scalar(state, VIN);
    return {
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
  }
}
