import type { Random } from "../lib/backoff.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import { hours, minutes, seconds } from "../lib/duration.ts";
import { toError } from "../lib/errors.ts";
import type { Events } from "../lib/events.ts";
import { jsonEqual } from "../lib/json.ts";
import type { Part } from "../lib/lifecycle.ts";
import { CallError } from "../vehicle/call-error.ts";
import type { UserId, VehicleId } from "../vehicle/ids.ts";
import type { Batch, Observation, ProblemReport } from "../vehicle/observation.ts";
import { NO_DATA, problemOf } from "../vehicle/problem.ts";
import { scalar, type VehicleState } from "../vehicle/state.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import type { ApplicationBucket } from "./bucket.ts";
import type { Budget, BudgetView, CallKind } from "./budget.ts";
import { NEW_PLAN, type NextPoll, nextPoll, type Plan, type PollingSettings, rebased } from "./cadence.ts";
import { type Feed, follow, hasUncarried, refreshedAt, SILENT_FEED } from "./feed.ts";
import { type Forecast, forecast } from "./forecast.ts";

/** Where readings come from. @throws CallError */
export interface SignalSource {
  readSignals(target: { vehicleId: VehicleId; userId: UserId }, signal?: AbortSignal): Promise<Batch>;
}

/** Where what was read goes, and what is known. */
export interface PollIntake {
  state(id: VehicleId): VehicleState;
  takePoll(batch: Batch): Promise<void>;
  report(id: VehicleId, origin: "poll", report: ProblemReport): Promise<void>;
}

export interface PlanStore {
  load(): ReadonlyMap<VehicleId, Plan>;
  save(id: VehicleId, plan: Plan): void;
}

export interface PollView {
  readonly vehicleId: VehicleId;
  readonly settings: PollingSettings;
  readonly next: NextPoll;
  readonly lastPollAt: number | null;
  readonly budget: BudgetView;
  readonly forecast: Forecast;
}

export interface PollerEvents {
  planned: PollView;
  polled: { readonly vehicleId: VehicleId; readonly kind: CallKind; readonly news: boolean };
  failed: { readonly vehicleId: VehicleId; readonly kind: CallKind; readonly error: Error };
}

export interface PollerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly source: SignalSource;
  readonly intake: PollIntake;
  readonly budget: Budget;
  readonly bucket: Pick<ApplicationBucket, "available" | "availableAt">;
  readonly plans: PlanStore;
  readonly vehicles: () => readonly Vehicle[];
  readonly settings: (id: VehicleId) => PollingSettings;
  readonly events: Events<PollerEvents>;
}

export type ReadResult = { readonly ok: true; readonly news: boolean } | { readonly ok: false; readonly error: Error };

/** A machine that slept or whose clock jumped is noticed within this time. */
const LONGEST_WAIT_MS = seconds(30);
const MAX_PARALLEL = 4;
/** Calls of the application's bucket that polling leaves for commands and housekeeping. */
const BUCKET_SHARE = 10;
const HOLD_OWNER_MS = hours(24);
const HOLD_MAKER_LIMIT_MS = hours(1);
const HOLD_RATE_LIMIT_MS = minutes(15);

/** Asks Smartcar when a read is due and allowed, one read per vehicle at a time. */
export class Poller implements Part {
  readonly #options: PollerOptions;
  readonly #plans = new Map<VehicleId, Plan>();
  readonly #next = new Map<VehicleId, NextPoll>();
  readonly #feeds = new Map<VehicleId, Feed>();
  readonly #running = new Map<VehicleId, Promise<ReadResult>>();
  readonly #abort = new AbortController();
  #timer: Timer | undefined;
  #started = false;
  #tickedAt = 0;

  constructor(options: PollerOptions) {
    this.#options = options;
  }

