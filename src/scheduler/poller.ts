import type { Clock, Timer } from "../lib/clock.ts";
import { seconds } from "../lib/duration.ts";
import { toError } from "../lib/errors.ts";
import type { Events } from "../lib/events.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { CallError } from "../vehicle/call-error.ts";
import type { VehicleId } from "../vehicle/ids.ts";
import { scalar, type VehicleState } from "../vehicle/state.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import type { ApplicationBucket } from "./bucket.ts";
import type { BudgetView, CallKind } from "./budget.ts";
import { type NextPoll, nextPoll } from "./cadence.ts";
import { type Feed, follow, hasUncarried, refreshedAt, SILENT_FEED } from "./feed.ts";
import { type Forecast, forecast } from "./forecast.ts";
import { type Knowledge, rebased } from "./plan.ts";
import { PlanBook, type PlanStore } from "./plan-book.ts";
import type { PollingSettings } from "./polling-settings.ts";
import { Reader, type ReaderEvents, type ReaderOptions, type ReadResult } from "./reader.ts";
import { NO_HOLD } from "./refusals.ts";
import { delivers } from "./situation.ts";

export interface PollView {
  readonly vehicleId: VehicleId;
  readonly settings: PollingSettings;
  readonly next: NextPoll;
  readonly lastPollAt: number | null;
  readonly budget: BudgetView;
  readonly forecast: Forecast;
}

export interface PollerEvents extends ReaderEvents {
  planned: PollView;
}

export interface PollerOptions extends Omit<ReaderOptions, "plans" | "knowledge" | "events"> {
  readonly clock: Clock;
  readonly bucket: Pick<ApplicationBucket, "available" | "availableAt">;
  readonly plans: PlanStore;
  readonly vehicles: () => readonly Vehicle[];
  readonly events: Events<PollerEvents>;
}

/** A machine that slept or whose clock jumped is noticed within this time. */
const LONGEST_WAIT_MS = seconds(30);
const MAX_PARALLEL = 4;
/** Calls of the application's bucket that polling leaves for commands and housekeeping. */
const BUCKET_SHARE = 10;

