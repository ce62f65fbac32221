import type { SignalCode, VehicleId } from "./ids.ts";
import type { Problem } from "./problem.ts";
import type { VehicleState } from "./state.ts";

/** What a merge altered in one vehicle; announced only after it is durable. */
export interface Change {
  readonly vehicleId: VehicleId;
  readonly state: VehicleState;
  readonly previous: VehicleState;
  /** Signals whose value, times or status changed. */
  readonly codes: ReadonlySet<SignalCode>;
  readonly raised: readonly Problem[];
  readonly cleared: readonly Problem[];
}

export interface QuarantineEntry {
  readonly eventId: string;
  readonly receivedAt: number;
  readonly vehicleId: VehicleId | null;
  readonly reason: string;
  readonly body: string;
}

/** Everything one commit makes durable, all or nothing. */
export interface IntakeWrite {
  readonly deliveries: { readonly eventId: string; readonly receivedAt: number }[];
  readonly quarantine: QuarantineEntry[];
  /** Events that leave the quarantine, since what they tell is among the changes. */
  readonly released: string[];
  readonly changes: Change[];
}

/** What the intake needs of a database. */
export interface IntakeStore {
  loadStates(): ReadonlyMap<VehicleId, VehicleState>;
  knowsDelivery(eventId: string): boolean;
  /**
   * One transaction around `gather` and what it gathered, on disk when it returns. Within one, asking costs a tenth.
   * @throws AppError when it could not be made durable.
   */
  commit(gather: () => IntakeWrite): void;
}
