import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { connect } from "mqtt";
import { describe, expect, it } from "vitest";
import { RANK } from "../../src/bridge/retained.ts";
import type { Message } from "../../src/bridge/session-events.ts";
import { type BridgeFixture, bridgeFixture } from "../support/bridge-fixture.ts";
import { hasMosquitto, type MosquittoOptions, startAedes, startMosquitto } from "../support/brokers.ts";
import { cleanups, own } from "../support/cleanups.ts";
import { freePort } from "../support/free-port.ts";
import { watch } from "../support/mqtt-watch.ts";

const STATE = "smartcar/bridge/state";
const mosquitto = async (options?: MosquittoOptions) => own(await startMosquitto(options));
const watching = async (url: string, filter = "#", options = {}) => own(await watch(url, filter, options));

function online(broker: Parameters<typeof bridgeFixture>[0]): BridgeFixture {
  const bridge = own(bridgeFixture(broker));
  bridge.publisher.retain(STATE, "online", RANK.bridge);
  return bridge;
}

function nextMessage(bridge: BridgeFixture, fits: (message: Message) => boolean): Promise<Message> {
  return new Promise((resolve) => {
    const off = bridge.session.events.on("message", (message) => {
      if (!fits(message)) return;
      off();
      resolve(message);
    });
  });
}

describe("against aedes (MQTT 3.1.1)", () => {
  it("publishes everything once, again after a lost connection, and says offline at the end", async () => {
    const broker = own(await startAedes());
    const seen = await watching(broker.url);
    const bridge = online({ url: broker.url, version: "3.1.1" });
    for (let i = 0; i < 100; i++) bridge.publisher.retain(`smartcar/car/r${i}`, String(i));
    bridge.session.start();
    await bridge.state("connected");
    await bridge.publisher.idle();
    await seen.until(({ topic }) => topic === "smartcar/car/r99");
    expect(seen.messages).toHaveLength(101);
    expect(seen.messages[0]).toMatchObject({ topic: STATE, payload: "online" });

    seen.clear();
    const again = new Promise<void>((resolve) => bridge.session.events.on("connected", () => resolve()));
    broker.dropClients();
    await again;
    await bridge.publisher.idle();
    expect(bridge.publisher.stats().published).toBe(202);

    const later = await watching(broker.url);
    await later.untilAll((messages) => messages.length === 101);
    await bridge.stop();
    expect(await later.until(({ topic, payload }) => topic === STATE && payload === "offline")).toBeDefined();
    expect(bridge.session.status().state).toBe("stopped");
  });

  it("connects over WebSocket", async () => {
    const broker = own(await startAedes({}, { webSocket: "plain" }));
    const bridge = online({ url: `${broker.url}/mqtt`, version: "3.1.1" });
    bridge.session.start();
    await bridge.state("connected");
    await bridge.publisher.idle();
    expect(bridge.publisher.stats().published).toBe(1);
  });

  it("says what to do when the broker does not speak MQTT 5", async () => {
    const broker = own(await startAedes());
    const bridge = own(bridgeFixture({ url: broker.url, version: "5" }));
    bridge.session.start();
    expect((await bridge.state("refused")).detail).toContain("mqtt.version to 3.1.1");
  });

  it("stops at once while a broker accepts connections and says nothing", async () => {
    const server = createServer((socket) => socket.on("error", () => undefined));
    const connected = new Promise<void>((resolve) => server.once("connection", () => resolve()));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => server.close());
    const { port } = server.address() as { port: number };
    const bridge = bridgeFixture({ url: `mqtt://127.0.0.1:${port}` });
    bridge.session.start();
    await connected;
    await bridge.stop();
    expect(bridge.session.status().state).toBe("stopped");
  });
});

