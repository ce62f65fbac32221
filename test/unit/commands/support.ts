import type { Allowance } from "../../../src/commands/catalogue.ts";
import type { CommandResult, Execution } from "../../../src/commands/execution.ts";
import { type CommandRequest, NO_REPLY_ADDRESS } from "../../../src/commands/request.ts";
import { CommandRunner } from "../../../src/commands/runner.ts";
import type { CommandSender, RunnerEvents, RunnerOptions } from "../../../src/commands/runner-options.ts";
import { seconds } from "../../../src/lib/duration.ts";
import type { JsonObject, JsonValue } from "../../../src/lib/json.ts";
import { Budget } from "../../../src/scheduler/budget.ts";
import { CallError } from "../../../src/vehicle/call-error.ts";
import { signalCode, type VehicleId } from "../../../src/vehicle/ids.ts";
import type { HeldSignal } from "../../../src/vehicle/signal.ts";
import { EMPTY_STATE, type VehicleState } from "../../../src/vehicle/state.ts";
import type { Vehicle } from "../../../src/vehicle/vehicle.ts";
import { car } from "../../support/cars.ts";
import { strictEvents } from "../../support/events.ts";
import type { FakeClock } from "../../support/fake-clock.ts";
import { CAR, observation } from "../../support/observations.ts";
import type { TestStore } from "../../support/temp-store.ts";

export const EVERYTHING: readonly Allowance[] = [
  "lock",
  "unlock",
  "charging",
  "charge_limit",
  "charge_port",
  "destination",
  "charge_schedule",
  "refresh",
];

let counter = 0;

export function request(overrides: Partial<CommandRequest> & { now: number }): CommandRequest {
  const { now, ...rest } = overrides;
  return {
    id: `generated-${counter++}`,
    topic: "volkswagen-id-4",
    vehicle: car(),
    command: "lock",
    value: "LOCK",
    requestedAt: now,
    receivedAt: now,
    expiresAt: null,
    retained: false,
    reply: NO_REPLY_ADDRESS,
    unreadable: null,
    ...rest,
  };
}

export function callError(overrides: Partial<ConstructorParameters<typeof CallError>[2]> = {}): CallError {
  return new CallError("SC_TEST", "Smartcar refused", {
    disposition: "retry",
    scope: "vehicle",
    status: 500,
    type: "SERVER",
    smartcarCode: "INTERNAL",
    ...overrides,
  });
}

type Outcome = Awaited<ReturnType<CommandSender["send"]>>;

/** One call that waits for the test to answer it. */
export interface OpenCall {
  readonly path: string;
  readonly method: string;
  readonly body: JsonObject | undefined;
  readonly vehicleId: VehicleId;
  readonly notAfter: number;
  answer(outcome: Outcome): void;
  explode(error: Error): void;
}

/** A login that lets nothing leave before the test says so. */
export function slowLogin(): { ready: () => Promise<void>; answer: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { ready: () => promise, answer: resolve };
}

export interface Bench {
  readonly runner: CommandRunner;
  readonly calls: OpenCall[];
  readonly results: CommandResult[];
  readonly moves: Execution[];
  readonly reads: string[];
  readonly incapable: string[];
  states: Map<VehicleId, VehicleState>;
  budget: Budget;
  /** Submits and returns the id. */
  give(command: CommandRequest["command"], value: JsonValue, overrides?: Partial<CommandRequest>): string;
  signal(code: string, body: JsonObject, at: number, id?: VehicleId): void;
}

export function bench(
  store: TestStore,
  clock: FakeClock,
  {
    ready = () => Promise.resolve(),
    ...overrides
  }: Partial<RunnerOptions> & Partial<Pick<CommandSender, "ready">> = {},
): Bench {
  const events = strictEvents<RunnerEvents>();
  const calls: OpenCall[] = [];
  const results: CommandResult[] = [];
  const moves: Execution[] = [];
  const reads: string[] = [];
  const incapable: string[] = [];
  const states = new Map<VehicleId, VehicleState>();
  const budget = new Budget(clock, store.ledger, { monthly: 500, reserve: 50 });
  events.on("answer", ({ result, delivered }) => {
    results.push(result);
    delivered();
  });
  events.on("moved", ({ execution }) => moves.push(execution));
  events.on("incapable", ({ variant }) => incapable.push(variant));
  const vehicles: readonly Vehicle[] = [car()];
  const runner = new CommandRunner({
    clock,
    store: store.executions,
    budget,
    incapabilities: store.incapabilities,
    allow: new Set(EVERYTHING),
    maxAgeMs: seconds(60),
    sender: {
      ready,
      send: ({ vehicleId, path, method, body, notAfter }) =>
        new Promise((resolve, reject) => {
          calls.push({ vehicleId, path, method, body, notAfter, answer: resolve, explode: reject });
        }),
    },
    stateOf: (id) => states.get(id) ?? EMPTY_STATE,
    vehicle: (id) => vehicles.find((vehicle) => vehicle.id === id),
    read: (_, kind) => {
      reads.push(kind);
      return Promise.resolve({ ok: true });
    },
    mayConfirm: () => true,
    events,
    ...overrides,
  });
  return {
    runner,
    calls,
    results,
    moves,
    reads,
    incapable,
    states,
    budget,
    give(command, value, rest = {}) {
      const asked = request({ command, value, now: clock.now(), ...rest });
      runner.submit(asked);
      return asked.id;
    },
    signal(code, body, at, id = CAR) {
      const held = hold(code, body, at);
      const before = states.get(id) ?? EMPTY_STATE;
      states.set(id, { ...before, signals: new Map(before.signals).set(held.code, held) });
      runner.observe(id);
    },
  };
}

export function hold(code: string, body: JsonObject, at: number): HeldSignal {
  const value = observation({ code: signalCode(code), body, oemUpdatedAt: at, retrievedAt: at, receivedAt: at });
  return { code: value.code, value, complaint: null, refused: null };
}

export const LOCKED = "closure-islocked";
