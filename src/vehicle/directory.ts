import { type BackoffPolicy, backoffDelay, type Random } from "../lib/backoff.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import { minutes, seconds } from "../lib/duration.ts";
import { toError } from "../lib/errors.ts";
import type { Events } from "../lib/events.ts";
import { jsonEqual } from "../lib/json.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { VehicleId } from "./ids.ts";
import type { Connection, Vehicle } from "./vehicle.ts";

/** What the configuration says of single vehicles. */
export interface VehicleOverride {
  readonly id: string;
  readonly topic?: string | undefined;
  readonly name?: string | undefined;
  readonly enabled?: boolean | undefined;
}

/** Smartcar's list of connections. @throws CallError */
export interface ConnectionSource {
  listConnections(signal?: AbortSignal): Promise<readonly Connection[]>;
}

export interface VehicleStore {
  list(): Vehicle[];
  save(vehicle: Vehicle): void;
  /** Saves all or none; topic names may change hands among them. */
  saveAll(vehicles: readonly Vehicle[]): void;
  /** Forgets a vehicle and what is held of it; its history and audit rows stay. */
  remove(id: VehicleId): void;
}

export interface DirectoryEvents {
  added: Vehicle;
  updated: { readonly vehicle: Vehicle; readonly previous: Vehicle };
  /** The connection is missing from the list; looked for once more before the vehicle is given up. */
  disconnected: Vehicle;
  /** The owner took the connection back or removed the car, or the configuration now leaves it alone. */
  removed: Vehicle;
  /** The configuration gave it another topic; what stands under the old one is to go. */
  renamed: { readonly vehicle: Vehicle; readonly oldTopic: string };
  listed: { readonly connections: number };
  failed: Error;
}

export interface DirectoryOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly source: ConnectionSource;
  readonly store: VehicleStore;
  readonly overrides: readonly VehicleOverride[];
  /** Picks a topic name that is not taken. */
  readonly nameTopic: (connection: Connection, taken: ReadonlySet<string>) => string;
  readonly events: Events<DirectoryEvents>;
}

export const LIST_EVERY_MS = minutes(10);
/** However many events ask for it, the list is not read more often. */
const LIST_AT_MOST_EVERY_MS = seconds(30);
const RETRY: BackoffPolicy = { initialMs: seconds(5), factor: 2, maxMs: LIST_EVERY_MS, jitter: 0.2 };