  start(): void {
    for (const [id, plan] of this.#options.plans.load()) this.#plans.set(id, plan);
    this.#started = true;
    this.replanAll();
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#timer?.cancel();
    this.#abort.abort();
    await Promise.allSettled(this.#running.values());
  }

  /** Computes a vehicle's next read anew: something that its cadence depends on changed. */
  replan(id: VehicleId): void {
    if (!this.#started) return;
    this.#plan(id);
    this.#arm();
  }

  /** Something came in: it may put the next read off, or be the occasion for one. */
  heard(id: VehicleId, previous: VehicleState, state: VehicleState): void {
    const before = this.#feedOf(id, previous);
    const feed = follow(before, previous, state);
    this.#feeds.set(id, feed);
    const turned = feed.wokeAt !== before.wokeAt || feed.turnedAt !== before.turnedAt;
    // Deliveries are many, and merely being put off shows when the read would have been due.
    if (
      turned ||
      ["charge-ischarging", "connectivitystatus-isasleep"].some(
        (code) => scalar(previous, code) !== scalar(state, code),
      )
    ) {
      this.replan(id);
    }
  }

  replanAll(): void {
    if (!this.#started) return;
    for (const { id } of this.#options.vehicles()) this.#plan(id);
    this.#arm();
  }

  /** Drops what keeps a vehicle from being read: its owner acted. */
  release(id: VehicleId): void {
    const plan = this.#planOf(id);
    if (plan.holdUntil === null) return;
    this.#save(id, { ...plan, holdUntil: null, holdReason: null });
    this.replan(id);
  }

  /**
   * Reads one vehicle now, if its budget allows: for `refresh` and for the read after a command. A read under way is
   * shared. Never throws.
   */
  read(vehicle: Vehicle, kind: CallKind): Promise<ReadResult> {
    const running = this.#running.get(vehicle.id);
    if (running !== undefined) return running;
    const reading = this.#read(vehicle, kind).finally(() => {
      this.#running.delete(vehicle.id);
      this.replan(vehicle.id);
    });
    this.#running.set(vehicle.id, reading);
    return reading;
  }

  /** When a vehicle was last read with an answer (epoch milliseconds), or null. */
  lastPollAt(id: VehicleId): number | null {
    return this.#planOf(id).lastPollAt;
  }

  view(id: VehicleId): PollView {
    const settings = this.#options.settings(id);
    const budget = this.#options.budget.view(id);
    return {
      vehicleId: id,
      settings,
      next: this.#next.get(id) ?? this.#compute(id),
      lastPollAt: this.#planOf(id).lastPollAt,
      budget,
      forecast: forecast(budget, this.#options.clock.now()),
    };
  }

  #plan(id: VehicleId): void {
    const { clock, events } = this.#options;
    const now = clock.now();
    try {
      const plan = this.#planOf(id);
      const kept = rebased(plan, now);
      if (kept !== plan) this.#save(id, kept);
      this.#next.set(id, this.#compute(id));
      events.emit("planned", this.view(id));
    } catch (error) {
      // Without a database there is no budget to plan with: looked at again a little later.
      this.#next.set(id, { dueAt: now + LONGEST_WAIT_MS, intervalMs: 0, reason: "the database cannot be used" });
      events.emit("failed", { vehicleId: id, kind: "poll", error: toError(error) });
    }
  }

  #compute(id: VehicleId): NextPoll {
    const { clock, budget, intake, settings } = this.#options;
    const state = intake.state(id);
    return nextPoll({
      now: clock.now(),
      settings: settings(id),
      plan: this.#planOf(id),
      budget: budget.view(id),
      charging: scalar(state, "charge-ischarging") === true,
      asleep: scalar(state, "connectivitystatus-isasleep") === true,
      feed: this.#feedOf(id, state),
      uncarried: hasUncarried(state),
      refreshedAt: refreshedAt(state),
    });
  }

  #arm(): void {
    this.#timer?.cancel();
    if (!this.#started) return;
    const { clock } = this.#options;
    let dueAt = clock.now() + LONGEST_WAIT_MS;
    // With all reads under way, the end of one arms the timer again.
    const canRead = this.#running.size < MAX_PARALLEL;
    for (const { id } of canRead ? this.#options.vehicles() : []) {
      if (!this.#running.has(id)) dueAt = Math.min(dueAt, this.#next.get(id)?.dueAt ?? dueAt);
    }
    // With the bucket empty there is nothing to do before it has calls again.
    dueAt = Math.max(dueAt, this.#options.bucket.availableAt(BUCKET_SHARE + 1));
    this.#timer = clock.after(Math.min(LONGEST_WAIT_MS, Math.max(0, dueAt - clock.now())), () => this.#tick());
  }

  #tick(): void {
    const now = this.#options.clock.now();
    // A clock set back would leave every cached due time as far in the future.
    if (now < this.#tickedAt) this.replanAll();
    this.#tickedAt = now;
    for (const vehicle of this.#options.vehicles()) {
      if (this.#running.size >= MAX_PARALLEL || this.#options.bucket.available() <= BUCKET_SHARE) break;
      const cached = this.#next.get(vehicle.id);
      if (cached === undefined) this.#plan(vehicle.id);
      if (this.#running.has(vehicle.id) || !this.#isDue(cached)) continue;
      // Deliveries since the plan was made may have put it off.
      this.#plan(vehicle.id);
      if (this.#isDue(this.#next.get(vehicle.id))) void this.read(vehicle, "poll");
    }
    this.#arm();
  }

  #isDue(next: NextPoll | undefined): boolean {
    return next !== undefined && next.dueAt !== null && next.dueAt <= this.#options.clock.now();
  }

  async #read(vehicle: Vehicle, kind: CallKind): Promise<ReadResult> {
    const { budget, source, events, clock } = this.#options;
    let booking: number | null = null;
    try {
      booking = budget.book(vehicle.id, kind);
      if (booking === null) return { ok: false, error: overBudget(budget.view(vehicle.id).resetsAt) };
      const before = this.#planOf(vehicle.id);
      this.#save(vehicle.id, { ...before, lastTryAt: clock.now() });
      const batch = await source.readSignals({ vehicleId: vehicle.id, userId: vehicle.userId }, this.#abort.signal);
      const news = await this.#take(vehicle.id, batch);
      const now = clock.now();
      this.#save(vehicle.id, {
        ...NEW_PLAN,
        lastPollAt: now,
        lastTryAt: now,
        // A read that somebody asked for says nothing about how often to ask unasked.
        quiet: news ? 0 : before.quiet + (kind === "poll" ? 1 : 0),
        jitter: this.#options.random(),
      });
      events.emit("polled", { vehicleId: vehicle.id, kind, news });
      return { ok: true, news };
    } catch (thrown) {
      const error = toError(thrown);
      events.emit("failed", { vehicleId: vehicle.id, kind, error });
      await this.#noteFailure(vehicle.id, error, booking).catch((failure: unknown) => {
        events.emit("failed", { vehicleId: vehicle.id, kind, error: toError(failure) });
      });
      return { ok: false, error };
    }
  }

  async #take(id: VehicleId, batch: Batch): Promise<boolean> {
    const { intake } = this.#options;
    const before = intake.state(id).signals;
    await intake.takePoll(
      batch.observations.length === 0 ? { ...batch, problems: [emptyStore(batch.receivedAt)] } : batch,
    );
    const { signals } = intake.state(id);
    return batch.observations.some(({ code }) =>
      isNewer(before.get(code)?.value ?? null, signals.get(code)?.value ?? null),
    );
  }

  async #noteFailure(id: VehicleId, error: Error, booking: number | null): Promise<void> {
    const { clock, random, budget, intake } = this.#options;
    if (booking !== null && error instanceof CallError && !error.sent) budget.refund(booking);
    const now = clock.now();
    const plan = { ...this.#planOf(id), jitter: random() };
    if (!(error instanceof CallError)) {
      this.#save(id, { ...plan, failures: plan.failures + 1 });
      return;
    }
    if (error.scope === "billing") budget.exhaust(id);
    const hold = holdFor(error, now);
    // Being told to wait for the whole application says nothing about this vehicle.
    const failures = error.scope === "application" && hold !== null ? Math.max(1, plan.failures) : plan.failures + 1;
    this.#save(id, { ...plan, failures, holdUntil: hold?.until ?? null, holdReason: hold?.reason ?? null });
    const report = problemOf(error, now);
    if (report !== null) await intake.report(id, "poll", report);
  }

  /** After a restart only the time of the last delivery is left of it. */
  #feedOf(id: VehicleId, state: VehicleState): Feed {
    return this.#feeds.get(id) ?? { ...SILENT_FEED, lastAt: state.lastWebhookAt };
  }

