import type { JsonObject } from "../lib/json.ts";
import { READINGS } from "../vehicle/catalogue.ts";
import type { SignalCode, VehicleId } from "../vehicle/ids.ts";
import type { UnitSystem } from "../vehicle/units.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import { commandDrafts } from "./discovery-commands.ts";
import {
  componentsOf,
  type DeviceDocument,
  type Draft,
  type Platform,
  slugOf,
  topicId,
} from "./discovery-component.ts";
import { bridgeDrafts, extraDrafts } from "./discovery-extras.ts";
import { readingDraft, unknownDraft } from "./discovery-readings.ts";
import { resultDrafts } from "./discovery-results.ts";
import type { Topics } from "./topics.ts";

/** What holds for every document. */
export interface DiscoverySettings {
  readonly baseTopic: string;
  readonly units: UnitSystem;
  /** This product's version. */
  readonly version: string;
  /** A command that waits longer at the broker is worthless. */
  readonly commandMaxAgeMs: number;
}

/** One car as it can be announced now. */
export interface AnnouncedCar {
  readonly vehicle: Vehicle;
  readonly vin: string | null;
  readonly firmware: string | null;
  /** Names of the readings that exist so far; a reading without a name here gets no entity. */
  readonly readings: ReadonlySet<string>;
  /** What car, grant and configuration allow: `lock`, `unlock`, `charging`, `charge_limit`, `charge_port`, `refresh`. */
  readonly commands: ReadonlySet<string>;
  /** Signals that are new to us and tell a single value. */
  readonly unknown: readonly SignalCode[];
}

/** Which entities a document announced, to be remembered until they are taken back. */
export type Announced = Readonly<Record<string, Platform>>;

/** The object id of a car's document (`topics.discovery(…)` makes the topic), and the start of its unique ids. */
export function carObjectId(id: VehicleId): string {
  return `smartcar_${topicId(id)}`;
}

/** The same of the bridge's own document. Two bridges on one broker differ in their base topic. */
export function bridgeObjectId(baseTopic: string): string {
  return `${PRODUCT}_${topicId(baseTopic)}`;
}

/** The device document of one car. */
export function carDocument(settings: DiscoverySettings, topics: Topics, car: AnnouncedCar): DeviceDocument {
  const { vehicle } = car;
  const owner = carObjectId(vehicle.id);
  const slug = slugOf(vehicle.name) || slugOf(vehicle.topic) || "car";
  return {
    device: {
      identifiers: [owner],
      name: vehicle.name,
      ...ifKnown("manufacturer", vehicle.make),
      ...ifKnown("model", modelOf(vehicle)),
      ...ifKnown("serial_number", car.vin),
      ...ifKnown("sw_version", car.firmware),
      via_device: bridgeObjectId(settings.baseTopic),
    },
    origin: originOf(settings),
    // Both must be online: a silent bridge knows nothing of its cars.
    availability: [{ topic: topics.bridgeState }, { topic: topics.availability(vehicle.topic) }],
    availability_mode: "all",
    qos: 1,
    components: componentsOf(carDrafts(settings, topics, car), owner, slug),
  };
}

/** The device document of the bridge itself, which all cars hang from. */
export function bridgeDocument(settings: DiscoverySettings, topics: Topics): DeviceDocument {
  const owner = bridgeObjectId(settings.baseTopic);
  return {
    device: { identifiers: [owner], name: PRODUCT, model: "Bridge", sw_version: settings.version },
    origin: originOf(settings),
    qos: 1,
    components: componentsOf(bridgeDrafts(topics), owner, PRODUCT),
  };
}

export function announcedOf(document: DeviceDocument): Announced {
  return Object.fromEntries(Object.entries(document.components).map(([key, { platform }]) => [key, platform]));
}

/**
 * The documents to publish one after the other. Leaving an entity out does not remove it, so whatever was announced
 * and is gone (or has become another platform) is first listed with its old platform alone; the second document is the
 * plain one. Give Home Assistant a few seconds between the two: it may skip part of one that comes too soon.
 */
export function markers(previous: Announced, document: DeviceDocument): readonly DeviceDocument[] {
  const now = announcedOf(document);
  const gone = Object.entries(previous).filter(([key, platform]) => now[key] !== platform);
  if (gone.length === 0) return [document];
  const marked = Object.fromEntries(gone.map(([key, platform]) => [key, { platform }]));
  return [{ ...document, components: { ...document.components, ...marked } }, document];
}

function carDrafts(settings: DiscoverySettings, topics: Topics, car: AnnouncedCar): readonly Draft[] {
  const { topic } = car.vehicle;
  const commands = commandDrafts(car.commands, topics, topic, settings.commandMaxAgeMs);
  const taken = new Set(commands.map((draft) => draft.key));
  const readings = [...READINGS.values()]
    .filter(({ name }) => car.readings.has(name) && !taken.has(name))
    .map((spec) => readingDraft(spec, topics.reading(topic, spec.name), settings.units));
  const unknown = car.unknown.map((code) => unknownDraft(code, topics.signal(topic, code)));
  const results = resultDrafts(car.commands, topics, topic);
  return [...readings, ...unknown, ...commands, ...results, ...extraDrafts(car.readings, topics, topic)];
}

const PRODUCT = "smartcar2mqtt";

const originOf = (settings: DiscoverySettings): JsonObject => ({ name: PRODUCT, sw_version: settings.version });

/** A null among these would lose the whole document. */
function ifKnown(key: string, text: string | null): JsonObject {
  return text === null || text === "" ? {} : { [key]: text };
}

function modelOf({ model, year }: Vehicle): string | null {
  if (model === null) return null;
  return year === null ? model : `${model} (${year})`;
}