/** Asks Smartcar when a read is due and allowed, one read per vehicle at a time. */
export class Poller implements Part {
  readonly #options: PollerOptions;
  readonly #plans: PlanBook;
  readonly #reader: Reader;
  readonly #next = new Map<VehicleId, NextPoll>();
  readonly #feeds = new Map<VehicleId, Feed>();
  readonly #running = new Map<VehicleId, Promise<ReadResult>>();
  #timer: Timer | undefined;
  /** When the timer is due (epoch milliseconds). */
  #wakesAt = 0;
  #started = false;
  #tickedAt = 0;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#plans = new PlanBook(options.plans);
    this.#reader = new Reader({ ...options, plans: this.#plans, knowledge: (id) => this.#knowledge(id) });
  }

  start(): void {
    this.#plans.load();
    this.#started = true;
    this.replanAll();
  }

  async stop(): Promise<void> {
    this.#started = false;
    this.#timer?.cancel();
    this.#reader.abort();
    await Promise.allSettled(this.#running.values());
  }

  /** Computes a vehicle's next read anew: something that its cadence depends on changed. */
  replan(id: VehicleId): void {
    if (!this.#started) return;
    this.#plan(id);
    this.#armFor(id);
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

  /** Drops what keeps a vehicle from being read, unless Smartcar named the time: its owner acted. */
  release(id: VehicleId): void {
    const plan = this.#plans.of(id);
    if (plan.holdUntil === null || plan.holdIsFirm) return;
    this.#plans.save(id, { ...plan, ...NO_HOLD });
    this.replan(id);
  }

  /** Smartcar refused a command of a vehicle: what that says of its calls holds for reads as well. */
  heed(id: VehicleId, error: CallError): void {
    this.#reader.heed(id, error);
    this.replan(id);
  }

  /**
   * Reads one vehicle now, if its budget allows and Smartcar did not ask to wait with it: for `refresh` and for the read after a command. A read under way is
   * shared. Never throws.
   */
  read(vehicle: Vehicle, kind: CallKind): Promise<ReadResult> {
    const running = this.#running.get(vehicle.id);
    if (running !== undefined) return running;
    const reading = this.#reader.read(vehicle, kind).finally(() => {
      this.#running.delete(vehicle.id);
      if (!this.#started) return;
      this.#plan(vehicle.id);
      this.#arm();
    });
    this.#running.set(vehicle.id, reading);
    return reading;
  }

  /** When a vehicle was last read with an answer (epoch milliseconds), or null. */
  lastPollAt(id: VehicleId): number | null {
    return this.#plans.of(id).lastPollAt;
  }

  view(id: VehicleId): PollView {
    const settings = this.#options.settings(id);
    const budget = this.#options.budget.view(id);
    return {
      vehicleId: id,
      settings,
      next: this.#next.get(id) ?? this.#compute(id),
      lastPollAt: this.#plans.of(id).lastPollAt,
      budget,
      forecast: forecast(budget, this.#options.clock.now()),
    };
  }

  #plan(id: VehicleId): void {
    const { clock, events } = this.#options;
    const now = clock.now();
    try {
      const plan = this.#plans.of(id);
      const kept = rebased(plan, now);
      if (kept !== plan) this.#plans.save(id, kept);
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
      plan: this.#plans.of(id),
      budget: budget.view(id),
      charging: scalar(state, "charge-ischarging") === true,
      asleep: scalar(state, "connectivitystatus-isasleep") === true,
      feed: this.#feedOf(id, state),
      uncarried: hasUncarried(state),
      refreshedAt: refreshedAt(state),
    });
  }

  #arm(): void {
    if (!this.#started) return;
    const { clock } = this.#options;
    let dueAt = clock.now() + LONGEST_WAIT_MS;
    // With all reads under way, the end of one arms the timer again.
    const canRead = this.#running.size < MAX_PARALLEL;
    for (const { id } of canRead ? this.#options.vehicles() : []) {
      if (!this.#running.has(id)) dueAt = Math.min(dueAt, this.#next.get(id)?.dueAt ?? dueAt);
    }
    this.#wakeAt(dueAt);
  }

  /** As {@link #arm} after one vehicle was planned anew, without asking all the others: a look too early costs little. */
  #armFor(id: VehicleId): void {
    const dueAt = this.#next.get(id)?.dueAt ?? null;
    const canRead = this.#running.size < MAX_PARALLEL && !this.#running.has(id);
    if (canRead && dueAt !== null && dueAt < this.#wakesAt) this.#wakeAt(dueAt);
  }

  #wakeAt(dueAt: number): void {
    this.#timer?.cancel();
    const { clock, bucket } = this.#options;
    const now = clock.now();
    // With the bucket empty there is nothing to do before it has calls again.
    const possibleAt = Math.max(dueAt, bucket.availableAt(BUCKET_SHARE + 1));
    this.#wakesAt = Math.min(now + LONGEST_WAIT_MS, Math.max(now, possibleAt));
    this.#timer = clock.after(this.#wakesAt - now, () => this.#tick());
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

  /** After a restart only the time of the last delivery is left of it. */
  #feedOf(id: VehicleId, state: VehicleState): Feed {
    return this.#feeds.get(id) ?? { ...SILENT_FEED, lastAt: state.lastWebhookAt };
  }

  #knowledge(id: VehicleId): Knowledge {
    const { clock, intake, settings } = this.#options;
    const state = intake.state(id);
    const told = delivers(settings(id), this.#feedOf(id, state).lastAt, clock.now());
    return { charging: !told && scalar(state, "charge-ischarging") === true, refreshedAt: refreshedAt(state) };
  }
}
