import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasMosquitto } from "../support/brokers.ts";
import { type Bench, startBench, stillCar } from "../support/e2e-bench.ts";
import { command, give, resultOf, resultsOf } from "../support/e2e-commands.ts";

const CARS = ["plain", "json", "again", "reply", "bad", "forbidden", "old", "new", "queue", "echo", "live", "wishes"];

describe.skipIf(!hasMosquitto())("commands over MQTT 5, each test with a car of its own", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench({ cars: CARS.map((name) => stillCar(name)) });
    await bench.shown();
  });
  afterAll(() => bench?.close());

  const commands = (car: string) =>
    bench.requests(`vehicle-${car}`, "/commands/").map(({ path }) => path.split("/commands/")[1]);

  it("carries out a plain payload, and confirms it when the car shows the effect", async () => {
    await bench.seen.publish("smartcar/test-plain/charge_limit/set", "80");
    const onTopic = ({ topic }: { topic: string }) => topic === "smartcar/test-plain/charge_limit/result";
    const first = JSON.parse((await bench.seen.until(onTopic)).payload);
    expect(first).toMatchObject({
      command: "charge_limit",
      value: 80,
      status: "succeeded",
      confirmed: false,
      calls: 1,
    });
    expect(first.error).toBe(null);
    expect(first.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await resultOf(bench, first.id, 2)).toEqual({ ...first, confirmed: true });
    await bench.seen.until(({ topic, payload }) => topic === "smartcar/test-plain/charge_limit" && payload === "80");
    expect(bench.seen.messages.filter(onTopic).every(({ retain }) => !retain)).toBe(true);
    const [request] = bench.requests("vehicle-plain", "set-limit");
    expect(request).toMatchObject({ method: "POST", body: { data: { attributes: { percent: 80 } } }, billed: true });
    expect(request?.headers["sc-user-id"]).toBe("user-plain");
  });

  it("takes JSON with an id of the caller's", async () => {
    await bench.seen.publish("smartcar/test-json/lock/set", '{"value": "LOCK", "id": "mine"}');
    expect(await resultOf(bench, "mine")).toMatchObject({
      id: "mine",
      command: "lock",
      value: "LOCK",
      status: "succeeded",
    });
    expect(await resultOf(bench, "mine", 2)).toMatchObject({ confirmed: true });
    expect(commands("json")).toEqual(["security/lock"]);
  });

  it("answers the same id again without another call", async () => {
    const first = await command(bench, "again", "charge_limit", 80, { id: "twice" });
    const confirmed = await resultOf(bench, "twice", 2);
    expect(confirmed).toEqual({ ...first, confirmed: true });
    await give(bench, "again", "charge_limit", 80, { id: "twice" });
    expect(await resultOf(bench, "twice", 3)).toEqual(confirmed);
    await command(bench, "again", "lock", "LOCK");
    expect(commands("again")).toEqual(["charge/set-limit", "security/lock"]);
  });

  it("answers where MQTT 5 asked for it, with the correlation data", async () => {
    const client = await bench.lateWatch("answers/#", { protocolVersion: 5 });
    const correlationData = Buffer.from([0, 1, 254, 255]);
    const properties = { responseTopic: "answers/here", correlationData };
    await client.publish("smartcar/test-reply/charge_limit/set", "70", { properties });
    const answer = await client.until(({ topic }) => topic === "answers/here");
    expect(answer.packet.properties?.correlationData).toEqual(correlationData);
    const result = JSON.parse(answer.payload);
    expect(result).toMatchObject({ command: "charge_limit", value: 70, status: "succeeded" });
    expect(await resultOf(bench, result.id)).toEqual(result);
  });

  it.each([
    ["retained", "smartcar/test-reply/lock/set", true, "RETAINED"],
    ["for a car nobody knows", "smartcar/test-nobody/lock/set", false, "UNKNOWN_VEHICLE"],
  ])("answers there also what it refuses: %s", async (name, topic, retain, code) => {
    const responseTopic = `answers/${encodeURIComponent(name)}`;
    const client = await bench.lateWatch(responseTopic, { protocolVersion: 5 });
    const correlationData = Buffer.from(name);
    await client.publish(topic, "LOCK", { retain, properties: { responseTopic, correlationData } });
    const { payload, packet } = await client.until(() => true);
    expect(packet.properties?.correlationData).toEqual(correlationData);
    const result = JSON.parse(payload);
    expect(result).toMatchObject({ status: "rejected", sent_at: null, error: { code } });
    expect(await resultOf(bench, result.id)).toEqual(result);
    expect(commands("reply").filter((path) => path === "security/lock")).toEqual([]);
  });

  it("does not answer on a topic where it takes commands", async () => {
    const properties = { responseTopic: "smartcar/test-echo/lock/set" };
    const client = await bench.lateWatch("smartcar/test-echo/#", { protocolVersion: 5 });
    await client.publish("smartcar/test-reply/refresh/set", '{"value":"LOCK","id":"echo"}', { properties });
    expect(await resultOf(bench, "echo")).toMatchObject({ status: "rejected" });
    // What was published meanwhile would have come before this.
    await client.publish("smartcar/test-echo/fence", "now");
    await client.until(({ topic }) => topic.endsWith("/fence"));
    expect(client.messages.filter(({ topic }) => topic.endsWith("/lock/set"))).toEqual([]);
  });

  it.each([
    ["charge_limit", "49"],
    ["charge_limit", "a lot"],
    ["charge_limit", "80.5"],
    ["lock", "OPEN"],
    ["destination", '{"latitude": 95, "longitude": 8}'],
    ["charge_schedule", '{"type": "hourly"}'],
    ["charging", '{"value": '],
  ])("rejects %s = %s and sends nothing", async (name, payload) => {
    const properties = { responseTopic: `answers/${name}/${encodeURIComponent(payload)}` };
    const client = await bench.lateWatch(properties.responseTopic, { protocolVersion: 5 });
    await client.publish(`smartcar/test-bad/${name}/set`, payload, { properties });
    const { payload: answer } = await client.until(() => true);
    expect(JSON.parse(answer)).toMatchObject({
      status: "rejected",
      sent_at: null,
      calls: 0,
      error: { code: "BAD_VALUE" },
    });
    expect(commands("bad")).toEqual([]);
  });

  it("rejects UNLOCK unless it is allowed, and hears nothing of what is not allowed at all", async () => {
    const unlock = await command(bench, "forbidden", "lock", "UNLOCK");
    expect(unlock).toMatchObject({ status: "rejected", sent_at: null, error: { code: "NOT_ALLOWED" } });
    const port = await give(bench, "forbidden", "charge_port", "OPEN");
    await command(bench, "forbidden", "lock", "LOCK");
    expect(resultsOf(bench, port)).toEqual([]);
    expect(commands("forbidden")).toEqual(["security/lock"]);
  });

  it("rejects what was asked too long ago", async () => {
    const at = new Date(Date.now() - 61_000).toISOString();
    const late = await command(bench, "old", "lock", "LOCK", { at });
    expect(late).toMatchObject({ status: "rejected", error: { code: "TOO_OLD" }, requested_at: at });
    expect(await command(bench, "old", "charge_limit", 80, { at: new Date().toISOString() })).toMatchObject({
      status: "succeeded",
    });
    expect(commands("old")).toEqual(["charge/set-limit"]);
  });

  it("carries out one command of a car after the other, and only the newest of those that wait", async () => {
    const { simulator } = bench;
    const delayMs = 3_000;
    simulator.addFault({ kind: "latency", delayMs, path: "/v3/vehicles/vehicle-queue/commands/security/lock" });
    const lock = await give(bench, "queue", "lock", "LOCK");
    const limits = [];
    for (const value of [60, 70, 80]) limits.push(await give(bench, "queue", "charge_limit", value));
    // Another car does not wait for this one.
    expect(await command(bench, "new", "charge_limit", 80)).toMatchObject({ status: "succeeded" });
    const statuses = [];
    for (const id of [...limits, lock]) statuses.push(await resultOf(bench, id));
    expect(statuses.map(({ status }) => status)).toEqual(["superseded", "superseded", "succeeded", "succeeded"]);
    expect(statuses[0]).toMatchObject({ sent_at: null, calls: 0 });
    const [locking, limiting, ...others] = bench.requests("vehicle-queue", "/commands/");
    expect(others).toEqual([]);
    expect(limiting?.body).toEqual({ data: { attributes: { percent: 80 } } });
    expect((limiting?.at ?? 0) - (locking?.at ?? 0)).toBeGreaterThanOrEqual(delayMs - 50);
    const other = bench.requests("vehicle-new", "/commands/")[0];
    expect((other?.at ?? 0) - (locking?.at ?? 0)).toBeLessThan(delayMs - 50);
  });

  it("shows LOCKING while the lock is on its way, then LOCKED", async () => {
    bench.simulator.addFault({
      kind: "stream",
      bodyAfterMs: 150,
      path: "/v3/vehicles/vehicle-echo/commands/security/lock",
    });
    const id = await give(bench, "echo", "lock", "LOCK");
    await resultOf(bench, id, 2);
    await bench.seen.until(({ topic, payload }) => topic === "smartcar/test-echo/lock" && payload === "LOCKED");
    const locks = bench.seen.messages.filter(({ topic }) => topic === "smartcar/test-echo/lock");
    expect(locks.map(({ payload }) => payload)).toEqual(["UNLOCKED", "LOCKING", "LOCKED"]);
  });

  it("refuses a retained command, says so, and erases it", async () => {
    const topic = "smartcar/test-live/lock/set";
    await bench.seen.publish(topic, '{"value": "LOCK", "id": "kept"}', { retain: true });
    expect(await resultOf(bench, "kept")).toMatchObject({
      status: "rejected",
      sent_at: null,
      error: { code: "RETAINED" },
    });
    await bench.seen.until((message) => message.topic === topic && message.payload === "");
    const late = await bench.lateWatch("smartcar/test-live/#");
    await late.until((message) => message.topic === "smartcar/test-live/charge_limit");
    expect(late.current().has(topic)).toBe(false);
    await command(bench, "live", "charge_limit", 80);
    expect(commands("live")).toEqual(["charge/set-limit"]);
  });

  it("carries out every other command", async () => {
    const place = { latitude: 50.1, longitude: 8.6 };
    const schedule = { type: "daily", startTime: "22:00", stopTime: "06:00", location: place };
    for (const [name, value] of [
      ["charging", true],
      ["charging", "OFF"],
      ["destination", place],
      ["charge_schedule", schedule],
      ["refresh", "PRESS"],
    ] as const) {
      const result = await command(bench, "wishes", name, value);
      expect(result, name).toMatchObject({ status: "succeeded", error: null, calls: 1 });
      // The car shows what it does before the next wish, which depends on it.
      if (name === "charging") await resultOf(bench, result.id, 2);
    }
    const asked = bench
      .requests("vehicle-wishes", "/")
      .map(({ path }) => path.slice("/v3/vehicles/vehicle-wishes/".length));
    expect(asked).toEqual([
      "signals",
      "commands/charge/start",
      "commands/charge/stop",
      "commands/navigation/set-destination",
      "charge-schedules/daily",
      "signals",
    ]);
  });
});