  #planOf(id: VehicleId): Plan {
    return this.#plans.get(id) ?? NEW_PLAN;
  }

  #save(id: VehicleId, plan: Plan): void {
    this.#plans.set(id, plan);
    this.#options.plans.save(id, plan);
  }
}

function holdFor(error: CallError, now: number): { until: number; reason: string } | null {
  if (error.retryAt !== null) return { until: error.retryAt, reason: "Smartcar asked to wait" };
  if (error.disposition === "re-authorise") return { until: now + HOLD_OWNER_MS, reason: "the car's owner must act" };
  if (error.type === "UPSTREAM" && error.disposition === "wait") {
    return { until: now + HOLD_MAKER_LIMIT_MS, reason: "the car maker's limit is reached" };
  }
  if (error.status === 429) return { until: now + HOLD_RATE_LIMIT_MS, reason: "Smartcar asked to slow down" };
  return null;
}

/**
 * Whether a read brought a newer fact, not the same one told again: a maker asked anew tells nothing new of a car that
 * is parked. Without the maker's time, the time of asking is the best clue there is.
 */
function isNewer(before: Observation | null, after: Observation | null): boolean {
  if (before === null || after === null) return before !== after;
  if (before.oemUpdatedAt !== after.oemUpdatedAt || !jsonEqual(before.body, after.body)) return true;
  return after.oemUpdatedAt === null && before.retrievedAt !== after.retrievedAt;
}

function emptyStore(at: number): ProblemReport {
  return {
    state: "ERROR",
    type: NO_DATA,
    code: "EMPTY_STORE",
    message:
      "Smartcar holds no data of this car yet. Create a webhook in the Smartcar dashboard, verify it and subscribe the car to it; the first data follow within minutes.",
    action: null,
    url: null,
    at,
    signals: [],
  };
}

function overBudget(resetsAt: number): CallError {
  return new CallError("OVER_BUDGET", "the month's calls of this vehicle are used up", {
    disposition: "wait",
    hint: "raise polling.monthly_budget if your plan has more calls, or wait for the month to turn",
    scope: "billing",
    status: null,
    type: null,
    smartcarCode: null,
    retryAt: resetsAt,
    sent: false,
  });
}
