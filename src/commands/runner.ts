import type { Clock, Timer } from "../lib/clock.ts";
import { days, minutes, seconds } from "../lib/duration.ts";
import { toError } from "../lib/errors.ts";
import type { Events } from "../lib/events.ts";
import type { JsonObject } from "../lib/json.ts";
import type { Part } from "../lib/lifecycle.ts";
import { SerialQueues } from "../lib/serial.ts";
import { CallError } from "../vehicle/call-error.ts";
import type { UserId, VehicleId } from "../vehicle/ids.ts";
import type { VehicleState } from "../vehicle/state.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import { type Allowance, COMMANDS, type CommandName, type CommandSpec, showsEffect } from "./catalogue.ts";
import {
  advance,
  type CommandResult,
  type Execution,
  type ExecutionError,
  type ExecutionEvent,
  type FinalStatus,
  recover,
  resultOf,
} from "./execution.ts";
import { judge, tooOld } from "./guard.ts";
import { BUSY, errorOf, isPermanentIncapacity, OVER_BUDGET, SHUTDOWN, SUPERSEDED, withHint } from "./reasons.ts";
import type { CommandRequest } from "./request.ts";

/** Carries a command to the car, once. Never throws; an outcome that was not learnt is `unknown`. */
export interface CommandSender {
  send(call: {
    vehicleId: VehicleId;
    userId: UserId;
    method: "POST" | "DELETE";
    path: string;
    body?: JsonObject;
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

const MAX_WAITING_PER_VEHICLE = 10;
const ID_MEMORY_MS = days(1);
export const CONFIRM_WITHIN_MS = minutes(10);
const CONFIRM_READ_AFTER_MS = seconds(30);
/** How long a stop waits for a command under way before its row is left to end as `unknown` at the next start. */
const STOP_GRACE_MS = seconds(4);

/** A place in a vehicle's queue; a newer value of the same command takes it over. */
interface Place {
  readonly key: number;
  readonly spec: CommandSpec;
  readonly request: CommandRequest;
  readonly vehicle: Vehicle;
}

interface Watch {
  execution: Execution;
  readonly spec: CommandSpec;
  readonly timers: Timer[];
}

/**
 * Carries out requests: guard → audit row → one after the other per vehicle → at most one send → result → watching for
 * the effect. What is on disk before each step decides what a crash means: `waiting` was never sent, `sent` may have been.
 */
export class CommandRunner implements Part {
  readonly #options: RunnerOptions;
  readonly #queues = new SerialQueues<VehicleId>(MAX_WAITING_PER_VEHICLE);
  /** Waiting and running executions by row; the newest state of each. */
  readonly #open = new Map<number, Execution>();
  readonly #places = new Map<string, Place>();
  readonly #watches = new Map<number, Watch>();
  #stopping = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  /** Ends what a crash left open, answers what was never answered, and watches on. Sends nothing. */
  start(): void {
    const { store, clock } = this.#options;
    for (const execution of store.unfinished()) {
      const ended = recover(execution, clock.now());
      if (ended !== null) store.update(ended);
    }
    for (const execution of store.unanswered()) this.#answer(execution);
    for (const execution of store.unconfirmedSince(clock.now() - CONFIRM_WITHIN_MS)) this.#watch(execution, false);
  }

  /** Rejects what waits; gives what runs a moment to end. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const execution of [...this.#open.values()]) {
      if (execution.state === "waiting") this.#end(execution, "rejected", SHUTDOWN, 0);
    }
    let timer: Timer | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = this.#options.clock.after(STOP_GRACE_MS, resolve);
    });
    await Promise.race([this.#queues.drained(), grace]);
    timer?.cancel();
    for (const watch of this.#watches.values()) for (const pending of watch.timers) pending.cancel();
    this.#watches.clear();
  }

  /** Takes a request; its one result comes as an `answer` event, sooner or later. */
  submit(request: CommandRequest): void {
    const { store, clock, allow, maxAgeMs, incapabilities } = this.#options;
    const now = clock.now();
    const earlier = store.findById(request.id, now - ID_MEMORY_MS);
    if (earlier !== undefined && !request.retained) {
      // Still under way: its one answer is coming anyway.
      if (resultOf(earlier) !== null) this.#answer({ ...earlier, reply: request.reply });
      return;
    }
    const vehicleId = request.vehicle?.id ?? null;
    const verdict = judge(request, {
      now,
      allow,
      maxAgeMs,
      incapable: (variant) => vehicleId !== null && incapabilities.has(vehicleId, variant),
    });
    const execution = store.add({
      id: request.id,
      vehicleId,
      topic: request.topic,
      command: request.command,
      value: verdict.value,
      state: "waiting",
      confirmed: false,
      error: null,
      requestedAt: request.requestedAt,
      sentAt: null,
      completedAt: null,
      calls: 0,
      reply: request.reply,
    });
    this.#open.set(execution.key, execution);
    if (!verdict.accepted) this.#end(execution, "rejected", verdict.error, 0);
    else if (this.#stopping) this.#end(execution, "rejected", SHUTDOWN, 0);
    else if (request.vehicle !== null) {
      const { spec } = verdict;
      this.#enqueue(execution, { key: execution.key, spec, request, vehicle: request.vehicle });
    }
  }

  /** Looks whether newly held signals show the effect of a command. */
  observe(id: VehicleId): void {
    for (const watch of [...this.#watches.values()]) {
      if (watch.execution.vehicleId === id) this.#tryConfirm(watch);
    }
  }

  /** The newest execution of a command that runs now or is watched for its effect, if there is one. */
  current(id: VehicleId, command: CommandName): Execution | undefined {
    const candidates = [...this.#open.values(), ...[...this.#watches.values()].map((watch) => watch.execution)];
    return candidates
      .filter(
        (execution) => execution.vehicleId === id && execution.command === command && execution.state !== "waiting",
      )
      .sort((a, b) => b.key - a.key)[0];
  }

  #enqueue(execution: Execution, place: Place): void {
    const { spec, vehicle } = place;
    const name = [vehicle.id, spec.name, spec.subject?.(execution.value) ?? ""].join("/");
    const older = this.#places.get(name);
    this.#places.set(name, place);
    if (older !== undefined) {
      const replaced = this.#open.get(older.key);
      if (replaced !== undefined) this.#end(replaced, "superseded", SUPERSEDED, 0);
      return;
    }
    const taken = this.#queues.post(vehicle.id, async () => {
      const holder = this.#places.get(name);
      this.#places.delete(name);
      if (holder !== undefined) await this.#run(holder);
    });
    if (taken) return;
    this.#places.delete(name);
    this.#end(execution, "rejected", BUSY, 0);
  }

  async #run({ key, spec, request, vehicle }: Place): Promise<void> {
    const { clock, budget, maxAgeMs } = this.#options;
    const waiting = this.#open.get(key);
    // Rejected while it waited.
    if (waiting?.state !== "waiting") return;
    try {
      const late = tooOld(request, clock.now(), maxAgeMs);
      if (late !== null) return this.#end(waiting, "rejected", late, 0);
      if (spec.call === null) return await this.#refresh(waiting, vehicle);
      const booking = budget.book(vehicle.id, "command");
      if (booking === null) return this.#end(waiting, "rejected", OVER_BUDGET, 0);
      // From here on a restart finds the row as sent, so it can never be sent again.
      const sent = this.#move(waiting, { type: "send", at: clock.now() });
      if (sent === null) return;
      await this.#send(sent, spec, vehicle, booking);
    } catch (error) {
      this.#endBroken(key, toError(error));
    }
  }

  async #send(sent: Execution, spec: CommandSpec, vehicle: Vehicle, booking: number): Promise<void> {
    const { sender, budget, incapabilities, clock, events } = this.#options;
    const path = spec.call?.(sent.value);
    if (path === undefined) return;
    const { method, attributes } = path;
    const outcome = await sender.send({
      vehicleId: vehicle.id,
      userId: vehicle.userId,
      method,
      path: path.path,
      ...(attributes === undefined ? {} : { body: attributes }),
    });
    if (outcome.outcome === "succeeded") {
      events.emit("obeyed", { vehicleId: vehicle.id });
      return this.#end(sent, "succeeded", null, 1);
    }
    const { error } = outcome;
    if (!error.sent) budget.refund(booking);
    if (isPermanentIncapacity(error)) {
      incapabilities.add(vehicle.id, spec.variant(sent.value), clock.now());
      events.emit("incapable", { vehicleId: vehicle.id, variant: spec.variant(sent.value) });
    }
    events.emit("refused", { vehicleId: vehicle.id, error });
    const reason = withHint(errorOf(error), vehicle.make, sent.command);
    this.#end(sent, outcome.outcome, reason, error.sent ? 1 : 0);
  }

  async #refresh(waiting: Execution, vehicle: Vehicle): Promise<void> {
    if (this.#options.budget.view(vehicle.id).remaining === 0) return this.#end(waiting, "rejected", OVER_BUDGET, 0);
    const sent = this.#move(waiting, { type: "send", at: this.#options.clock.now() });
    if (sent === null) return;
    const result = await this.#options.read(vehicle, "command");
    if (result.ok) {
      const confirmed = { ...sent, confirmed: true };
      this.#open.set(sent.key, confirmed);
      return this.#end(confirmed, "succeeded", null, 1);
    }
    const left = !(result.error instanceof CallError) || result.error.sent;
    this.#end(sent, "failed", errorOf(result.error), left ? 1 : 0);
  }

  #move(execution: Execution, event: ExecutionEvent): Execution | null {
    const next = advance(execution, event);
    if (next === null) return null;
    this.#options.store.update(next);
    this.#open.set(next.key, next);
    if (next.vehicleId !== null) this.#options.events.emit("moved", { vehicleId: next.vehicleId, execution: next });
    return next;
  }

