import { describe, expect, it } from "vitest";
import type { PublishOptions } from "../../../src/bridge/connection.ts";
import { type KeptPayload, MadePayload } from "../../../src/bridge/kept-payload.ts";
import { MqttError } from "../../../src/bridge/mqtt-error.ts";
import { Publisher } from "../../../src/bridge/publisher.ts";
import { RANK } from "../../../src/bridge/retained.ts";
import { seconds } from "../../../src/lib/duration.ts";
import { Events } from "../../../src/lib/events.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { FakeLog } from "../../support/fake-log.ts";

interface Sent extends PublishOptions {
  readonly topic: string;
  readonly payload: string;
  confirm(): void;
  fail(error: Error): void;
}

/** A session that is up or down as the test says, and confirms at once unless told to hold. */
class FakeSession {
  readonly events = new Events<{ connected: undefined; disconnected: undefined }>((_, error) => {
    throw error;
  });
  readonly sent: Sent[] = [];
  readonly #open = new Set<Sent>();
  connected = false;
  receiveMaximum = 65_535;
  hold = false;
  failure: (topic: string, payload: string) => Error | undefined = () => undefined;

  publish(topic: string, payload: string, options: PublishOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      const sent: Sent = {
        topic,
        payload,
        ...options,
        confirm: () => {
          this.#open.delete(sent);
          resolve();
        },
        fail: (error) => {
          this.#open.delete(sent);
          reject(error);
        },
      };
      this.sent.push(sent);
      this.#open.add(sent);
      const failure = this.failure(topic, payload);
      if (failure !== undefined) sent.fail(failure);
      else if (!this.hold) sent.confirm();
    });
  }

  get inFlight(): number {
    return this.#open.size;
  }

  /** Topics and payloads sent since the last call. */
  taken(): string[] {
    return this.sent.splice(0).map(({ topic, payload }) => `${topic}=${payload}`);
  }

  async confirmAll(): Promise<void> {
    for (const sent of [...this.#open]) sent.confirm();
    await settle();
  }

  async up(): Promise<void> {
    this.connected = true;
    this.events.emit("connected", undefined);
    await settle();
  }

  async down(): Promise<void> {
    this.connected = false;
    this.events.emit("disconnected", undefined);
    for (const sent of [...this.#open]) sent.fail(refusal("MQTT_LOST"));
    await settle();
  }
}

function refusal(code: MqttError["code"]): MqttError {
  return new MqttError(code, `test ${code}`, { disposition: "retry" });
}

async function setup({ up = true } = {}) {
  const session = new FakeSession();
  const clock = new FakeClock();
  const log = new FakeLog();
  const publisher = new Publisher({ session, clock, random: () => 0, log });
  publisher.start();
  if (up) await session.up();
  return { session, clock, log, publisher };
}

describe.each([
  { kept: "as texts", of: (text: string): KeptPayload => text },
  { kept: "as what makes them", of: (text: string): KeptPayload => new MadePayload(() => text) },
])("publisher, payloads kept $kept", ({ of }) => {
  it("publishes what changed, and never the same twice for nothing", async () => {
    const { session, publisher } = await setup();
    publisher.retain("a", of("1"));
    await settle();
    publisher.retain("a", of("1"));
    publisher.retain("a", of("2"));
    publisher.retain("a", of("1"));
    await settle();
    // "2" was on its way when the value went back, so the broker has to hear "1" again.
    expect(session.taken()).toEqual(["a=1", "a=2", "a=1"]);
    publisher.retain("a", of("1"));
    await publisher.idle();
    expect(session.taken()).toEqual([]);
    expect(publisher.stats()).toMatchObject({ topics: 1, pending: 0, published: 3 });
  });

  it("sends one value of a topic at a time, then the newest", async () => {
    const { session, publisher } = await setup();
    session.hold = true;
    for (const value of ["1", "2", "3", "4"]) publisher.retain("a", of(value));
    await settle();
    expect(session.taken()).toEqual(["a=1"]);
    await session.confirmAll();
    expect(session.taken()).toEqual(["a=4"]);
    publisher.retain("a", of("5"));
    publisher.retain("a", of("4"));
    await session.confirmAll();
    expect(session.taken()).toEqual([]);
  });

  it("says them again after every connection", async () => {
    const { session, publisher } = await setup();
    publisher.retain("a", of("1"));
    await session.down();
    publisher.retain("b", of("2"));
    session.taken();
    await session.up();
    expect(session.taken()).toEqual(["a=1", "b=2"]);
    expect(publisher.isConfirmed("a", "1")).toBe(true);
    expect(publisher.isConfirmed("a", "2")).toBe(false);
  });
});

describe("publisher, retained topics", () => {
  it("keeps only the newest while offline, and sends all in order after every connection", async () => {
    const { session, publisher } = await setup({ up: false });
    publisher.retain("value", "old");
    publisher.retain("value", "new");
    publisher.retain("availability", "online", RANK.availability);
    publisher.retain("config", "{}", RANK.discovery);
    publisher.retain("bridge", "online", RANK.bridge);
    const expected = ["bridge=online", "config={}", "availability=online", "value=new"];
    await session.up();
    expect(session.taken()).toEqual(expected);
    await session.down();
    expect(session.taken()).toEqual([]);
    await session.up();
    expect(session.taken()).toEqual(expected);
    publisher.republish((topic) => topic === "config");
    await settle();
    expect(session.taken()).toEqual(["config={}"]);
  });

  it("bounds what is unconfirmed, by its own limit and the broker's", async () => {
    const { session, publisher } = await setup();
    session.hold = true;
    for (let i = 0; i < 200; i++) publisher.retain(`t/${i}`, "x");
    await settle();
    expect(session.inFlight).toBe(64);
    session.receiveMaximum = 10;
    await session.confirmAll();
    expect(session.inFlight).toBe(10);
    session.hold = false;
    await session.confirmAll();
    await publisher.idle();
    expect(new Set(session.taken()).size).toBe(200);
  });

  it("says again what was unconfirmed when the connection broke", async () => {
    const { session, publisher } = await setup();
    session.hold = true;
    publisher.retain("a", "1");
    await settle();
    await session.down();
    publisher.retain("a", "2");
    session.taken();
    session.hold = false;
    await session.up();
    expect(session.taken()).toEqual(["a=2"]);
  });

  it("erases a topic, also while offline, and forgets it once the broker has", async () => {
    const { session, publisher } = await setup();
    publisher.retain("car/a", "1");
    publisher.retain("car/b", "1");
    publisher.retain("cars", "1");
    await settle();
    session.taken();
    await session.down();
    publisher.eraseBelow("car/");
    publisher.erase("from/an/earlier/run");
    expect(publisher.stats().topics).toBe(4);
    await session.up();
    expect(session.taken()).toEqual(["car/a=", "car/b=", "cars=1", "from/an/earlier/run="]);
    expect(publisher.stats().topics).toBe(1);
    await session.down();
    await session.up();
    expect(session.taken()).toEqual(["cars=1"]);
  });

  it("takes an erased topic back when it is wanted again before the broker confirmed", async () => {
    const { session, publisher } = await setup();
    session.hold = true;
    publisher.erase("a");
    publisher.retain("a", "back");
    await settle();
    session.hold = false;
    await session.confirmAll();
    expect(session.taken()).toEqual(["a=", "a=back"]);
    expect(publisher.stats()).toMatchObject({ topics: 1, pending: 0 });
  });

  it("tells a denied topic once in a session and leaves it alone", async () => {
    const { session, clock, log, publisher } = await setup();
    session.failure = (topic) => (topic === "denied" ? refusal("MQTT_DENIED") : undefined);
    publisher.retain("denied", "1");
    publisher.retain("fine", "1");
    await publisher.idle();
    publisher.retain("denied", "2");
    await clock.advance(seconds(600));
    expect(session.taken()).toEqual(["denied=1", "fine=1"]);
    expect(log.at("warn")).toEqual([expect.objectContaining({ fields: expect.objectContaining({ topic: "denied" }) })]);
    expect(publisher.stats()).toMatchObject({ denied: 1, pending: 0 });
    // Asked for on purpose, it is tried again, and told no second time.
    publisher.republish();
    await publisher.idle();
    expect(session.taken()).toContain("denied=2");
    expect(log.at("warn")).toHaveLength(1);
    session.failure = () => undefined;
    await session.down();
    await session.up();
    expect(session.taken()).toContain("denied=2");
    expect(publisher.stats().denied).toBe(0);
  });

  it("does not flood the log when everything is denied", async () => {
    const { session, log, publisher } = await setup();
    session.failure = () => refusal("MQTT_DENIED");
    for (let i = 0; i < 500; i++) publisher.retain(`t/${i}`, "x");
    await publisher.idle();
    expect(log.at("warn")).toHaveLength(11);
    expect(publisher.stats().denied).toBe(500);
  });

  it("tries a smaller payload where a larger one was refused", async () => {
    const { session, publisher } = await setup();
    session.failure = (_, payload) => (payload.length > 3 ? refusal("MQTT_TOO_LARGE") : undefined);
    publisher.retain("a", "large");
    await publisher.idle();
    publisher.retain("a", "ok");
    await publisher.idle();
    expect(session.taken()).toEqual(["a=large", "a=ok"]);
  });

  it("tries again later what failed in a working session", async () => {
    const { session, clock, publisher } = await setup();
    session.failure = (topic) => (topic === "slow" ? refusal("MQTT_NOT_ACCEPTED") : undefined);
    publisher.retain("slow", "1");
    publisher.retain("fine", "1");
    await clock.advance(seconds(2) - 1);
    expect(session.taken()).toEqual(["slow=1", "fine=1"]);
    publisher.retain("slow", "2");
    await clock.advance(1);
    expect(session.taken()).toEqual(["slow=2"]);
    await clock.advance(seconds(3));
    expect(session.taken()).toEqual([]);
    session.failure = () => undefined;
    await clock.advance(seconds(1));
    await publisher.idle();
    expect(session.taken()).toEqual(["slow=2"]);
    expect(clock.pending).toBe(0);
  });

  it("keeps a hundred thousand topics in modest memory", async () => {
    const { session, publisher } = await setup({ up: false });
    const before = process.memoryUsage().heapUsed;
    for (let car = 0; car < 1_000; car++) {
      for (let reading = 0; reading < 100; reading++)
        publisher.retain(`smartcar/car-${car}/reading-${reading}`, "81.5");
    }
    const perTopic = (process.memoryUsage().heapUsed - before) / 100_000;
    expect(perTopic).toBeLessThan(500);
    await session.up();
    await publisher.idle();
    expect(publisher.stats().published).toBe(100_000);
  });
});

describe("publisher, events and replies", () => {
  it("tells events to whoever listens, and counts the ones that nobody could be told", async () => {
    const { session, publisher } = await setup();
    publisher.emit("event", "1");
    await settle();
    expect(session.sent[0]).toMatchObject({ topic: "event", retain: false });
    await session.down();
    publisher.emit("event", "2");
    await session.up();
    expect(session.taken()).toEqual(["event=1"]);
    expect(publisher.stats().droppedEvents).toBe(1);
  });

  it("keeps a reply until the broker has it, behind `online` and before the backlog", async () => {
    const { session, publisher } = await setup();
    session.hold = true;
    const correlationData = Buffer.from("7");
    const delivered = publisher.reply("result", "ok", { correlationData });
    publisher.retain("value", "1");
    publisher.retain("bridge", "online", RANK.bridge);
    await settle();
    await session.down();
    session.taken();
    session.hold = false;
    await session.up();
    expect(session.sent[1]).toMatchObject({ topic: "result", retain: false, properties: { correlationData } });
    expect(session.taken()).toEqual(["bridge=online", "result=ok", "value=1"]);
    expect(await delivered).toBe(true);
    expect(publisher.stats().replies).toBe(0);
  });

  it("keeps 200 replies while offline and gives the oldest up, saying so once", async () => {
    const { session, log, publisher } = await setup({ up: false });
    const replies = Array.from({ length: 250 }, (_, i) => publisher.reply("result", String(i)));
    expect(publisher.stats()).toMatchObject({ replies: 200, droppedReplies: 50 });
    expect(log.at("warn")).toHaveLength(1);
    await session.up();
    const outcomes = await Promise.all(replies);
    expect(outcomes.filter((delivered) => !delivered)).toHaveLength(50);
    expect(outcomes[49]).toBe(false);
    expect(outcomes[50]).toBe(true);
    expect(session.taken()[0]).toBe("result=50");
  });

  it("gives up a reply that the broker refuses, or that costs us the connection again and again", async () => {
    const { session, log, publisher } = await setup();
    session.failure = (topic) => (topic === "refused" ? refusal("MQTT_TOPIC_INVALID") : undefined);
    expect(await publisher.reply("refused", "x")).toBe(false);
    session.hold = true;
    const poison = publisher.reply("poison", "x");
    for (let i = 0; i < 5; i++) {
      await session.down();
      await session.up();
    }
    expect(await poison).toBe(false);
    expect(log.at("warn")).toHaveLength(2);
  });

  it("does not send a reply twice while another one rests", async () => {
    const { session, clock, publisher } = await setup();
    session.hold = true;
    const slow = publisher.reply("slow", "x");
    await settle();
    session.failure = (topic) => (topic === "later" ? refusal("MQTT_NOT_ACCEPTED") : undefined);
    const later = publisher.reply("later", "x");
    await settle();
    session.failure = () => undefined;
    await clock.advance(seconds(2));
    expect(session.taken()).toEqual(["slow=x", "later=x", "later=x"]);
    await session.confirmAll();
    expect(await Promise.all([slow, later])).toEqual([true, true]);
  });
});

describe("publisher, end", () => {
  it("flushes what is on its way and takes nothing more", async () => {
    const { session, clock, publisher } = await setup();
    session.hold = true;
    publisher.retain("a", "1");
    const stopped = publisher.stop();
    publisher.retain("b", "1");
    expect(await publisher.reply("result", "x")).toBe(false);
    await session.confirmAll();
    await stopped;
    expect(session.taken()).toEqual(["a=1"]);
    expect(clock.pending).toBe(0);
  });

  it("waits a limited time only, and sends nothing afterwards", async () => {
    const { session, clock, log, publisher } = await setup();
    session.hold = true;
    for (let i = 0; i < 100; i++) publisher.retain(`t/${i}`, "x");
    const stopped = publisher.stop();
    await clock.advance(seconds(3));
    await stopped;
    expect(log.at("warn")).toHaveLength(1);
    session.taken();
    await session.confirmAll();
    expect(session.taken()).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it("does not wait for a broker that is away", async () => {
    const { publisher } = await setup({ up: false });
    publisher.retain("a", "1");
    const reply = publisher.reply("result", "x");
    await publisher.stop();
    expect(await reply).toBe(false);
  });
});
