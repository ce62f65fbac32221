import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CommandName } from "../../../src/commands/catalogue.ts";
import type { CommandResult, Execution } from "../../../src/commands/execution.ts";
import { CommandRunner } from "../../../src/commands/runner.ts";
import type { RunnerEvents } from "../../../src/commands/runner-options.ts";
import type { Clock } from "../../../src/lib/clock.ts";
import { hours, seconds } from "../../../src/lib/duration.ts";
import type { JsonValue } from "../../../src/lib/json.ts";
import { Budget } from "../../../src/scheduler/budget.ts";
import { type VehicleId, vehicleId } from "../../../src/vehicle/ids.ts";
import { EMPTY_STATE, type VehicleState } from "../../../src/vehicle/state.ts";
import { car } from "../../support/cars.ts";
import { strictEvents } from "../../support/events.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { type TestStore, tempStore } from "../../support/temp-store.ts";
import { callError, EVERYTHING, hold, LOCKED, type OpenCall, request } from "./support.ts";

const CARS = [1, 2].map((n) => car({ id: vehicleId(`car-${n}`), topic: `car-${n}` }));
const ANSWERS = ["succeeded", "failed", "refused", "unknown", "bug"] as const;

/** What one request has seen from outside. */
interface Seen {
  readonly life: number;
  /** Answers that were not mere repetitions for a repeated id. */
  readonly answers: CommandResult[];
  sent: boolean;
}

/** The bridge's command part over many lives on one database, and what must hold of it at every step. */
class World {
  readonly clock = new FakeClock();
  readonly files = tempStore();
  readonly seen = new Map<string, Seen>();
  readonly states = new Map<VehicleId, VehicleState>();
  calls: (OpenCall & { id: string })[] = [];
  #store: TestStore = this.files.store;
  #life = 0;
  #timers: { cancel(): void }[] = [];
  #stopped = false;
  #repeating: string | null = null;
  #runner = this.#boot();

