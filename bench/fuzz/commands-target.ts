import { CommandInbox } from "../../src/bridge/command-inbox.ts";
import type { Message, SessionEvents } from "../../src/bridge/session-events.ts";
import { isPublishable, Topics } from "../../src/bridge/topics.ts";
import { isCommandName } from "../../src/commands/catalogue.ts";
import { CommandRunner } from "../../src/commands/runner.ts";
import type { CommandSender, RunnerEvents } from "../../src/commands/runner-options.ts";
import { Events } from "../../src/lib/events.ts";
import { FakeLog } from "../../test/support/fake-log.ts";
import { CarRig, KNOWN_CAR } from "./car-rig.ts";
import { HOSTILE_TEXTS } from "./hostile.ts";
import { cook, pick, type Recipe } from "./recipe.ts";
import { Broken, checkPrototypes, must, type Target } from "./target.ts";
import { COMMAND_PAYLOADS } from "./templates.ts";

const COMMANDS = ["lock", "charging", "charge_limit", "charge_port", "destination", "charge_schedule", "refresh"];
/** What the broker passes on for our filters, and a little of what it should not. */
const TOPICS = [
  ...COMMANDS.map((name) => `smartcar/${KNOWN_CAR.topic}/${name}/set`),
  "smartcar/nobody/lock/set",
  "smartcar/__proto__/lock/set",
  `smartcar/${KNOWN_CAR.topic}/__proto__/set`,
  `smartcar/${KNOWN_CAR.topic}/constructor/set`,
  `smartcar/${KNOWN_CAR.topic}/toString/set`,
  "smartcar//lock/set",
  "smartcar/a/b/lock/set",
  "smartcar/bridge/lock/set",
  "other/x/lock/set",
];
const ALLOWED_CALLS = [
  /^commands\/security\/lock$/,
  /^commands\/charge\/(start|stop|set-limit)$/,
  /^commands\/navigation\/set-destination$/,
  /^charge-schedules\/(daily|weekly|workweek)$/,
  /^charge-schedules\/[A-Za-z0-9_-]{1,128}$/,
];
const ALLOW = ["lock", "charging", "charge_limit", "destination", "charge_schedule", "refresh"] as const;

/** What people publish to a car, from the message to the call and the result. */
export class CommandsTarget implements Target {
  readonly name = "commands";
  readonly weight = 16;
  #rig: Rig | undefined;

  async renew(): Promise<void> {
    await this.close();
    this.#rig = new Rig();
  }

  async run(recipe: Recipe): Promise<void> {
    if (this.#rig === undefined) throw new Error("not renewed yet");
    await this.#rig.take(messageOf(recipe));
    checkPrototypes();
  }

  show(recipe: Recipe): string {
    const { topic, payload, retain, properties } = messageOf(recipe);
    return `${topic} ${retain ? "(retained) " : ""}${JSON.stringify(properties)} ${payload.toString("latin1")}`;
  }

  async close(): Promise<void> {
    await this.#rig?.close();
    this.#rig = undefined;
  }
}

function messageOf(recipe: Recipe): Message {
  const { aside } = recipe;
  const plain = aside % 3 === 0;
  const payload = plain ? Buffer.from(pick(HOSTILE_TEXTS, aside)) : cook(recipe, COMMAND_PAYLOADS);
  return {
    topic: pick(TOPICS, Math.floor(aside / 3)),
    payload,
    retain: aside % 11 === 0,
    properties: {
      ...(aside % 4 === 0 ? { responseTopic: pick(HOSTILE_TEXTS, aside) } : {}),
      ...(aside % 8 === 0 ? { correlationData: Buffer.from([aside & 0xff, 0, 255]) } : {}),
      ...(aside % 5 === 0 ? { messageExpiryInterval: pick([0, 1, 60, 4_294_967_295], aside) } : {}),
    },
  };
}

class Rig {
  readonly #car = new CarRig("exact");
  readonly #session: Events<SessionEvents>;
  readonly #runner: CommandRunner;
  readonly #failures: unknown[] = [];
  readonly #results: unknown[] = [];

