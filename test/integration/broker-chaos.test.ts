import { describe, expect, it } from "vitest";
import { Publisher } from "../../src/bridge/publisher.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { minutes, seconds } from "../../src/lib/duration.ts";
import { Events } from "../../src/lib/events.ts";
import { hasMosquitto, startMosquitto } from "../support/brokers.ts";
import { cleanups, own } from "../support/cleanups.ts";
import { type Bench, openBench, startBench } from "../support/e2e-bench.ts";
import { command } from "../support/e2e-commands.ts";
import { readiness } from "../support/e2e-readiness.ts";
import { FakeLog } from "../support/fake-log.ts";
import { startLiveApp } from "../support/live-app.ts";
import { watch } from "../support/mqtt-watch.ts";
import { type LogLine, startProgram } from "../support/program.ts";
import { residentMb } from "../support/resident.ts";
import { slowPipe } from "../support/slow-pipe.ts";

const CODES = Array.from({ length: 20 }, (_, index) => `load-n${index}`);
const LARGE = "x".repeat(8_000);
/** What is garbage is taken out before it comes near to what is delivered, whenever that would otherwise be. */
const NODE_ARGS = ["--max-old-space-size=72", "--max-semi-space-size=2"];
/** Of 64 MB of news or more. */
const MOST_GROWTH_MB = 48;

/** Delivers all codes, each with the round's number, so often; returns how many were acknowledged. */
async function load(bench: Bench, rounds: number, from = 0): Promise<number> {
  let acknowledged = 0;
  for (let round = from; round < from + rounds; round++) {
    const signals = CODES.map((code) => ({ code, body: { value: round, text: LARGE } }));
    const [answer] = await bench.simulator.deliver({ signals });
    if (answer?.status === 200) acknowledged++;
  }
  return acknowledged;
}

/** Waits until every signal under load shows the value; returns how long that took. */
async function allShow(bench: Bench, value: number): Promise<number> {
  const startedAt = performance.now();
  await bench.seen.untilAll(() => {
    const current = bench.seen.current();
    return CODES.every((code) => current.get(`smartcar/test-a/signals/${code}`)?.includes(`"value":${value},`));
  });
  return performance.now() - startedAt;
}

const warnings = (lines: readonly LogLine[], part: string) =>
  lines.filter((line) => ["warn", "error"].includes(line.level) && JSON.stringify(line).includes(part));

describe("what waits for a broker that is away", () => {
  it("is the last value of each topic, 200 answers and no event, however much is said", async () => {
    const log = new FakeLog();
    const session = {
      events: new Events<{ connected: undefined; disconnected: undefined }>(() => undefined),
      connected: false,
      receiveMaximum: 10,
      publish: () => Promise.reject(new Error("there is no session")),
    };
    const publisher = new Publisher({ session, clock: systemClock, random: Math.random, log });
    publisher.start();
    for (let n = 0; n < 100_000; n++) {
      publisher.retain(`smartcar/car/r${n % 50}`, `${n}`);
      publisher.emit("smartcar/car/event", `{"n":${n}}`);
      if (n % 10 === 0) void publisher.reply("smartcar/car/lock/result", `{"n":${n}}`);
    }
    expect(publisher.stats()).toMatchObject({
      topics: 50,
      pending: 50,
      replies: 200,
      droppedReplies: 9_800,
      inFlight: 0,
    });
    expect(publisher.stats().droppedEvents).toBe(100_000);
    expect(log.at("warn").length).toBeLessThan(5);
    await publisher.stop();
  });
});

describe.skipIf(!hasMosquitto())("a broker that is gone under load", () => {
  it("costs no acknowledgement and no memory, and has the newest of everything within 5 s of its return", async () => {
    const bench = own(await startBench({ nodeArgs: NODE_ARGS, env: { POLLING_MODE: "never" } }));
    await bench.shown();
    expect(await load(bench, 100)).toBe(100);
    await allShow(bench, 99);
    const { pid } = bench.program;
    await bench.mosquitto.pause();
    const before = residentMb(pid);
    // 96 MB of news; what is kept of it is the newest 160 KB.
    expect(await load(bench, 600, 100)).toBe(600);
    expect(residentMb(pid) - before).toBeLessThan(MOST_GROWTH_MB);
    expect((await readiness(bench)).parts["mqtt"]).toMatchObject({ ok: false });
    bench.seen.clear();
    await bench.mosquitto.resume();
    expect(await allShow(bench, 699)).toBeLessThan(5_000);
    await bench.seen.until(({ topic, payload }) => topic === "smartcar/test-a/battery" && payload === "50");
    expect(await command(bench, "a", "charge_limit", 70)).toMatchObject({ status: "succeeded" });
  });

  it("for ten minutes is knocked at every 3 s at the most, and is found within 5 s", async () => {
    const broker = await startMosquitto();
    cleanups.push(() => broker.stop());
    const live = await startLiveApp({ broker, env: { MQTT_VERSION: "5", POLLING_MODE: "never" } });
    cleanups.push(() => live.close());
    await broker.pause();
    await live.pass(seconds(5));
    const url = `${live.app.addresses.publicUrl}/webhooks/smartcar`;
    for (let n = 0; n < 100; n++) {
      const signals = [{ code: "load-n1", body: { value: n } }];
      const [answer] = await live.simulator.deliver({ url, signals });
      expect(answer?.status).toBe(200);
      await live.pass(minutes(10) / 100);
    }
    expect(live.log.at("warn").filter(({ message }) => message === "no MQTT session")).toHaveLength(1);
    const leftAt = live.clock.now();
    await broker.resume();
    const { payload } = await live.until(({ topic }) => topic === "smartcar/test-a/signals/load-n1", 10_000);
    expect(live.clock.now() - leftAt).toBeLessThanOrEqual(5_000);
    expect(JSON.parse(payload)).toMatchObject({ body: { value: 99 } });
  });
});