  submit(vehicle: number, command: CommandName, value: JsonValue, id: string, ageMs: number): void {
    const now = this.clock.now();
    const target = CARS[vehicle] ?? car();
    const known = this.seen.has(id);
    if (!known) this.seen.set(id, { life: this.#life, answers: [], sent: false });
    this.#repeating = known ? id : null;
    const asked = { id, topic: target.topic, vehicle: target, command, value, requestedAt: now - ageMs, now };
    this.#runner.submit(request(asked));
    this.#repeating = null;
  }

  answer(kind: (typeof ANSWERS)[number], index: number): void {
    const [call] = this.calls.splice(index % Math.max(1, this.calls.length), 1);
    const error = callError({ sent: kind !== "refused" });
    if (kind === "bug") call?.explode(new Error("a bug of ours"));
    else if (kind === "refused") call?.answer({ outcome: "failed", error });
    else call?.answer(kind === "succeeded" ? { outcome: kind } : { outcome: kind, error });
  }

  signal(vehicle: number, locked: boolean, limit: number): void {
    const id = CARS[vehicle]?.id ?? vehicleId("none");
    const at = this.clock.now();
    const held = [hold(LOCKED, { value: locked }, at), hold("charge-chargelimits", { activeLimit: limit }, at)];
    this.states.set(id, { ...EMPTY_STATE, signals: new Map(held.map((signal) => [signal.code, signal])) });
    this.#runner.observe(id);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const done = this.#runner.stop();
    const waiting = [...this.seen].filter(([, { life, sent }]) => life === this.#life && !sent);
    for (const [, { answers }] of waiting) expect(answers, "nothing waits after a stop").toHaveLength(1);
    await this.clock.advance(seconds(5));
    await done;
    expect(this.clock.pending, "no timer outlives a stop").toBe(0);
    await this.crash();
  }

  /** The process is gone: its timers and open calls with it. What is on disk stays. */
  async crash(): Promise<void> {
    this.#life++;
    for (const timer of this.#timers.splice(0)) timer.cancel();
    this.calls = [];
    this.#store = this.files.reopen();
    this.#stopped = false;
    this.#runner = this.#boot();
    await settle();
  }

  #boot(): CommandRunner {
    const life = this.#life;
    const { clock } = this;
    const store = this.#store;
    const ownClock: Clock = {
      now: () => clock.now(),
      after: (delayMs, run) => {
        const timer = clock.after(delayMs, run);
        this.#timers.push(timer);
        return timer;
      },
    };
    const events = strictEvents<RunnerEvents>();
    events.on("answer", ({ result, execution, delivered }) => {
      if (life !== this.#life) return;
      delivered();
      this.#onAnswer(result, execution);
    });
    const runner = new CommandRunner({
      clock: ownClock,
      store: store.executions,
      budget: new Budget(ownClock, store.ledger, { monthly: 0, reserve: 0 }),
      incapabilities: store.incapabilities,
      allow: new Set(EVERYTHING),
      maxAgeMs: seconds(60),
      stateOf: (id) => this.states.get(id) ?? EMPTY_STATE,
      vehicle: (id) => CARS.find((known) => known.id === id),
      read: () => Promise.resolve({ ok: true }),
      mayConfirm: () => true,
      events,
      sender: {
        ready: () => Promise.resolve(),
        send: ({ vehicleId: target, path, method, body, notAfter }) => {
          const id = this.#onSend(target, store);
          return new Promise((resolve, reject) => {
            this.calls.push({ id, vehicleId: target, path, method, body, notAfter, answer: resolve, explode: reject });
          });
        },
      },
    });
    runner.start();
    return runner;
  }

  #onSend(target: VehicleId, store: TestStore): string {
    expect(this.#stopped, "no send after a stop").toBe(false);
    expect(
      this.calls.filter((call) => call.vehicleId === target),
      "one call per vehicle at a time",
    ).toEqual([]);
    const rows = store.executions.unfinished().filter((row) => row.vehicleId === target && row.state === "sent");
    expect(rows, "what is sent is on disk as sent").toHaveLength(1);
    const id = rows[0]?.id ?? "";
    const seen = this.seen.get(id);
    expect(seen?.life, "nothing from before a restart is sent").toBe(this.#life);
    expect(seen?.sent, "at most one send").toBe(false);
    expect(seen?.answers, "no send after the answer").toEqual([]);
    if (seen !== undefined) seen.sent = true;
    return id;
  }

  #onAnswer(result: CommandResult, execution: Execution): void {
    const seen = this.seen.get(result.id);
    const [first, second] = seen?.answers ?? [];
    if (seen === undefined) throw new Error(`an answer to nobody: ${result.id}`);
    if (this.#repeating === result.id) {
      expect(result, "a repeated id gets the answer it got").toEqual(second ?? first);
      return;
    }
    seen.answers.push(result);
    if (first === undefined) {
      const wasSent = result.status !== "rejected" && result.status !== "superseded";
      expect(seen.sent, `${result.status} and sent`).toBe(wasSent);
      expect(result.confirmed).toBe(false);
      return;
    }
    expect(second, "at most two results").toBeUndefined();
    expect(result, "only `confirmed` turns").toEqual({ ...first, confirmed: true });
    expect(["succeeded", "unknown"]).toContain(first.status);
    const shown = this.states.get(execution.vehicleId ?? vehicleId("none"))?.signals;
    const code = execution.command === "lock" ? LOCKED : "charge-chargelimits";
    const body = [...(shown ?? [])].find(([key]) => key === code)?.[1].value?.body;
    const wanted = execution.command === "lock" ? { value: result.value === "LOCK" } : { activeLimit: result.value };
    expect(body, "confirmed by what the car says").toEqual(wanted);
  }

  /** After a last stop and start everybody has an answer. */
  async end(): Promise<void> {
    await this.stop();
    for (const [id, { answers }] of this.seen) expect(answers.length, `${id} is answered`).toBeGreaterThan(0);
  }
}

type Step = fc.AsyncCommand<object, World>;
const step = (name: string, run: (world: World) => void | Promise<void>): Step => ({
  check: () => true,
  run: async (_, world) => {
    await run(world);
    await settle(5);
  },
  toString: () => name,
});

const ids = fc.integer({ min: 0, max: 11 }).map((n) => `id-${n}`);
const asks = fc.oneof(
  fc.constantFrom<[CommandName, JsonValue]>(["lock", "LOCK"], ["lock", "UNLOCK"], ["lock", "JAM"]),
  fc.integer({ min: 60, max: 62 }).map((limit): [CommandName, JsonValue] => ["charge_limit", limit]),
  fc.integer({ min: 1, max: 2 }).map((n): [CommandName, JsonValue] => ["charge_schedule", { delete: `s${n}` }]),
);
const submit = fc
  .record({ vehicle: fc.nat(1), ask: asks, id: ids, ageMs: fc.constantFrom(0, 0, 0, seconds(59), hours(25)) })
  .map(({ vehicle, ask: [command, value], id, ageMs }) =>
    step(`submit(${vehicle},${command},${JSON.stringify(value)},${id},${ageMs})`, (world) =>
      world.submit(vehicle, command, value, id, ageMs),
    ),
  );
const steps: fc.Arbitrary<Step>[] = [
  submit,
  submit,
  submit,
  fc
    .tuple(fc.constantFrom(...ANSWERS), fc.nat(3))
    .map(([kind, index]) => step(`answer(${kind},${index})`, (world) => world.answer(kind, index))),
  fc
    .record({ vehicle: fc.nat(1), locked: fc.boolean(), limit: fc.integer({ min: 60, max: 62 }) })
    .map(({ vehicle, locked, limit }) =>
      step(`signal(${vehicle},${locked},${limit})`, (world) => world.signal(vehicle, locked, limit)),
    ),
  fc.constantFrom(1, 30, 61, 601).map((s) => step(`wait(${s}s)`, (world) => world.clock.advance(seconds(s)))),
  fc.constant(step("stop and start", (world) => world.stop())),
  fc.constant(step("crash and start", (world) => world.crash())),
];

describe("command runner, whatever happens", () => {
  it("sends each request at most once, one per car at a time, and gives it exactly one result", async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(steps, { maxCommands: 40, size: "max" }), async (commands) => {
        const world = new World();
        try {
          await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
          await world.end();
        } finally {
          world.files.remove();
        }
      }),
      { numRuns: 80, endOnFailure: true },
    );
  }, 60_000);
});
