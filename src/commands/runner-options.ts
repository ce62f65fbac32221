import type { Clock } from "../lib/clock.ts";
import type { Events } from "../lib/events.ts";
import type { JsonObject } from "../lib/json.ts";
import type { CallError } from "../vehicle/call-error.ts";
import type { UserId, VehicleId } from "../vehicle/ids.ts";
import type { VehicleState } from "../vehicle/state.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import type { Allowance } from "./catalogue.ts";
import type { CommandResult, Execution } from "./execution.ts";

/** Carries a command to the car, once. Never throws; an outcome that was not learnt is `unknown`. */
export interface CommandSender {
  /** Resolves when a command could leave without waiting for the login, or when the login failed. */
  ready(): Promise<void>;
  send(call: {
    vehicleId: VehicleId;
    userId: UserId;
    method: "POST" | "DELETE";
    path: string;
    body?: JsonObject;
    /** After this instant it is not sent once more, whatever was the matter with the token. */
    notAfter: number;
  }): Promise<
    | { readonly outcome: "succeeded" }
    | { readonly outcome: "failed"; readonly error: CallError }
    | { readonly outcome: "unknown"; readonly error: CallError }
  >;
}

/** The audit table. Everything it is told is on disk when it returns. */
export interface ExecutionStore {
  add(execution: Omit<Execution, "key">): Execution;
  update(execution: Execution): void;
  findById(id: string, since: number): Execution | undefined;
  unfinished(): Execution[];
  unanswered(): Execution[];
  unconfirmedSince(completedSince: number): Execution[];
  markAnswered(key: number): void;
}

export interface CommandBudget {
  book(id: VehicleId, kind: "command"): number | null;
  refund(booking: number): void;
  view(id: VehicleId): { readonly remaining: number | null };
}

export interface IncapabilityStore {
  has(id: VehicleId, variant: string): boolean;
  add(id: VehicleId, variant: string, since: number): void;
}

export interface Answer {
  readonly execution: Execution;
  readonly result: CommandResult;
  readonly vehicle: Vehicle | null;
}

export interface RunnerEvents {
  /** A result to publish; `delivered` is called once the broker has it. */
  answer: Answer & { readonly delivered: () => void };
  /** An execution of this vehicle moved: what shows its progress may change. */
  moved: { readonly vehicleId: VehicleId; readonly execution: Execution };
  /** A command was carried out: what kept earlier ones from it is over. */
  obeyed: { readonly vehicleId: VehicleId };
  /** A command was not carried out, or nobody knows. */
  refused: { readonly vehicleId: VehicleId; readonly error: CallError };
  /** The car answered that it cannot do this. */
  incapable: { readonly vehicleId: VehicleId; readonly variant: string };
}

export interface RunnerOptions {
  readonly clock: Clock;
  readonly store: ExecutionStore;
  readonly sender: CommandSender;
  readonly budget: CommandBudget;
  readonly incapabilities: IncapabilityStore;
  readonly allow: ReadonlySet<Allowance>;
  readonly maxAgeMs: number;
  readonly stateOf: (id: VehicleId) => VehicleState;
  readonly vehicle: (id: VehicleId) => Vehicle | undefined;
  /** Reads the vehicle: as the command `refresh`, or once to confirm another. */
  readonly read: (vehicle: Vehicle, kind: "command" | "confirm") => Promise<{ ok: true } | { ok: false; error: Error }>;
  /** Whether one read may follow a command that nothing confirmed and that was answered at `completedAt`. */
  readonly mayConfirm: (id: VehicleId, completedAt: number) => boolean;
  readonly events: Events<RunnerEvents>;
}