describe.skipIf(!hasMosquitto())("a broker that takes nothing in for a while", () => {
  it("keeps no webhook waiting, and gets the newest when it takes again", async () => {
    const broker = await startMosquitto();
    cleanups.push(() => broker.stop());
    const pipe = await slowPipe(broker.port);
    cleanups.push(() => pipe.stop());
    const bench = own(
      await openBench({
        nodeArgs: NODE_ARGS,
        env: { POLLING_MODE: "never", MQTT_URL: `mqtt://127.0.0.1:${pipe.port}` },
      }),
    );
    const program = await bench.start();
    const seen = await watch(broker.url, "smartcar/#");
    cleanups.push(() => seen.stop());
    const shown = (value: number) => () => {
      const current = seen.current();
      return CODES.every((code) => current.get(`smartcar/test-a/signals/${code}`)?.includes(`"value":${value},`));
    };
    expect(await load(bench, 50)).toBe(50);
    await seen.untilAll(shown(49));
    pipe.stall();
    const before = residentMb(program.pid);
    expect(await load(bench, 400, 50)).toBe(400);
    expect(residentMb(program.pid) - before).toBeLessThan(MOST_GROWTH_MB);
    pipe.flow();
    await seen.untilAll(shown(449), 5_000);
    expect(warnings(program.lines, "lost the connection")).toEqual([]);
  });
});

describe.skipIf(!hasMosquitto())("a broker with rules", () => {
  it("that refuses the password, denies a topic and takes no large messages is told each once, and gets the rest", async () => {
    const rules = {
      config: ["max_packet_size 4000"],
      acl: [
        "user bridge",
        "topic readwrite smartcar/#",
        "topic readwrite homeassistant/#",
        "topic deny smartcar/test-a/charging",
        "user reader",
        "topic read #",
      ],
    };
    const other = await startMosquitto({ ...rules, users: { bridge: "another", reader: "r" } });
    cleanups.push(() => other.stop());
    const bench = own(
      await openBench({
        env: { MQTT_URL: other.url, MQTT_USERNAME: "bridge", MQTT_PASSWORD: "right", POLLING_MODE: "never" },
      }),
    );
    const program = await bench.start({ connected: false });
    await program.line(({ msg }) => msg === "no MQTT session");
    const refused = await readiness(bench);
    expect(refused.parts["mqtt"]?.detail).toContain("mqtt.password");

    await other.stop();
    const broker = await startMosquitto({ ...rules, port: other.port, users: { bridge: "right", reader: "r" } });
    cleanups.push(() => broker.stop());
    await program.line(({ msg }) => msg === "connected to the MQTT broker");
    const seen = await watch(broker.url, "#", { username: "reader", password: "r" });
    cleanups.push(() => seen.stop());
    await seen.until(({ topic }) => topic === "smartcar/test-a/charge_limit");
    for (let value = 51; value < 56; value++) {
      const signals = [
        { code: "tractionbattery-stateofcharge", body: { value, unit: "percent" } },
        { code: "charge-ischarging", body: { value: value % 2 === 0 } },
      ];
      await bench.simulator.deliver({ signals });
      await seen.until(({ topic, payload }) => topic === "smartcar/test-a/battery" && payload === String(value));
    }
    const config = "homeassistant/device/smartcar_vehicle-a/config";
    for (const topic of [config, "smartcar/test-a/charging"]) await program.line((line) => line["topic"] === topic);
    expect(warnings(program.lines, '"topic":"smartcar/test-a/charging"')).toHaveLength(1);
    expect(warnings(program.lines, config)).toHaveLength(1);
    expect(JSON.stringify(warnings(program.lines, config))).toContain("MQTT_TOO_LARGE");
    expect(warnings(program.lines, "mqtt.password")).toHaveLength(1);
    expect(seen.current().has("smartcar/test-a/charging")).toBe(false);
    expect(seen.current().has(config)).toBe(false);
    expect(program.output()).not.toContain('"right"');
    expect((await readiness(bench)).status).toBe(200);
  });
});

describe.skipIf(!hasMosquitto())("two bridges with one client id", () => {
  it("stop throwing each other out: the one says so in /readyz and in the log, and leaves the broker alone", async () => {
    const bench = own(await startBench({ env: { POLLING_MODE: "never" } }));
    const second = await startProgram({ env: bench.environment });
    cleanups.push(() => second.close());
    const told = ({ msg }: LogLine) => msg.includes("another client takes over");
    const loser = await Promise.any([bench.program, second].map((program) => program.line(told).then(() => program)));
    const response = await fetch(`${loser.privateUrl}/readyz`);
    expect(response.status).toBe(503);
    const { parts } = (await response.json()) as { parts: Record<string, { ok: boolean; detail: string }> };
    expect(parts["mqtt"]).toMatchObject({ ok: false, detail: expect.stringContaining("smartcar2mqtt") });
    expect(parts["mqtt"]?.detail).toMatch(/twice|another client/);
    expect(loser.lines.filter(told)).toHaveLength(1);
    // With the one away, the other stays.
    const winner = loser === second ? bench.program : second;
    expect((await fetch(`${winner.privateUrl}/healthz`)).status).toBe(200);
    const [answer] = await bench.simulator.deliver({
      url: loser.webhookUrl,
      signals: [{ code: "load-n1", body: { value: 1 } }],
    });
    expect(answer?.status).toBe(200);
  });
});
