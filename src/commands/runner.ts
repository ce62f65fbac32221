import type { Timer } from "../lib/clock.ts";
import { days, seconds } from "../lib/duration.ts";
import { toError } from "../lib/errors.ts";
import type { Part } from "../lib/lifecycle.ts";
import { CallError } from "../vehicle/call-error.ts";
import type { VehicleId } from "../vehicle/ids.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import type { CommandName, CommandSpec } from "./catalogue.ts";
import { CONFIRM_WITHIN_MS, Confirmations } from "./confirmations.ts";
import {
  advance,
  type Execution,
  type ExecutionError,
  type ExecutionEvent,
  type FinalStatus,
  recover,
  resultOf,
} from "./execution.ts";
import { judge, lapsesAt, tooOld } from "./guard.ts";
import { CommandQueue, type Place } from "./queue.ts";
import { BUSY, errorOf, isPermanentIncapacity, OVER_BUDGET, SHUTDOWN, SUPERSEDED, withHint } from "./reasons.ts";
import type { CommandRequest } from "./request.ts";
import type { RunnerOptions } from "./runner-options.ts";

const ID_MEMORY_MS = days(1);
/** How long a stop waits for a command under way before its row is left to end as `unknown` at the next start. */
const STOP_GRACE_MS = seconds(4);

/** That a command may go out, and until when. */
interface Leave {
  readonly booking: number;
  readonly notAfter: number;
}

/**
 * Carries out requests: guard → audit row → one after the other per vehicle → at most one send → result → watching for
 * the effect. What is on disk before each step decides what a crash means: `waiting` was never sent, `sent` may have been.
 */
export class CommandRunner implements Part {
  readonly #options: RunnerOptions;
  readonly #queue: CommandQueue;
  /** Waiting and running executions by row; the newest state of each. */
  readonly #open = new Map<number, Execution>();
  readonly #confirmations: Confirmations;
  #stopping = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#queue = new CommandQueue(
      () => options.sender.ready(),
      (place) => this.#run(place),
    );
    this.#confirmations = new Confirmations({
      ...options,
      onConfirmed: (execution) => this.#answer(execution),
      onEnded: (vehicleId, execution) => options.events.emit("moved", { vehicleId, execution }),
    });
  }

  /** Ends what a crash left open, answers what was never answered, and watches on. Sends nothing. */
  start(): void {
    const { store, clock } = this.#options;
    for (const execution of store.unfinished()) {
      const ended = recover(execution, clock.now());
      if (ended !== null) store.update(ended);
    }
    for (const execution of store.unanswered()) this.#answer(execution);
    for (const execution of store.unconfirmedSince(clock.now() - CONFIRM_WITHIN_MS)) {
      this.#confirmations.await(execution, { read: false });
    }
  }

  /** Rejects what waits; gives what runs a moment to end. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const execution of [...this.#open.values()]) {
      if (execution.state !== "waiting") continue;
      try {
        this.#end(execution, "rejected", SHUTDOWN, 0);
      } catch {
        // The database refuses: it is rejected at the next start.
      }
    }
    let timer: Timer | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = this.#options.clock.after(STOP_GRACE_MS, resolve);
    });
    await Promise.race([this.#queue.drained(), grace]);
    timer?.cancel();
    this.#confirmations.stop();
  }

  /** The execution that a request with this id would be taken for a repetition of. */
  find(id: string): Execution | undefined {
    const { store, clock } = this.#options;
    return store.findById(id, clock.now() - ID_MEMORY_MS);
  }

  /**
   * Takes a request; its one result comes as an `answer` event, sooner or later.
   * @throws AppError when the database refuses: then nothing is sent, and the caller is to be told so
   */
  submit(request: CommandRequest): void {
    const { store, clock, allow, maxAgeMs, incapabilities } = this.#options;
    const now = clock.now();
    const earlier = this.find(request.id);
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
    try {
      if (!verdict.accepted) this.#end(execution, "rejected", verdict.error, 0);
      else if (this.#stopping) this.#end(execution, "rejected", SHUTDOWN, 0);
      else if (request.vehicle !== null) {
        const { spec, value } = verdict;
        this.#enqueue(execution, { key: execution.key, spec, value, request, vehicle: request.vehicle });
      }
    } catch (error) {
      this.#open.delete(execution.key);
      throw error;
    }
  }

  /** Looks whether newly held signals show the effect of a command. */
  observe(id: VehicleId): void {
    this.#confirmations.observe(id);
  }

  /** The newest execution of a command that runs now or is watched for its effect, if there is one. */
  current(id: VehicleId, command: CommandName): Execution | undefined {
    return [...this.#open.values(), ...this.#confirmations.awaited()]
      .filter(
        (execution) => execution.vehicleId === id && execution.command === command && execution.state !== "waiting",
      )
      .sort((a, b) => b.key - a.key)[0];
  }

  #enqueue(execution: Execution, place: Place): void {
    const older = this.#queue.holder(place);
    const replaced = older === undefined ? undefined : this.#open.get(older.key);
    if (replaced !== undefined) this.#end(replaced, "superseded", SUPERSEDED, 0);
    if (!this.#queue.put(place)) this.#end(execution, "rejected", BUSY, 0);
  }

  async #run({ key, spec, request, vehicle }: Place): Promise<void> {
    const { clock, budget, maxAgeMs } = this.#options;
    const waiting = this.#open.get(key);
    // Rejected while it waited, or to be rejected at the next start.
    if (waiting?.state !== "waiting" || this.#stopping) return;
    try {
      const late = tooOld(request, clock.now(), maxAgeMs);
      if (late !== null) return this.#end(waiting, "rejected", late, 0);
      if (spec.call === null) return await this.#refresh(waiting, vehicle);
      const booking = budget.book(vehicle.id, "command");
      if (booking === null) return this.#end(waiting, "rejected", OVER_BUDGET, 0);
      // From here on a restart finds the row as sent, so it can never be sent again.
      const sent = this.#move(waiting, { type: "send", at: clock.now() });
      if (sent === null) return;
      await this.#send(sent, spec, vehicle, { booking, notAfter: lapsesAt(request, maxAgeMs) });
    } catch (error) {
      this.#endBroken(key, toError(error));
    }
  }

  async #send(sent: Execution, spec: CommandSpec, vehicle: Vehicle, { booking, notAfter }: Leave): Promise<void> {
    const { sender, budget, incapabilities, clock, events } = this.#options;
    const path = spec.call?.(sent.value);
    if (path === undefined) return;
    const { method, attributes } = path;
    const outcome = await sender.send({
      vehicleId: vehicle.id,
      userId: vehicle.userId,
      method,
      path: path.path,
      notAfter,
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
    if (ended.confirmed || this.#stopping) return;
    if (status === "succeeded" || status === "unknown") {
      this.#confirmations.await(ended, { read: status === "succeeded" });
    }
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
}
