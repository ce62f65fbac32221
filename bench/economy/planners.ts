import type { Clock } from "../../src/lib/clock.ts";
import { hours, minutes } from "../../src/lib/duration.ts";
import { Events } from "../../src/lib/events.ts";
import { ApplicationBucket, type BucketStore } from "../../src/scheduler/bucket.ts";
import { Budget, type BudgetLimits, type CallKind, type Ledger } from "../../src/scheduler/budget.ts";
import type { Plan } from "../../src/scheduler/plan.ts";
import { Poller, type PollerEvents } from "../../src/scheduler/poller.ts";
import { userId, type VehicleId } from "../../src/vehicle/ids.ts";
import type { Intake, IntakeEvents } from "../../src/vehicle/intake.ts";
import type { Batch } from "../../src/vehicle/observation.ts";
import { scalar } from "../../src/vehicle/state.ts";
import type { Vehicle } from "../../src/vehicle/vehicle.ts";
import { CAR, CHARGING } from "./cloud.ts";

export interface World {
  readonly clock: Clock;
  /** By how much the second read of fixed intervals comes early. */
  readonly shiftMs: number;
  readonly random: () => number;
  readonly intake: Intake;
  readonly intakeEvents: Events<IntakeEvents>;
  /** One answered read; it counts as work under way until `done`. */
  readonly read: () => Batch;
  readonly begun: () => void;
  readonly done: () => void;
}

export interface Planner {
  /** Something to do at the end of each minute. */
  readonly tick: () => void;
  readonly calls: () => number;
  readonly stop: () => Promise<void>;
}

const MONTHLY = 500;
const CHARGING_MS = minutes(15);
const IDLE_MS = hours(6);

const VEHICLE: Vehicle = {
  id: CAR,
  topic: "car",
  name: "Car",
  userId: userId("user"),
  make: "VOLKSWAGEN",
  model: "ID.4",
  year: 2023,
  powertrain: "BEV",
  mode: "live",
  permissions: [],
  connected: true,
};

/** The program's own poller with its budget and bucket; the settings are the defaults. */
function ours(world: World): Planner {
  const { clock, random, intake } = world;
  const budget = monthBudget(clock, 50);
  const bucket = new ApplicationBucket(clock, memory());
  const events = new Events<PollerEvents>(rethrow);
  const plans = new Map<VehicleId, Plan>();
  const poller = new Poller({
    clock,
    random,
    source: {
      readSignals: async () => {
        world.begun();
        bucket.take();
        return world.read();
      },
    },
    intake,
    budget,
    bucket,
    plans: { load: () => plans, save: (id, plan) => void plans.set(id, plan) },
    vehicles: () => [VEHICLE],
    settings: () => ({ mode: "auto", chargingMs: CHARGING_MS, idleMs: IDLE_MS }),
    events,
  });
  events.on("failed", ({ error }) => rethrow("read", error));
  events.on("polled", () => world.done());
  world.intakeEvents.on("changed", ({ vehicleId, previous, state }) => poller.heard(vehicleId, previous, state));
  poller.start();
  return { tick: () => undefined, calls: () => budget.view(CAR).used, stop: () => poller.stop() };
}

/** What most integrations do: every 6 h, every 15 min while the car is known to charge, until the calls are used up. */
function fixed(world: World): Planner {
  const { clock, intake, shiftMs } = world;
  const budget = monthBudget(clock, 0);
  let lastAt: number | null = null;
  const tick = () => {
    const intervalMs = scalar(intake.state(CAR), CHARGING) === true ? CHARGING_MS : IDLE_MS;
    if (lastAt !== null && clock.now() - lastAt < intervalMs) return;
    if (budget.book(CAR, "poll") === null) return;
    lastAt = clock.now() - (lastAt === null ? shiftMs : 0);
    world.begun();
    intake.takePoll(world.read()).then(world.done, (error: unknown) => rethrow("intake", error));
  };
  return { tick, calls: () => budget.view(CAR).used, stop: async () => undefined };
}

export const PLANNERS = { ours, fixed };
export type PlannerName = keyof typeof PLANNERS;

export function rethrow(what: PropertyKey, error: unknown): never {
  throw new Error(`the bench failed at ${String(what)}`, { cause: error });
}

function monthBudget(clock: Clock, reserve: number): Budget {
  const limits: BudgetLimits = { monthly: MONTHLY, reserve };
  return new Budget(clock, memoryLedger(), limits);
}

function memoryLedger(): Ledger {
  const calls: { at: number; kind: CallKind }[] = [];
  return {
    book: (_id, at, kind) => calls.push({ at, kind }),
    refund: (booking) => void calls.splice(booking - 1, 1),
    // A bench never outlives its month.
    countSince: () => calls.length,
    ceilingAt: () => null,
    setCeiling: () => undefined,
    lostAt: () => null,
  };
}

function memory(): BucketStore {
  const values = new Map<string, unknown>();
  return {
    read: <T>(key: string) => values.get(key) as T | undefined,
    write: (key, value) => void values.set(key, value),
  };
}
