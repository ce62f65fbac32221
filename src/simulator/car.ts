import { type JsonObject, jsonEqual } from "../lib/json.ts";
import type { Behaviour } from "./behaviour.ts";
import type { Capability, Command } from "./command.ts";
import type { Reading, StoredSignal } from "./signal.ts";
import { signalName } from "./signal-names.ts";

/** An awake car sends everything now and then, also what did not change: silence would look like a fault. */
const FULL_REPORT_MS = 60_000;

export interface CarDescription {
  readonly vehicleId: string;
  readonly userId: string;
  readonly externalId: string | null;
  readonly make: string;
  readonly model: string;
  readonly year: number;
  readonly powertrainType: string | null;
  readonly mode: "live" | "simulated";
}

export interface Connection {
  readonly id: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** One car as Smartcar sees it: who owns it, what was granted, and what the store holds of its signals. */
export class Car {
  readonly description: CarDescription;
  readonly capabilities: ReadonlySet<Capability>;
  /** How long after an accepted command its effect shows, in real time. */
  readonly effectDelayMs: number;
  readonly behaviour: Behaviour;
  readonly scheduleIds = new Set<string>();
  permissions: readonly string[];
  /** null while nobody has connected it (any more). */
  connection: Connection | null;
  readonly #withholds: boolean;
  readonly #store = new Map<string, StoredSignal>();
  #fullReportAt = Number.NEGATIVE_INFINITY;
  #sequence = 0;

  constructor(
    description: CarDescription,
    parts: {
      readonly capabilities: ReadonlySet<Capability>;
      readonly effectDelayMs: number;
      readonly withholds: boolean;
      readonly behaviour: Behaviour;
      readonly permissions: readonly string[];
      readonly connection: Connection;
    },
  ) {
    this.description = description;
    this.capabilities = parts.capabilities;
    this.effectDelayMs = parts.effectDelayMs;
    this.#withholds = parts.withholds;
    this.behaviour = parts.behaviour;
    this.permissions = parts.permissions;
    this.connection = parts.connection;
  }

  get vehicleId(): string {
    return this.description.vehicleId;
  }

  get userId(): string {
    return this.description.userId;
  }

  /**
   * Takes what the car reports into the store, stamped with the real time. Returns the codes that changed; with
   * `everything` the others get new times, too.
   */
  report(now: number, { everything = false } = {}): string[] {
    const readings = this.behaviour.readings();
    const changed = [...readings].filter(([code, reading]) => this.#isNews(code, reading)).map(([code]) => code);
    const isFullReport = everything || (this.behaviour.reporting && now - this.#fullReportAt >= FULL_REPORT_MS);
    if (isFullReport) this.#fullReportAt = now;
    for (const [code, reading] of readings) {
      if (!isFullReport && !changed.includes(code)) continue;
      this.#store.set(code, { code, ...reading, oemUpdatedAt: now, retrievedAt: now, ingestedAt: now });
    }
    for (const code of this.#store.keys()) if (!readings.has(code)) this.#store.delete(code);
    return changed;
  }

  script(code: string, reading: Reading | null): void {
    this.behaviour.script(code, reading);
  }

  apply(command: Command): void {
    this.behaviour.apply(command);
  }

  /** The store as the owner lets it be seen: what was not granted hides its value. */
  signals(): StoredSignal[] {
    return [...this.#store.values()].map((signal) => this.#asGranted(signal));
  }

  signal(code: string): StoredSignal | undefined {
    const stored = this.#store.get(code);
    return stored === undefined ? undefined : this.#asGranted(stored);
  }

  /** What the car itself knows, whatever was granted. */
  bodyOf(code: string): JsonObject | undefined {
    const stored = this.#store.get(code);
    return stored?.status === "SUCCESS" ? (stored.body ?? undefined) : undefined;
  }

  /** Grows with every delivery of this car, also when several fall into one millisecond. */
  nextSequence(now: number): number {
    this.#sequence = Math.max(this.#sequence + 1, now);
    return this.#sequence;
  }

  #isNews(code: string, reading: Reading): boolean {
    const stored = this.#store.get(code);
    if (stored === undefined) return true;
    const { status, error, body, meta } = stored;
    return !jsonEqual({ status, error, body, meta }, reading);
  }

  #asGranted(signal: StoredSignal): StoredSignal {
    const { permission } = signalName(signal.code);
    const isCapable = signal.error?.type !== "COMPATIBILITY";
    if (!this.#withholds || permission === null || this.permissions.includes(permission) || !isCapable) return signal;
    return { ...signal, status: "ERROR", error: { type: "PERMISSION", code: null }, body: null };
  }
}