/** The cars this bridge serves: known from the database at once, kept in step with Smartcar's connections. */
export class Directory implements Part {
  readonly #options: DirectoryOptions;
  readonly #overrides: ReadonlyMap<string, VehicleOverride>;
  readonly #vehicles = new Map<VehicleId, Vehicle>();
  readonly #byTopic = new Map<string, Vehicle>();
  readonly #abort = new AbortController();
  #listing: Promise<void> | undefined;
  #timer: Timer | undefined;
  #listedAt: number | null = null;
  #failures = 0;
  #started = false;
  #lookAgain = false;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    this.#overrides = new Map(options.overrides.map((override) => [override.id, override]));
  }

  /** Loads what is known and begins listing; does not wait for Smartcar. */
  start(): void {
    this.#started = true;
    const { store, overrides, events } = this.#options;
    const configured = new Set(overrides.flatMap(({ topic }) => (topic === undefined ? [] : [topic])));
    const known = store.list();
    for (const stored of known) if (!this.#isEnabled(stored.id)) this.#remove(stored);
    const served = known.filter(({ id }) => this.#isEnabled(id));
    const taken = new Set([...configured, ...served.map(({ topic }) => topic)]);
    const moves = served.map((stored) => ({ stored, vehicle: this.#withOverride(stored, configured, taken) }));
    store.saveAll(moves.flatMap(({ stored, vehicle }) => (jsonEqual(stored, vehicle) ? [] : [vehicle])));
    for (const { vehicle } of moves) this.#keep(vehicle);
    for (const { stored, vehicle } of moves) {
      if (stored.topic !== vehicle.topic) events.emit("renamed", { vehicle, oldTopic: stored.topic });
    }
    void this.refresh();
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#timer?.cancel();
    this.#abort.abort();
    await this.#listing;
  }

  /** Vehicles to serve, with their newest known facts, connected or not. */
  list(): readonly Vehicle[] {
    return [...this.#vehicles.values()];
  }

  get(id: VehicleId): Vehicle | undefined {
    return this.#vehicles.get(id);
  }

  /** Whether the configuration says to leave this vehicle alone. */
  isIgnored(id: VehicleId): boolean {
    return !this.#isEnabled(id);
  }

  byTopic(topic: string): Vehicle | undefined {
    return this.#byTopic.get(topic);
  }

  /** When the connections were last listed (epoch milliseconds), or null. */
  get listedAt(): number | null {
    return this.#listedAt;
  }

  /** Lists the connections now; calls at the same time share one listing. Never throws. */
  refresh(): Promise<void> {
    this.#listing ??= this.#list().finally(() => {
      this.#listing = undefined;
      this.#arm();
    });
    return this.#listing;
  }

  /** Lists soon, because something pointed to a vehicle that is not known; does not hurry more than is polite. */
  refreshSoon(): void {
    const { clock } = this.#options;
    // A list under way may have been made before what this is about.
    if (this.#listing !== undefined) this.#lookAgain = true;
    // While listing fails, its back-off is what is polite.
    if (this.#listing !== undefined || !this.#started || this.#failures > 0) return;
    const politeMs = (this.#listedAt ?? 0) + LIST_AT_MOST_EVERY_MS - clock.now();
    // A clock that was set back must not make it wait longer.
    const waitMs = Math.min(LIST_AT_MOST_EVERY_MS, Math.max(0, politeMs));
    this.#timer?.cancel();
    this.#timer = clock.after(waitMs, () => void this.refresh());
  }

  async #list(): Promise<void> {
    const { source, events, clock } = this.#options;
    this.#timer?.cancel();
    try {
      const connections = await source.listConnections(this.#abort.signal);
      this.#failures = 0;
      this.#listedAt = clock.now();
      this.#reconcile(connections);
      events.emit("listed", { connections: connections.length });
    } catch (error) {
      this.#failures++;
      if (this.#started) events.emit("failed", toError(error));
    }
  }

  #arm(): void {
    const { clock, random } = this.#options;
    if (!this.#started) return;
    const regularMs = this.#lookAgain ? LIST_AT_MOST_EVERY_MS : LIST_EVERY_MS;
    const waitMs = this.#failures === 0 ? regularMs : backoffDelay(RETRY, this.#failures, random);
    this.#lookAgain = false;
    this.#timer?.cancel();
    this.#timer = clock.after(waitMs, () => void this.refresh());
  }

  #reconcile(connections: readonly Connection[]): void {
    const { events, store } = this.#options;
    const chosen = choosePerVehicle(connections, (id) => this.#vehicles.get(id)?.userId);
    for (const connection of chosen.values()) {
      if (!this.#isEnabled(connection.vehicleId)) continue;
      const previous = this.#vehicles.get(connection.vehicleId);
      const vehicle = this.#fromConnection(connection, previous);
      if (previous !== undefined && jsonEqual(previous, vehicle)) continue;
      store.save(vehicle);
      this.#keep(vehicle);
      if (previous === undefined) events.emit("added", vehicle);
      else events.emit("updated", { vehicle, previous });
    }
    for (const vehicle of [...this.#vehicles.values()]) {
      if (!chosen.has(vehicle.id)) this.#miss(vehicle);
    }
  }

  /** Smartcar has lost cars for a moment before, and taking one away deletes its entities: so it takes two lists. */
  #miss(vehicle: Vehicle): void {
    const { store, events } = this.#options;
    if (!vehicle.connected) {
      this.#remove(vehicle);
      return;
    }
    const missing = { ...vehicle, connected: false };
    store.save(missing);
    this.#keep(missing);
    this.#lookAgain = true;
    events.emit("disconnected", missing);
  }

  #remove(vehicle: Vehicle): void {
    this.#vehicles.delete(vehicle.id);
    this.#byTopic.delete(vehicle.topic);
    this.#options.store.remove(vehicle.id);
    this.#options.events.emit("removed", vehicle);
  }

  #fromConnection(connection: Connection, previous: Vehicle | undefined): Vehicle {
    const { vehicleId: id, ...facts } = connection;
    const override = this.#overrides.get(id);
    const topic = override?.topic ?? previous?.topic ?? this.#options.nameTopic(connection, this.#takenTopics());
    return { id, topic, name: override?.name ?? defaultName(connection), ...facts, connected: true };
  }

  #takenTopics(): Set<string> {
    const taken = new Set(this.#byTopic.keys());
    for (const { topic } of this.#overrides.values()) if (topic !== undefined) taken.add(topic);
    return taken;
  }

  /** The configuration may have changed since the vehicle was stored; a stored name yields to a configured one. */
  #withOverride(stored: Vehicle, configured: ReadonlySet<string>, taken: Set<string>): Vehicle {
    const override = this.#overrides.get(stored.id);
    const name = override?.name ?? defaultName(stored);
    if (override?.topic !== undefined) return { ...stored, name, topic: override.topic };
    const clash = configured.has(stored.topic);
    const topic = clash ? this.#options.nameTopic({ ...stored, vehicleId: stored.id }, taken) : stored.topic;
    taken.add(topic);
    return { ...stored, name, topic };
  }

  #keep(vehicle: Vehicle): void {
    const before = this.#vehicles.get(vehicle.id);
    if (before !== undefined) this.#byTopic.delete(before.topic);
    this.#vehicles.set(vehicle.id, vehicle);
    this.#byTopic.set(vehicle.topic, vehicle);
  }

  #isEnabled(id: VehicleId): boolean {
    return this.#overrides.get(id)?.enabled !== false;
  }
}

/**
 * One vehicle may be connected by several users: the one used before stays, else the one who granted most, else the
 * first by id, so that the choice does not flicker with the order of the list.
 */
function choosePerVehicle(
  connections: readonly Connection[],
  current: (id: VehicleId) => string | undefined,
): ReadonlyMap<VehicleId, Connection> {
  const chosen = new Map<VehicleId, Connection>();
  const score = (connection: Connection): number =>
    (connection.userId === current(connection.vehicleId) ? 1_000 : 0) + connection.permissions.length;
  for (const connection of [...connections].sort((a, b) => (a.userId < b.userId ? -1 : a.userId > b.userId ? 1 : 0))) {
    const other = chosen.get(connection.vehicleId);
    if (other === undefined || score(connection) > score(other)) chosen.set(connection.vehicleId, connection);
  }
  return chosen;
}

/** What a car is called that the configuration gives no name. */
export function defaultName({ make, model }: Pick<Connection, "make" | "model">): string {
  const brand = make === null ? "" : make.length <= 3 ? make : titleCase(make);
  const name =
    model !== null && brand !== "" && model.toLowerCase().startsWith(brand.toLowerCase())
      ? model
      : `${brand} ${model ?? ""}`;
  return name.trim() || "Vehicle";
}

function titleCase(text: string): string {
  return text.toLowerCase().replace(/(^|[\s-])\p{L}/gu, (letter) => letter.toUpperCase());
}
