import { setTimeout as pause } from "node:timers/promises";
import type { CommandResult } from "../../src/commands/execution.ts";
import type { FaultInput } from "../../src/simulator/fault.ts";
import { between } from "../economy/random.ts";
import type { Delivery, Oracle } from "./oracle.ts";
import type { World } from "./world.ts";

const DELIVERERS = 3;
const REPEATED_COMMANDS = 0.15;
/** Smartcar gives a delivery up after three minutes; some are lost for it by then. */
const GIVEN_UP = 0.2;

/** What people and Smartcar do to the program, by chance, whether it runs or not. */
export class Load {
  readonly #world: World;
  readonly #oracle: Oracle;
  readonly #random: () => number;
  readonly #again: Delivery[] = [];
  readonly #given: { readonly topic: string; readonly text: string }[] = [];
  readonly #results = new Map<string, Set<CommandResult["status"]>>();
  /** Calls for a command that reached Smartcar: by destination, which is another for each, and by path. */
  readonly arrived = new Map<string, number>();
  #workers: Promise<unknown>[] = [];
  #running = false;
  commands = 0;

  constructor(world: World, oracle: Oracle, random: () => number) {
    this.#world = world;
    this.#oracle = oracle;
    this.#random = random;
    world.simulator.events.on("arrived", ({ method, path, body }) => {
      if (method !== "POST" || !path.includes("/commands/")) return;
      const { latitude } = (body as { data?: { attributes?: { latitude?: number } } } | null)?.data?.attributes ?? {};
      for (const key of latitude === undefined ? [path] : [path, `destination ${latitude}`]) {
        this.arrived.set(key, (this.arrived.get(key) ?? 0) + 1);
      }
    });
  }

  begin(): void {
    if (this.#running) return;
    this.#running = true;
    this.#workers = [...Array.from({ length: DELIVERERS }, () => this.#deliver()), this.#command()];
  }

  async end(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#workers.splice(0));
  }

  /** Delivers until everything that Smartcar still holds was acknowledged. The program must run. */
  async drain(): Promise<void> {
    for (let delivery = this.#again.shift(); delivery !== undefined; delivery = this.#again.shift()) {
      await this.#post(delivery);
    }
  }

  /** Another way to fail for the next calls. */
  disturb(): void {
    const { simulator } = this.#world;
    simulator.clearFaults();
    simulator.setLimits({ bucket: 120 });
    const commands = "/v3/vehicles/*/commands/**";
    const choices: readonly FaultInput[] = [
      { kind: "latency", path: commands, delayMs: between(this.#random, 10, 250), times: 6 },
      { kind: "stream", path: commands, bodyAfterMs: between(this.#random, 20, 400), times: 3 },
      { kind: "drop", path: commands, executed: true, times: 2 },
      { kind: "drop", path: commands, executed: true, when: "after-headers", times: 2 },
      { kind: "error", path: commands, status: 503, executed: true, times: 2 },
      { kind: "latency", path: "/v3/vehicles/*/signals", delayMs: between(this.#random, 10, 300), times: 4 },
      { kind: "truncated", path: "/v3/vehicles/*/signals", times: 2 },
      { kind: "latency", path: "/v3/connections", delayMs: between(this.#random, 10, 200), times: 1 },
    ];
    for (const fault of choices) if (this.#random() < 0.4) simulator.addFault(fault);
  }

  /** Takes the results seen by now; what was seen is forgotten. */
  collect(): void {
    const { seen } = this.#world;
    for (const { topic, payload } of seen.messages) {
      if (!topic.endsWith("/result")) continue;
      const { id, status } = JSON.parse(payload) as CommandResult;
      const statuses = this.#results.get(id) ?? new Set();
      this.#results.set(id, statuses.add(status));
    }
    seen.clear();
  }

  hasResult(id: string): boolean {
    return this.#results.has(id);
  }

  /** Commands that were answered in two ways. */
  contradictions(): string[] {
    return [...this.#results].filter(([, statuses]) => statuses.size > 1).map(([id]) => id);
  }

  async #deliver(): Promise<void> {
    while (this.#running) {
      const again = this.#random() < 0.5 ? this.#again.shift() : undefined;
      const delivery = again ?? this.#oracle.next(Date.now());
      const taken = await this.#post(delivery);
      await pause(taken ? between(this.#random, 1, 15) : between(this.#random, 10, 60));
    }
  }

  async #post(delivery: Delivery): Promise<boolean> {
    const { eventId, vehicleId, sequence, facts } = delivery;
    const signals = facts.map(({ code, number, oemUpdatedAt, retrievedAt }) => ({
      code,
      body: { value: number },
      meta: { oemUpdatedAt: oemUpdatedAt ?? 0, retrievedAt },
    }));
    const url = this.#world.webhookUrl;
    const [answer] = await this.#world.simulator.deliver({ url, eventId, vehicleId, sequence, signals });
    if (answer?.status === 200) {
      this.#oracle.acknowledge(delivery);
      return true;
    }
    if (this.#random() >= GIVEN_UP) this.#again.push(delivery);
    return false;
  }

  async #command(): Promise<void> {
    const { seen } = this.#world;
    while (this.#running) {
      const repeated =
        this.#random() < REPEATED_COMMANDS ? this.#given[between(this.#random, 0, this.#given.length - 1)] : undefined;
      const { topic, text } = repeated ?? this.#newCommand();
      await seen.publish(topic, text);
      await pause(between(this.#random, 20, 140));
    }
  }

  #newCommand(): { topic: string; text: string } {
    const random = this.#random;
    const number = ++this.commands;
    const car = this.#world.vehicles[between(random, 0, this.#world.vehicles.length - 1)];
    const die = random();
    // A destination of its own for each command, so that the simulator can tell which one it is asked for.
    const [name, value] =
      die < 0.5
        ? (["destination", { latitude: destinationOf(number), longitude: 7 }] as const)
        : die < 0.65
          ? (["charge_limit", between(random, 50, 100)] as const)
          : die < 0.75
            ? (["lock", "LOCK"] as const)
            : die < 0.85
              ? (["charging", random() < 0.5] as const)
              : (["refresh", "PRESS"] as const);
    const id = `crash-${number}`;
    const given = { topic: `smartcar/${car?.topic}/${name}/set`, text: JSON.stringify({ value, id }) };
    this.#given.push(given);
    if (this.#given.length > 30) this.#given.shift();
    return given;
  }
}

function destinationOf(number: number): number {
  return Number((1 + number / 10_000).toFixed(4));
}
