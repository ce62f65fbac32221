import { beforeEach, expect, test } from "vitest";
import { AppError } from "../../../src/lib/errors.ts";
import { Redactor } from "../../../src/lib/redact.ts";
import { createLogger, type LoggerOptions } from "../../../src/telemetry/logger.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const SECRET = 'quo"ted-canary';
let text: string;
let redactor: Redactor;

beforeEach(() => {
  text = "";
  redactor = new Redactor();
  redactor.add(SECRET);
});

function logger(options: Partial<LoggerOptions> = {}) {
  const write = (line: string) => {
    text += line;
  };
  return createLogger({
    level: "info",
    format: "json",
    colour: false,
    clock: new FakeClock(Date.UTC(2026, 0, 2)),
    redactor,
    write,
    ...options,
  });
}

const lines = () =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test("a line carries level, time, the fields of its parents, and its own", () => {
  logger().log.child({ part: "mqtt" }).info({ broker: "b" }, "connected");
  expect(lines()).toEqual([
    { level: "info", time: "2026-01-02T00:00:00.000Z", part: "mqtt", broker: "b", msg: "connected" },
  ]);
});

test("a changed level holds for children that exist already", () => {
  const { log, setLevel } = logger();
  const child = log.child({ part: "mqtt" });
  child.debug({}, "not yet");
  setLevel("debug");
  child.debug({}, "now");
  setLevel("silent");
  child.fatal({}, "no more");
  expect(lines().map(({ msg }) => msg)).toEqual(["now"]);
});

test("an unknown level is refused and changes nothing", () => {
  const { log, setLevel } = logger();
  expect(() => setLevel("loud")).toThrow(RangeError);
  log.info({}, "still here");
  expect(lines()).toHaveLength(1);
});

test.each(["error", "err", "cause"])("an error under the name %s says what to do and keeps its properties", (name) => {
  const root = Object.assign(new Error("connection refused"), {
    code: "ECONNREFUSED",
    headers: { authorization: "x" },
  });
  const error = new AppError("MQTT_DOWN", "no broker", { disposition: "retry", hint: "Start it.", cause: root });
  logger().log.error({ [name]: error }, "failed");
  expect(lines()[0]?.[name]).toEqual({
    type: "AppError",
    message: "no broker",
    code: "MQTT_DOWN",
    disposition: "retry",
    hint: "Start it.",
    cause: { type: "Error", message: "connection refused", code: "ECONNREFUSED" },
  });
});

test("only a surprise has a stack", () => {
  const { log } = logger();
  log.error({ error: new TypeError("oops") }, "failed");
  log.error({ error: new AppError("X", "x", { disposition: "bug" }) }, "failed");
  log.error({ error: new AppError("X", "x", { disposition: "wait" }) }, "failed");
  const stacks = lines().map(({ error }) => "stack" in (error as object));
  expect(stacks).toEqual([true, true, false]);
});

test("a circle of causes ends", () => {
  const error: Error & { cause?: unknown } = new Error("round");
  error.cause = error;
  logger().log.error({ error }, "failed");
  expect(lines()).toHaveLength(1);
});

test.each(["json", "pretty"] as const)("no secret leaves in %s, wherever it hides", (format) => {
  const { log } = logger({ format });
  log.child({ bound: SECRET }).warn({ field: `x${SECRET}y`, deep: [{ er: SECRET }] }, `said ${SECRET}`);
  log.error({ error: new Error(`in ${SECRET}`, { cause: new Error(encodeURIComponent(SECRET)) }) }, "failed");
  expect(text).toContain("***");
  expect(text).not.toMatch(/canary/);
});

test("lines for people name the part and stay on one line", () => {
  logger({ format: "pretty" }).log.child({ part: "mqtt" }).warn({ tries: 3 }, "no broker");
  expect(text).toMatch(/^\[\d\d:\d\d:\d\d\.\d+\] WARN: \[mqtt\] no broker .*"?tries"?:3.*\n$/);
});

test("one part can have a level of its own, until the level of all is set", () => {
  const { log, setLevel } = logger();
  const mqtt = log.child({ part: "mqtt" });
  const ofMqtt = mqtt.child({ broker: "b" });
  setLevel("debug", "mqtt");
  mqtt.debug({}, "shown");
  ofMqtt.debug({}, "shown too");
  log.child({ part: "smartcar" }).debug({}, "not shown");
  setLevel("error", "mqtt");
  mqtt.info({}, "not shown");
  log.info({}, "shown of all");
  setLevel("info");
  mqtt.info({}, "shown again");
  expect(lines().map(({ msg }) => msg)).toEqual(["shown", "shown too", "shown of all", "shown again"]);
});

test("a part that does not exist is refused with those that do", () => {
  expect(() => logger().setLevel("debug", "mqqt")).toThrow(/unknown part mqqt; known are .*mqtt/);
});