describe.skipIf(!hasMosquitto())("against Mosquitto", () => {
  it("leaves the last will when its process is killed", async () => {
    const broker = await mosquitto();
    const seen = await watching(broker.url);
    const session = new URL("../../src/bridge/session.ts", import.meta.url).href;
    const clock = new URL("../../src/lib/clock.ts", import.meta.url).href;
    const script = `
      const { Session } = await import(${JSON.stringify(session)});
      const { systemClock } = await import(${JSON.stringify(clock)});
      const log = new Proxy({}, { get: () => () => undefined });
      const broker = { url: ${JSON.stringify(broker.url)}, version: "5", clientId: "victim" };
      const session = new Session({ broker, stateTopic: "smartcar/bridge/state", clock: systemClock, random: Math.random, log });
      session.events.on("connected", () => session.publish("smartcar/bridge/state", "online", { retain: true }));
      session.start();`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
    cleanups.push(() => child.kill("SIGKILL"));
    await seen.until(({ payload }) => payload === "online");
    child.kill("SIGKILL");
    await seen.until(({ topic, payload }) => topic === STATE && payload === "offline");
  });

  it.each(["5", "3.1.1"] as const)(
    "leaves the last will when it is thrown out, and comes back, MQTT %s",
    async (version) => {
      const broker = await mosquitto();
      const seen = await watching(broker.url);
      const bridge = online({ url: broker.url, version });
      bridge.session.start();
      await seen.until(({ payload }) => payload === "online");
      // Another client with the same id throws the bridge out, as the death of its process would.
      const thief = connect(broker.url, { clientId: "smartcar2mqtt", reconnectPeriod: 0 });
      cleanups.push(() => thief.endAsync(true));
      await seen.until(({ payload }) => payload === "offline");
      // The bridge comes back and says so.
      await seen.untilAll((messages) => messages.map(({ payload }) => payload).join() === "online,offline,online");
      expect(bridge.session.status().state).toBe("connected");
    },
  );

  it.each(["5", "3.1.1"] as const)("starts without a broker and fills it when it comes, MQTT %s", async (version) => {
    const port = await freePort();
    const bridge = online({ url: `mqtt://127.0.0.1:${port}`, version });
    bridge.publisher.retain("smartcar/car/battery", "old");
    bridge.session.start();
    expect((await bridge.state("waiting")).detail).toContain("nothing listens there");
    bridge.publisher.retain("smartcar/car/battery", "81.5");
    bridge.publisher.emit("smartcar/car/event", "{}");
    const broker = await mosquitto({ port });
    await bridge.state("connected");
    await bridge.publisher.idle();
    const seen = await watching(broker.url);
    await seen.untilAll((messages) => messages.length >= 2);
    expect(Object.fromEntries(seen.current())).toEqual({ [STATE]: "online", "smartcar/car/battery": "81.5" });
    expect(bridge.publisher.stats()).toMatchObject({ droppedEvents: 1, published: 2 });
  });

  it("fills a broker that came back empty, and tells replies kept meanwhile", async () => {
    const broker = await mosquitto();
    const bridge = online({ url: broker.url });
    for (let i = 0; i < 300; i++) bridge.publisher.retain(`smartcar/car/r${i}`, "1");
    bridge.session.start();
    await bridge.state("connected");
    await bridge.publisher.idle();
    const left = new Promise<void>((resolve) => bridge.session.events.on("disconnected", () => resolve()));
    await broker.pause();
    await left;
    bridge.publisher.retain("smartcar/car/r7", "2");
    bridge.publisher.erase("smartcar/car/r8");
    const delivered = bridge.publisher.reply("smartcar/car/lock/result", "{}");
    await broker.resume();
    expect(await delivered).toBe(true);
    await bridge.publisher.idle();
    const seen = await watching(broker.url);
    await seen.untilAll((messages) => messages.length >= 300);
    expect(seen.current().size).toBe(300);
    expect(seen.current().get("smartcar/car/r7")).toBe("2");
    expect(seen.current().has("smartcar/car/r8")).toBe(false);
  });

  it("keeps trying with a refused password, and is in as soon as it is right", async () => {
    const port = await freePort();
    const wrong = await startMosquitto({ port, users: { bridge: "another" } });
    cleanups.push(() => wrong.stop());
    const bridge = online({ url: `mqtt://127.0.0.1:${port}`, username: "bridge", password: "p@ss/w:rd#1" });
    bridge.session.start();
    expect((await bridge.state("refused")).detail).toContain("mqtt.password");
    await wrong.stop();
    await mosquitto({ port, users: { bridge: "p@ss/w:rd#1" } });
    await bridge.state("connected");
    expect(bridge.log.text).not.toContain("p@ss/w:rd#1");
    expect(bridge.log.at("warn").filter(({ fields }) => JSON.stringify(fields).includes("mqtt.password"))).toHaveLength(
      1,
    );
  });

  it("tells a topic that the access list denies once, and publishes the rest", async () => {
    const acl = [
      "user bridge",
      "topic readwrite smartcar/#",
      "topic deny smartcar/car/location",
      "user admin",
      "topic read #",
    ];
    const broker = await mosquitto({ users: { bridge: "b-secret", admin: "a-secret" }, acl });
    const bridge = online({ url: broker.url, username: "bridge", password: "b-secret" });
    bridge.publisher.retain("homeassistant/device/smartcar_1/config", "{}", RANK.discovery);
    bridge.publisher.retain("smartcar/car/location", "{}");
    bridge.publisher.retain("smartcar/car/battery", "1");
    bridge.session.start();
    await bridge.state("connected");
    await bridge.publisher.idle();
    bridge.publisher.retain("smartcar/car/location", '{"latitude":1}');
    await bridge.publisher.idle();
    const told = bridge.log.at("warn").map(({ fields }) => (fields as { topic?: string }).topic);
    expect(told).toEqual(["homeassistant/device/smartcar_1/config", "smartcar/car/location"]);
    expect(bridge.publisher.stats()).toMatchObject({ denied: 2, published: 2, failed: 2 });
    expect(await bridge.publisher.reply("elsewhere/result", "{}")).toBe(false);
    const seen = await watching(broker.url, "#", { username: "admin", password: "a-secret" });
    await seen.until(({ topic }) => topic === "smartcar/car/battery");
    expect([...seen.current().keys()].sort()).toEqual([STATE, "smartcar/car/battery"]);
  });

  it("respects the broker's limits: packet size and unconfirmed messages", async () => {
    const broker = await mosquitto({ config: ["max_packet_size 2000", "max_inflight_messages 5"] });
    const bridge = online({ url: broker.url });
    bridge.publisher.retain("smartcar/car/info", "x".repeat(3_000));
    for (let i = 0; i < 200; i++) bridge.publisher.retain(`smartcar/car/r${i}`, "1");
    bridge.session.start();
    await bridge.state("connected");
    expect(bridge.session.receiveMaximum).toBeLessThanOrEqual(20);
    await bridge.publisher.idle();
    expect(bridge.session.status().state).toBe("connected");
    expect(bridge.publisher.stats()).toMatchObject({ published: 201, failed: 1 });
    expect(bridge.log.at("warn")[0]?.fields).toMatchObject({ code: "MQTT_TOO_LARGE", topic: "smartcar/car/info" });
  });

  it("shows how a command was sent: retain flag, response topic and correlation data", async () => {
    const broker = await mosquitto();
    const user = await watching(broker.url, "answers/#", { protocolVersion: 5 });
    await user.publish("smartcar/car/lock/set", "UNLOCK", { retain: true });
    const bridge = online({ url: broker.url });
    bridge.session.subscribe("smartcar/+/lock/set");
    const messages: Message[] = [];
    bridge.session.events.on("message", (message) => messages.push(message));
    bridge.session.start();
    await bridge.state("connected");

    const live = nextMessage(bridge, ({ retain }) => !retain);
    await user.publish("smartcar/car/lock/set", "LOCK", {
      properties: { responseTopic: "answers/1", correlationData: Buffer.from("abc"), messageExpiryInterval: 30 },
    });
    expect(await live).toMatchObject({
      topic: "smartcar/car/lock/set",
      payload: Buffer.from("LOCK"),
      retain: false,
      properties: { responseTopic: "answers/1", correlationData: Buffer.from("abc") },
    });
    // Both the one stored before our time and one sent retained while we listen show as what they are.
    const misused = nextMessage(bridge, ({ retain }) => retain);
    await user.publish("smartcar/car/lock/set", "UNLOCK", { retain: true });
    expect((await misused).payload.toString()).toBe("UNLOCK");
    expect(messages.map(({ payload, retain }) => `${payload} ${retain}`)).toEqual([
      "UNLOCK true",
      "LOCK false",
      "UNLOCK true",
    ]);

    // Not subscribed to: not heard.
    await user.publish("smartcar/car/charge_port/set", "OPEN");
    await bridge.publisher.reply("answers/1", "done", { correlationData: Buffer.from("abc") });
    const answer = await user.until(({ topic }) => topic === "answers/1");
    expect(answer.packet.properties?.correlationData?.toString()).toBe("abc");
    expect(messages).toHaveLength(3);
  });

  it("sees a stored command as retained in MQTT 3.1.1, and nothing sent while it was away", async () => {
    const broker = await mosquitto();
    const user = await watching(broker.url, "none");
    await user.publish("smartcar/car/lock/set", "UNLOCK", { retain: true });
    const bridge = online({ url: broker.url, version: "3.1.1" });
    bridge.session.subscribe("smartcar/+/lock/set");
    const stored = nextMessage(bridge, () => true);
    bridge.session.start();
    expect(await stored).toMatchObject({ retain: true, properties: {} });
    await bridge.stop();
    await user.publish("smartcar/car/lock/set", "", { retain: true });
    await user.publish("smartcar/car/lock/set", "LOCK");
    const back = online({ url: broker.url, version: "3.1.1" });
    back.session.subscribe("smartcar/+/lock/set");
    const first = nextMessage(back, () => true);
    back.session.start();
    await back.state("connected");
    await user.publish("smartcar/car/lock/set", "now");
    expect((await first).payload.toString()).toBe("now");
  });

  it("survives a failing message listener", async () => {
    const broker = await mosquitto();
    const bridge = online({ url: broker.url });
    bridge.session.subscribe("smartcar/+/lock/set");
    bridge.session.events.on("message", () => {
      throw new Error("listener broken");
    });
    bridge.session.start();
    await bridge.state("connected");
    const heard = nextMessage(bridge, () => true);
    const user = await watching(broker.url, "none");
    await user.publish("smartcar/car/lock/set", "LOCK");
    await heard;
    expect(bridge.log.at("error")).toHaveLength(1);
    expect(bridge.session.connected).toBe(true);
  });

  it.each(["5", "3.1.1"] as const)(
    "lets one of two sessions with the same client id give way, MQTT %s",
    async (version) => {
      const broker = await mosquitto();
      const first = online({ url: broker.url, version });
      first.session.start();
      await first.state("connected");
      const second = online({ url: broker.url, version });
      second.session.start();
      const loser = await Promise.race([
        first.state("taken-over").then(() => first),
        second.state("taken-over").then(() => second),
      ]);
      const winner = loser === first ? second : first;
      expect(loser.session.status().detail).toContain("mqtt.client_id");
      await winner.state("connected");
      await winner.publisher.idle();
      const seen = await watching(broker.url);
      expect((await seen.until(({ topic }) => topic === STATE)).payload).toBe("online");
    },
  );
});