  constructor() {
    const { clock, store } = this.#car;
    const fail = (_event: PropertyKey, error: unknown) => void this.#failures.push(error);
    this.#session = new Events<SessionEvents>(fail);
    const events = new Events<RunnerEvents>(fail);
    this.#runner = new CommandRunner({
      clock,
      store: store.executions,
      sender: { ready: () => Promise.resolve(), send: (call) => this.#send(call) },
      budget: { book: () => 1, refund: () => undefined, view: () => ({ remaining: null }) },
      incapabilities: store.incapabilities,
      allow: new Set(ALLOW),
      maxAgeMs: 60_000,
      stateOf: (id) => this.#car.intake.state(id),
      vehicle: () => KNOWN_CAR,
      read: () => Promise.resolve({ ok: true }),
      mayConfirm: () => false,
      events,
    });
    const inbox = new CommandInbox({
      session: { events: this.#session, subscribe: () => undefined, recall: () => Promise.resolve() },
      publisher: {
        reply: (topic, payload) => this.#reply(topic, payload),
        erase: () => undefined,
        holds: () => false,
        isErasing: () => false,
      },
      topics: new Topics({ base: "smartcar", discoveryPrefix: "homeassistant" }),
      runner: this.#runner,
      vehicle: (topic) => (topic === KNOWN_CAR.topic ? KNOWN_CAR : undefined),
      allow: ALLOW,
      retainIsHidden: false,
      clock,
      log: new FakeLog(),
    });
    events.on("answer", (answer) => inbox.answer(answer));
    inbox.start();
  }

  async take(message: Message): Promise<void> {
    this.#results.length = 0;
    this.#car.clock.jump(1_000);
    this.#session.emit("message", message);
    // A call under way ends in a few turns.
    for (let turn = 0; turn < 50 && this.#failures.length === 0 && this.#results.length === 0; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const [failure] = this.#failures.splice(0);
    if (failure !== undefined) throw failure instanceof Error ? failure : new Broken(String(failure));
    const [base, vehicle, command = "", end, ...more] = message.topic.split("/");
    const asked = base === "smartcar" && vehicle !== "" && vehicle !== "bridge" && end === "set" && more.length === 0;
    const expected = asked && isCommandName(command) && message.payload.length > 0 ? 1 : 0;
    must(this.#results.length === expected, `${this.#results.length} results for ${JSON.stringify(message.topic)}`);
  }

  async close(): Promise<void> {
    await this.#car.close();
  }

  #reply(topic: string, payload: string): Promise<boolean> {
    must(isPublishable(topic), `a result to ${JSON.stringify(topic.slice(0, 80))}`);
    const result = JSON.parse(payload) as Record<string, unknown>;
    must(typeof result["id"] === "string" && result["id"] !== "", "a result without an id");
    const { status } = result;
    must(["succeeded", "failed", "rejected", "superseded", "unknown"].includes(String(status)), `status ${status}`);
    must(!Number.isNaN(Date.parse(String(result["requested_at"]))), "a result without times");
    if (/^smartcar\/[^/]+\/[a-z_]+\/result$/.test(topic)) this.#results.push(result);
    return Promise.resolve(true);
  }

  #send({ path, method, body, vehicleId }: Parameters<CommandSender["send"]>[0]): ReturnType<CommandSender["send"]> {
    if (!ALLOWED_CALLS.some((allowed) => allowed.test(path))) this.#failures.push(new Broken(`a call to ${path}`));
    if (vehicleId !== KNOWN_CAR.id) this.#failures.push(new Broken(`a call for ${vehicleId}`));
    if (method === "DELETE" && body !== undefined) this.#failures.push(new Broken("a deletion with a body"));
    if (body !== undefined) JSON.stringify(body);
    return Promise.resolve({ outcome: "succeeded" });
  }
}
