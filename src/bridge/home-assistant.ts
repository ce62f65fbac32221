import { hash } from "node:crypto";
import type { SignalCode, VehicleId } from "../vehicle/ids.ts";
import type { ReadingValue } from "../vehicle/readings.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import type { Announcer } from "./announcer.ts";
import { bridgeDocument, bridgeObjectId, carDocument, carObjectId, type DiscoverySettings } from "./discovery.ts";
import type { Topics } from "./topics.ts";

export interface HomeAssistantOptions {
  readonly settings: DiscoverySettings;
  readonly topics: Topics;
  readonly announcer: Announcer;
  /** When false, what was announced before is taken back and nothing new is said. */
  readonly enabled: boolean;
  /** Names of the commands that car, grant and configuration allow. */
  readonly commands: (vehicle: Vehicle) => ReadonlySet<string>;
}

/** Keeps each car's device document in step with what is shown of it. */
export class HomeAssistant {
  readonly #options: HomeAssistantOptions;
  /** A digest of what each car's document was made from, to tell cheaply whether it would be the same. */
  readonly #madeFrom = new Map<VehicleId, string>();

  constructor(options: HomeAssistantOptions) {
    this.#options = options;
  }

  announceBridge(): void {
    const { announcer, settings, topics, enabled } = this.#options;
    if (enabled)
      announcer.announce(topics.discovery(bridgeObjectId(settings.baseTopic)), () => bridgeDocument(settings, topics));
  }

  announceCar(vehicle: Vehicle, readings: ReadonlyMap<string, ReadingValue>, unknown: readonly SignalCode[]): void {
    const { announcer, settings, topics, commands, enabled } = this.#options;
    if (!enabled) return;
    const vin = text(readings.get("vin"));
    const firmware = text(readings.get("firmware_version"));
    // Lists, and sets only when they are needed: these stay as long as the car.
    const shown = [...readings.keys()].sort();
    const allowed = [...commands(vehicle)].sort();
    const madeFrom = digest([vehicle, vin, firmware, shown, unknown, allowed]);
    if (this.#madeFrom.get(vehicle.id) === madeFrom) return;
    this.#madeFrom.set(vehicle.id, madeFrom);
    const facts = { vehicle, vin, firmware, unknown };
    announcer.announce(topics.discovery(carObjectId(vehicle.id)), () =>
      carDocument(settings, topics, { ...facts, readings: new Set(shown), commands: new Set(allowed) }),
    );
  }

  withdrawCar(id: VehicleId): void {
    this.#madeFrom.delete(id);
    this.#options.announcer.withdraw(this.#options.topics.discovery(carObjectId(id)));
  }

  /** Takes back what an earlier run announced and this one has no vehicle for. */
  withdrawOrphans(): void {
    for (const topic of this.#options.announcer.orphans()) this.#options.announcer.withdraw(topic);
  }
}

function digest(value: unknown): string {
  return hash("sha256", JSON.stringify(value), "base64");
}

function text(value: ReadingValue | undefined): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
