import { type RequestParts, requests } from "../../src/app/requests.ts";
import { pollDocument } from "../../src/bridge/poll-document.ts";
import { RequestInbox } from "../../src/bridge/request-inbox.ts";
import type { Message, SessionEvents } from "../../src/bridge/session-events.ts";
import { isPublishable, Topics } from "../../src/bridge/topics.ts";
import { Events } from "../../src/lib/events.ts";
import { ApplicationBucket } from "../../src/scheduler/bucket.ts";
import { Budget } from "../../src/scheduler/budget.ts";
import { NEW_PLAN } from "../../src/scheduler/plan.ts";
import { Poller, type PollerEvents } from "../../src/scheduler/poller.ts";
import { PollingBook } from "../../src/scheduler/polling-settings.ts";
import { FakeLog } from "../../test/support/fake-log.ts";
import { CarRig, KNOWN_CAR } from "./car-rig.ts";
import { HOSTILE_TEXTS } from "./hostile.ts";
import { cook, pick, type Recipe } from "./recipe.ts";
import { Broken, checkPrototypes, must, type Target } from "./target.ts";
import { REQUEST_BODIES } from "./templates.ts";

const NAMES = [
  "refresh",
  "republish",
  "polling",
  "polling",
  "log_level",
  "doctor",
  "__proto__",
  "constructor",
  "😀",
  "a b",
];
const DURATIONS = ["5m", "15m", "1d", "365d", "366d", "36500d", "100000000d", "104249991d", "4m", "0s", "-1s", "1e9d"];
const LEVELS = new Set(["trace", "debug", "info", "warn", "error", "fatal", "silent"]);

/** What people ask of the bridge itself. What they change must leave it able to plan. */
export class RequestsTarget implements Target {
  readonly name = "bridge requests";
  readonly weight = 8;
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
    const { topic, payload, retain } = messageOf(recipe);
    return `${topic} ${retain ? "(retained) " : ""}${payload.toString("latin1")}`;
  }

  async close(): Promise<void> {
    await this.#rig?.close();
    this.#rig = undefined;
  }
}

function messageOf(recipe: Recipe): Message {
  const { aside } = recipe;
  const duration = pick(DURATIONS, Math.floor(aside / 7));
  const payload =
    aside % 4 === 0
      ? Buffer.from(JSON.stringify({ charging_interval: duration, idle_interval: pick(DURATIONS, aside) }))
      : cook(recipe, REQUEST_BODIES);
  return {
    topic: `smartcar/bridge/request/${aside % 4 === 0 ? "polling" : pick(NAMES, aside)}`,
    payload,
    retain: aside % 13 === 0,
    properties: aside % 6 === 0 ? { responseTopic: pick(HOSTILE_TEXTS, aside) } : {},
  };
}

class Rig {
  readonly #car = new CarRig("exact");
  readonly #session: Events<SessionEvents>;
  readonly #poller: Poller;
  readonly #failures: unknown[] = [];
  #answers = 0;

  constructor() {
    const { clock, store, intake } = this.#car;
    const fail = (_event: PropertyKey, error: unknown) => void this.#failures.push(error);
    this.#session = new Events<SessionEvents>(fail);
    const polling = new PollingBook({ mode: "auto", chargingMs: 900_000, idleMs: 21_600_000 }, store.settings);
    const events = new Events<PollerEvents>(fail);
    const bucket = new ApplicationBucket(clock, store.settings);
    this.#poller = new Poller({
      clock,
      random: () => 0.5,
      source: { readSignals: () => Promise.reject(new Error("nobody is there")) },
      intake,
      budget: new Budget(clock, store.ledger, { monthly: 500, reserve: 50 }),
      bucket,
      plans: store.plans,
      vehicles: () => [KNOWN_CAR],
      settings: (id) => polling.of(id),
      events,
    });
    this.#poller.start();
    // A car that was read once is planned by the interval.
    store.plans.save(KNOWN_CAR.id, { ...NEW_PLAN, lastPollAt: clock.now() });
    const parts = {
      directory: {
        refresh: () => Promise.resolve(),
        list: () => [KNOWN_CAR],
        byTopic: (topic: string) => (topic === KNOWN_CAR.topic ? KNOWN_CAR : undefined),
      },
      poller: { read: () => Promise.resolve({ ok: true, news: false }), replanAll: () => this.#poller.replanAll() },
      polling,
      publisher: { republish: () => undefined, stats: () => ({ topics: 1 }) },
      chain: { links: () => [] },
      setLogLevel: (level: string) => must(LEVELS.has(level), `log level ${level}`),
    };
    new RequestInbox({
      session: { events: this.#session, subscribe: () => undefined },
      publisher: { reply: (topic, payload) => this.#reply(topic, payload), erase: () => undefined, holds: () => false },
      topics: new Topics({ base: "smartcar", discoveryPrefix: "homeassistant" }),
      handlers: requests(parts as unknown as RequestParts),
      eraseAfterUse: false,
      log: new FakeLog(),
    }).start();
  }

  async take(message: Message): Promise<void> {
    this.#answers = 0;
    this.#car.clock.jump(1_000);
    this.#session.emit("message", message);
    for (let turn = 0; turn < 20 && this.#answers === 0; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    // Whatever was changed, there is a plan, and it can be told.
    this.#poller.replanAll();
    JSON.stringify(pollDocument(this.#poller.view(KNOWN_CAR.id)));
    const [failure] = this.#failures.splice(0);
    if (failure !== undefined) throw failure instanceof Error ? failure : new Broken(String(failure));
    must(this.#answers === (message.payload.length > 0 ? 1 : 0), `${this.#answers} answers`);
  }

  async close(): Promise<void> {
    await this.#poller.stop();
    await this.#car.close();
  }

  #reply(topic: string, payload: string): Promise<boolean> {
    must(isPublishable(topic), `an answer to ${JSON.stringify(topic.slice(0, 80))}`);
    const { id, status } = JSON.parse(payload) as Record<string, unknown>;
    must(typeof id === "string" && (status === "ok" || status === "error"), "an answer that is none");
    if (/^smartcar\/bridge\/response\/[A-Za-z0-9_.-]+$/.test(topic)) this.#answers++;
    return Promise.resolve(true);
  }
}
