import { describe, expect, it } from "vitest";
import { Session } from "../../../src/bridge/session.ts";
import type { BrokerSettings } from "../../../src/bridge/session-options.ts";
import { minutes, seconds } from "../../../src/lib/duration.ts";
import { FakeBroker } from "../../support/fake-broker.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { FakeLog } from "../../support/fake-log.ts";

function setup(broker: Partial<BrokerSettings> = {}) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const fake = new FakeBroker();
  const session = new Session({
    broker: { url: "mqtt://127.0.0.1:1883", version: "5", clientId: "smartcar2mqtt", ...broker },
    stateTopic: "smartcar/bridge/state",
    clock,
    random: () => 0,
    log,
    connect: fake.connect,
  });
  return { clock, log, fake, session };
}

describe("session", () => {
  it("asks for a clean session with a fixed id and a retained will, and no queues", async () => {
    const { fake, session } = setup({ username: "u", password: "p" });
    session.start();
    await settle();
    expect(session.status().state).toBe("connecting");
    expect(fake.last.options).toMatchObject({
      clientId: "smartcar2mqtt",
      clean: true,
      protocolVersion: 5,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      username: "u",
      password: "p",
      will: { topic: "smartcar/bridge/state", payload: Buffer.from("offline"), qos: 1, retain: true },
    });
    expect(fake.last.options).not.toHaveProperty("log");
    expect(Object.values(fake.last.options)).not.toContain(undefined);
    await session.stop();
  });

  it("waits 3 s at the most while nobody answers, tells it once, and starts short again after a good session", async () => {
    const { clock, fake, log, session } = setup();
    fake.onClient = (client) => client.fail("ECONNREFUSED");
    const delays: number[] = [];
    session.start();
    await settle();
    for (let attempt = 1; attempt <= 9; attempt++) {
      const before = clock.now();
      while (fake.clients.length === attempt) await clock.advance(500);
      delays.push((clock.now() - before) / 1000);
    }
    expect(delays).toEqual([1, 2, 3, 3, 3, 3, 3, 3, 3]);
    expect(session.status()).toMatchObject({ state: "waiting" });
    expect(session.status().detail).toContain("nothing listens there");
    expect(log.at("warn")).toHaveLength(1);

    fake.onClient = (client) => client.accept();
    await clock.advance(seconds(60));
    expect(session.status()).toMatchObject({ state: "connected", detail: null });
    await clock.advance(minutes(1));
    const count = fake.clients.length;
    fake.last.drop();
    await clock.advance(seconds(1));
    expect(fake.clients).toHaveLength(count + 1);
    await session.stop();
    expect(clock.pending).toBe(0);
  });

  it("keeps trying after a refusal, and says what to mend", async () => {
    const { clock, fake, log, session } = setup();
    fake.onClient = (client) => client.refuse(134);
    session.start();
    await clock.advance(minutes(5));
    expect(fake.clients.length).toBeGreaterThan(5);
    expect(session.status().state).toBe("refused");
    expect(session.status().detail).toContain("mqtt.password");
    expect(log.at("warn")).toHaveLength(1);
    fake.onClient = (client) => client.accept();
    await clock.advance(minutes(1));
    expect(session.connected).toBe(true);
    await session.stop();
  });

  it("gives up an attempt that nobody answers", async () => {
    const { clock, fake, session } = setup();
    session.start();
    await clock.advance(seconds(21));
    expect(session.status()).toMatchObject({ state: "waiting" });
    expect(session.status().detail).toContain("does not answer");
    await clock.advance(seconds(2));
    expect(fake.clients).toHaveLength(2);
    await session.stop();
    expect(clock.pending).toBe(0);
  });

  it("knows a takeover by three quick losses and stays away for five minutes", async () => {
    const { clock, fake, log, session } = setup({ version: "3.1.1" });
    fake.onClient = (client) => client.accept();
    session.start();
    for (let i = 0; i < 3; i++) {
      await clock.advance(seconds(5));
      expect(session.connected).toBe(true);
      fake.last.drop();
      await settle();
    }
    expect(session.status()).toMatchObject({ state: "taken-over" });
    expect(session.status().detail).toContain("smartcar2mqtt");
    expect(log.at("error")).toHaveLength(1);
    const count = fake.clients.length;
    await clock.advance(minutes(5) - 1);
    expect(fake.clients).toHaveLength(count);
    await clock.advance(1);
    expect(session.connected).toBe(true);
    // The other one is still there: one more quick loss is enough.
    fake.last.drop();
    await settle();
    expect(session.status().state).toBe("taken-over");
    await clock.advance(minutes(6));
    expect(session.status()).toMatchObject({ state: "connected", detail: null });
    await session.stop();
  });

  it("takes a broker that comes and goes for what it is", async () => {
    const { clock, fake, session } = setup();
    session.start();
    for (let i = 0; i < 5; i++) {
      fake.onClient = (client) => client.accept();
      await clock.advance(seconds(70));
      expect(session.connected).toBe(true);
      fake.onClient = (client) => client.fail("ECONNREFUSED");
      fake.last.drop();
      await clock.advance(seconds(2));
    }
    expect(session.status().state).toBe("waiting");
    await session.stop();
  });

  it("counts being thrown out by name (reason 142), however old the session", async () => {
    const { clock, fake, session } = setup();
    fake.onClient = (client) => client.accept();
    session.start();
    await clock.advance(minutes(60));
    fake.last.drop(142);
    await clock.advance(seconds(2));
    fake.last.drop(142);
    await settle();
    expect(session.status()).toMatchObject({ state: "waiting" });
    expect(session.status().detail).toContain("another client");
    await clock.advance(seconds(5));
    fake.last.drop(142);
    await settle();
    expect(session.status().state).toBe("taken-over");
    await session.stop();
    expect(clock.pending).toBe(0);
  });

  it("subscribes in every session before it says connected, and names what is refused", async () => {
    const { clock, fake, log, session } = setup();
    session.subscribe("smartcar/+/lock/set");
    session.subscribe("homeassistant/status", { retainAsPublished: false });
    const order: string[] = [];
    session.events.on("connected", () => order.push(fake.last.subscribed.join()));
    fake.onClient = (client) => {
      client.refusedFilters = ["homeassistant/status"];
      client.accept();
    };
    session.start();
    await settle();
    expect(order).toEqual(["smartcar/+/lock/set,homeassistant/status"]);
    expect(session.status()).toMatchObject({ state: "connected" });
    expect(session.status().detail).toContain("homeassistant/status");
    expect(log.at("warn")).toHaveLength(1);
    session.subscribe("later/+");
    expect(fake.last.subscribed).toContain("later/+");
    fake.last.drop();
    await clock.advance(seconds(2));
    expect(fake.last.subscribed).toHaveLength(3);
    await session.stop();
  });

  it("fails publishes that cannot be confirmed, with the reason", async () => {
    const { clock, fake, session } = setup();
    await expect(session.publish("t", "x", { retain: true })).rejects.toMatchObject({ code: "MQTT_OFFLINE" });
    fake.onClient = (client) => client.accept({ maximumPacketSize: 100, receiveMaximum: 2 });
    session.start();
    await settle();
    fake.last.confirms = false;
    expect(session.receiveMaximum).toBe(2);
    await expect(session.publish("t", "x".repeat(100), { retain: true })).rejects.toMatchObject({
      code: "MQTT_TOO_LARGE",
    });
    await expect(session.publish("t/+", "x", { retain: true })).rejects.toMatchObject({ code: "MQTT_TOPIC_INVALID" });

    const denied = session.publish("denied", "x", { retain: true });
    fake.last.published.at(-1)?.confirm(Object.assign(new Error("no"), { code: 135 }));
    await expect(denied).rejects.toMatchObject({ code: "MQTT_DENIED", topic: "denied" });

    const late = session.publish("late", "x", { retain: true }).catch((error: unknown) => error);
    await clock.advance(seconds(20));
    expect(await late).toMatchObject({ code: "MQTT_TIMEOUT" });

    // No more than the broker takes unconfirmed.
    const first = session.publish("a", "1", { retain: true });
    const second = session.publish("b", "1", { retain: true }).catch((error: unknown) => error);
    const third = session.publish("c", "1", { retain: true }).catch((error: unknown) => error);
    const topics = () => fake.last.published.map(({ topic }) => topic);
    expect(topics()).not.toContain("c");
    fake.last.published.find(({ topic }) => topic === "a")?.confirm();
    await first;
    await settle();
    expect(topics()).toContain("c");
    fake.last.drop();
    expect(await second).toMatchObject({ code: "MQTT_LOST" });
    expect(await third).toMatchObject({ code: "MQTT_LOST" });
    await session.stop();
    expect(clock.pending).toBe(0);
  });

  it("says offline before it goes, and leaves nothing running even if nobody confirms", async () => {
    const { clock, fake, session } = setup();
    fake.onClient = (client) => client.accept();
    session.start();
    await settle();
    fake.last.confirms = false;
    const stopped = session.stop();
    await settle();
    expect(fake.last.published.at(-1)).toMatchObject({
      topic: "smartcar/bridge/state",
      payload: "offline",
      retain: true,
    });
    await clock.advance(seconds(5));
    await stopped;
    expect(session.status().state).toBe("stopped");
    expect(clock.pending).toBe(0);
  });

  it("never connects in the clear when TLS files are configured, and names an unreadable one", async () => {
    const plain = setup({ caFile: "/nonexistent/ca.pem" });
    plain.session.start();
    await settle();
    expect(plain.fake.clients).toHaveLength(0);
    expect(plain.session.status()).toMatchObject({ state: "refused" });
    expect(plain.session.status().detail).toMatch(/mqtt\.ca_file.*not encrypted/);
    await plain.session.stop();

    const unreadable = setup({ url: "mqtts://127.0.0.1", caFile: "/nonexistent/ca.pem" });
    const refused = new Promise<void>((resolve) => {
      unreadable.session.events.on("status", ({ state }) => {
        if (state === "refused") resolve();
      });
    });
    unreadable.session.start();
    await refused;
    expect(unreadable.session.status().detail).toMatch(/mqtt\.ca_file.*\/nonexistent\/ca\.pem/);
    await unreadable.session.stop();
    expect(unreadable.clock.pending).toBe(0);
  });

  it("warns of passwords in the clear and of unverified brokers, and never shows a password", async () => {
    const remote = setup({ url: "mqtt://me:s3cr%40et@broker.example:1883" });
    remote.session.start();
    await settle();
    expect(remote.fake.last.options).toMatchObject({ username: "me", password: "s3cr@et", host: "broker.example" });
    remote.fake.last.fail("ENOTFOUND");
    await settle();
    expect(remote.log.at("warn")[0]?.message).toContain("without encryption");
    expect(remote.log.text + JSON.stringify(remote.session.status())).not.toMatch(/s3cr/);
    await remote.session.stop();

    const unverified = setup({ url: "wss://[::1]/mqtt", rejectUnauthorized: false });
    unverified.session.start();
    await settle();
    expect(unverified.log.at("warn")[0]?.message).toContain("reject_unauthorized");
    expect(unverified.fake.last.options).toMatchObject({
      host: "[::1]",
      port: 443,
      path: "/mqtt",
      rejectUnauthorized: false,
    });
    await unverified.session.stop();
  });
});
