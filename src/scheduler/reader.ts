import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { toError } from "../lib/errors.ts";
import type { Events } from "../lib/events.ts";
import { jsonEqual } from "../lib/json.ts";
import { CallError } from "../vehicle/call-error.ts";
import type { UserId, VehicleId } from "../vehicle/ids.ts";
import type { Batch, Observation, ProblemReport } from "../vehicle/observation.ts";
import { problemOf } from "../vehicle/problem.ts";
import type { VehicleState } from "../vehicle/state.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import type { Budget, CallKind } from "./budget.ts";
import { answered, type Knowledge } from "./plan.ts";
import type { PlanBook } from "./plan-book.ts";
import type { PollingSettings } from "./polling-settings.ts";
import { askedToWait, emptyStore, holdFor, overBudget, withHold } from "./refusals.ts";

/** Where readings come from. @throws CallError */
export interface SignalSource {
  /** `mayGoOn` is asked before each billed call but the first; what was read until then is enough. */
  readSignals(
    target: { vehicleId: VehicleId; userId: UserId },
    signal?: AbortSignal,
    mayGoOn?: () => boolean,
  ): Promise<Batch>;
}

/** Where what was read goes, and what is known. */
export interface PollIntake {
  state(id: VehicleId): VehicleState;
  takePoll(batch: Batch): Promise<void>;
  report(id: VehicleId, origin: "poll", report: ProblemReport): Promise<void>;
}

export interface ReaderEvents {
  polled: { readonly vehicleId: VehicleId; readonly kind: CallKind; readonly news: boolean };
  failed: { readonly vehicleId: VehicleId; readonly kind: CallKind; readonly error: Error };
}

export interface ReaderOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly source: SignalSource;
  readonly intake: PollIntake;
  readonly budget: Budget;
  readonly settings: (id: VehicleId) => PollingSettings;
  readonly events: Pick<Events<ReaderEvents>, "emit">;
  readonly plans: PlanBook;
  readonly knowledge: (id: VehicleId) => Knowledge;
}

export type ReadResult = { readonly ok: true; readonly news: boolean } | { readonly ok: false; readonly error: Error };

/** Makes single reads, and notes in the vehicle's plan what came of them. */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #abort = new AbortController();

  constructor(options: ReaderOptions) {
    this.#options = options;
  }

  /** Ends what is under way, and everything after. */
  abort(): void {
    this.#abort.abort();
  }

  /** Reads one vehicle now, if its budget allows and Smartcar did not ask to wait with it. Never throws. */
  async read(vehicle: Vehicle, kind: CallKind): Promise<ReadResult> {
    const { budget, source, plans, events, clock } = this.#options;
    let booking: number | null = null;
    try {
      const wait = askedToWait(plans.of(vehicle.id), clock.now());
      if (wait !== null) return { ok: false, error: wait };
      booking = budget.book(vehicle.id, kind);
      if (booking === null) return { ok: false, error: overBudget(budget.view(vehicle.id).resetsAt) };
      plans.save(vehicle.id, { ...plans.of(vehicle.id), lastTryAt: clock.now() });
      const target = { vehicleId: vehicle.id, userId: vehicle.userId };
      const batch = await source.readSignals(target, this.#abort.signal, () => {
        booking = budget.book(vehicle.id, kind);
        return booking !== null;
      });
      const news = await this.#take(vehicle.id, kind, batch);
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

  /** Smartcar refused a command of a vehicle: calls used up, or a time to wait, hold for its reads as well. */
  heed(id: VehicleId, error: CallError): void {
    const { budget, plans, clock } = this.#options;
    if (error.scope === "billing") budget.exhaust(id);
    const hold = holdFor(error, clock.now());
    if (hold.holdIsFirm) plans.save(id, withHold(plans.of(id), hold, clock.now()));
  }

  /** Takes in what was read, and says whether it brought anything newer. */
  async #take(id: VehicleId, kind: CallKind, batch: Batch): Promise<boolean> {
    const { clock, random, intake, plans, settings, knowledge } = this.#options;
    const before = { ...knowledge(id), signals: intake.state(id).signals };
    await intake.takePoll(
      batch.observations.length === 0 ? { ...batch, problems: [emptyStore(batch.receivedAt)] } : batch,
    );
    const { signals } = intake.state(id);
    const news = batch.observations.some(({ code }) =>
      isNewer(before.signals.get(code)?.value ?? null, signals.get(code)?.value ?? null),
    );
    const answer = { at: clock.now(), isPoll: kind === "poll", news, before, after: knowledge(id) };
    plans.save(id, answered(plans.of(id), { ...answer, intervals: settings(id), jitter: random() }));
    return news;
  }

  async #noteFailure(id: VehicleId, error: Error, booking: number | null): Promise<void> {
    const { clock, random, budget, intake, plans } = this.#options;
    if (booking !== null && error instanceof CallError && !error.sent) budget.refund(booking);
    const now = clock.now();
    const plan = { ...plans.of(id), jitter: random() };
    if (!(error instanceof CallError)) {
      plans.save(id, { ...plan, failures: plan.failures + 1 });
      return;
    }
    if (error.scope === "billing") budget.exhaust(id);
    const hold = holdFor(error, now);
    // Being told to wait for the whole application says nothing about this vehicle.
    const isForAll = error.scope === "application" && hold.holdUntil !== null;
    const failures = isForAll ? Math.max(1, plan.failures) : plan.failures + 1;
    plans.save(id, withHold({ ...plan, failures }, hold, now));
    const report = problemOf(error, now);
    if (report !== null) await intake.report(id, "poll", report);
  }
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