  #end(execution: Execution, status: FinalStatus, error: ExecutionError | null, calls: number): void {
    const ended = this.#move(execution, { type: "end", status, at: this.#options.clock.now(), error, calls });
    if (ended === null) return;
    this.#open.delete(ended.key);
    this.#answer(ended);
    if (!ended.confirmed && (status === "succeeded" || status === "unknown"))
      this.#watch(ended, status === "succeeded");
  }

  /** Our own failure between the row and the answer (the database refused, a bug): the caller still gets a result. */
  #endBroken(key: number, error: Error): void {
    const open = this.#open.get(key);
    if (open === undefined) return;
    const [status, calls] = open.state === "sent" ? (["unknown", 1] as const) : (["rejected", 0] as const);
    const reason = { type: "BRIDGE", code: "INTERNAL", message: error.message, action: "see the bridge's log" };
    try {
      this.#end(open, status, reason, calls);
    } catch {
      // The database still refuses: the row ends at the next start, the caller is told now.
      if (!this.#open.delete(key)) return;
      const ended = advance(open, { type: "end", status, at: this.#options.clock.now(), error: reason, calls });
      if (ended !== null) this.#answer(ended);
    }
  }

  #answer(execution: Execution): void {
    const result = resultOf(execution);
    if (result === null) return;
    const { events, store, vehicle } = this.#options;
    events.emit("answer", {
      execution,
      result,
      vehicle: execution.vehicleId === null ? null : (vehicle(execution.vehicleId) ?? null),
      delivered: () => store.markAnswered(execution.key),
    });
  }

  #watch(execution: Execution, readToConfirm: boolean): void {
    const spec = COMMANDS[execution.command];
    const { clock } = this.#options;
    if (spec.confirmedBy === undefined || execution.completedAt === null || this.#stopping) return;
    const watch: Watch = { execution, spec, timers: [] };
    this.#watches.set(execution.key, watch);
    const leftMs = execution.completedAt + CONFIRM_WITHIN_MS - clock.now();
    watch.timers.push(clock.after(leftMs, () => this.#unwatch(watch)));
    if (readToConfirm) {
      watch.timers.push(clock.after(CONFIRM_READ_AFTER_MS, () => void this.#readToConfirm(watch)));
    }
    this.#tryConfirm(watch);
  }

  async #readToConfirm(watch: Watch): Promise<void> {
    const { vehicle, read, mayConfirm } = this.#options;
    const { vehicleId: id, completedAt, key } = watch.execution;
    const target = id === null ? undefined : vehicle(id);
    if (target === undefined || completedAt === null || !this.#watches.has(key)) return;
    if (!mayConfirm(target.id, completedAt)) return;
    await read(target, "confirm");
  }

  #tryConfirm(watch: Watch): void {
    const { stateOf, store } = this.#options;
    const { execution, spec } = watch;
    if (execution.vehicleId === null || execution.sentAt === null) return;
    if (!showsEffect(spec, execution.value, stateOf(execution.vehicleId), execution.sentAt)) return;
    const confirmed = advance(execution, { type: "confirm" });
    if (confirmed === null) return;
    store.update(confirmed);
    watch.execution = confirmed;
    this.#unwatch(watch);
    this.#answer(confirmed);
  }

  #unwatch(watch: Watch): void {
    for (const timer of watch.timers) timer.cancel();
    const { execution } = watch;
    if (!this.#watches.delete(execution.key) || execution.vehicleId === null) return;
    this.#options.events.emit("moved", { vehicleId: execution.vehicleId, execution });
  }
}
