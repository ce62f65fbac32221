import type { VehicleId } from "../vehicle/ids.ts";

export type PollingMode = "auto" | "always" | "never";

export interface PollingSettings {
  readonly mode: PollingMode;
  readonly chargingMs: number;
  readonly idleMs: number;
}

/** A change of the intervals or the mode while running; what is left out stays as it is. */
export interface PollingChange {
  readonly mode?: PollingMode | undefined;
  readonly chargingMs?: number | undefined;
  readonly idleMs?: number | undefined;
}

/** What the settings need of a database: changes made while running outlive a restart. */
export interface SettingsStore {
  read<T>(key: string): T | undefined;
  write(key: string, value: unknown): void;
}

const KEY = "polling_changes";
const ALL = "*";

/** The configuration's polling settings, with what was changed over MQTT on top: for one vehicle, or for all. */
export class PollingBook {
  readonly #configured: PollingSettings;
  readonly #store: SettingsStore;
  #changes: Readonly<Record<string, PollingChange>> | undefined;

  constructor(configured: PollingSettings, store: SettingsStore) {
    this.#configured = configured;
    this.#store = store;
  }

  of(id: VehicleId): PollingSettings {
    const changes = this.#load();
    return apply(apply(this.#configured, changes[ALL]), changes[id]);
  }

  /** Changes one vehicle's settings, or with null every vehicle's. */
  change(id: VehicleId | null, change: PollingChange): void {
    const key = id ?? ALL;
    const changes = this.#load();
    // For all means for all: what single vehicles had changed of the same thing gives way.
    const others =
      id === null
        ? Object.fromEntries(Object.entries(changes).map(([vehicle, old]) => [vehicle, without(old, change)]))
        : changes;
    this.#changes = { ...others, [key]: { ...changes[key], ...given(change) } };
    this.#store.write(KEY, this.#changes);
  }

  #load(): Readonly<Record<string, PollingChange>> {
    this.#changes ??= this.#store.read<Record<string, PollingChange>>(KEY) ?? {};
    return this.#changes;
  }
}

function apply(settings: PollingSettings, change: PollingChange | undefined): PollingSettings {
  return {
    mode: change?.mode ?? settings.mode,
    chargingMs: change?.chargingMs ?? settings.chargingMs,
    idleMs: change?.idleMs ?? settings.idleMs,
  };
}

function given(change: PollingChange): PollingChange {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

function without(old: PollingChange, change: PollingChange): PollingChange {
  const named = given(change);
  return Object.fromEntries(Object.entries(old).filter(([key]) => !(key in named)));
}
