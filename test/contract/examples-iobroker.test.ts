import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { hasMosquitto } from "../support/brokers.ts";
import type { Bench } from "../support/e2e-bench.ts";
import { exists, readExample, send, shown, startExampleBench } from "../support/examples.ts";

const settings = z
  .strictObject({
    host: z.string(),
    port: z.number(),
    ssl: z.boolean(),
    clientId: z.string(),
    mqttVersion: z.number(),
    username: z.string(),
    subscriptions: z.string(),
    inbox: z.literal(""),
    outbox: z.literal(""),
  })
  .parse(JSON.parse(readExample("iobroker/mqtt-client.json")));
const SUBSCRIPTIONS = settings.subscriptions.split(",").map((topic) => topic.trim());

const type = z.enum(["number", "boolean", "string"]);
/** What the adapter keeps with a state that it is to send. */
const sending = z.strictObject({
  enabled: z.literal(true),
  topic: z.string().endsWith("/set"),
  publish: z.literal(true),
  pubChangesOnly: z.literal(false),
  pubAsObject: z.literal(false),
  qos: z.literal(1),
  retain: z.literal(false),
  subscribe: z.literal(false),
  subChangesOnly: z.literal(false),
  subAsObject: z.literal(false),
  subQos: z.literal(0),
  setAck: z.literal(false),
});
const common = { name: z.string(), type, role: z.string(), unit: z.string().optional() };
const alias = z.strictObject({
  type: z.literal("state"),
  common: z.strictObject({
    ...common,
    read: z.literal(true),
    write: z.literal(false),
    alias: z.strictObject({ id: z.string(), read: z.string() }),
  }),
  native: z.strictObject({}),
});
const command = z.strictObject({
  type: z.literal("state"),
  common: z.strictObject({
    ...common,
    read: z.literal(false),
    write: z.literal(true),
    min: z.number().optional(),
    max: z.number().optional(),
    states: z.record(z.string(), z.string()).optional(),
    custom: z.strictObject({ "mqtt-client.0": sending }),
  }),
  native: z.strictObject({}),
});

const OBJECTS = Object.entries(JSON.parse(readExample("iobroker/objects.json")) as Record<string, unknown>);
const ALIASES = OBJECTS.filter(([id]) => id.startsWith("alias.0.")).map(
  ([id, object]) => [id, alias.parse(object).common] as const,
);
const COMMANDS = OBJECTS.filter(([id]) => id.startsWith("0_userdata.0.")).map(
  ([id, object]) => [id, command.parse(object).common] as const,
);

/** The topic of a state that the adapter made: its levels, in dots. */
const topicOf = (id: string) => id.replace(/^mqtt-client\.0\./, "").replaceAll(".", "/");

/** The alias's value. mqtt-client hands over the text; the adapter mqtt what it takes numbers and truth for. */
function read(formula: string, val: string | number | boolean): unknown {
  return runInNewContext(formula, { val });
}

/** How the adapter mqtt types a payload by itself. */
function typed(payload: string): string | number | boolean {
  if (payload === "true" || payload === "false") return payload === "true";
  return payload !== "" && Number.isFinite(Number(payload)) ? Number(payload) : payload;
}

describe("the ioBroker example", () => {
  it("has aliases and commands, and nothing else", () => {
    expect(ALIASES.length).toBeGreaterThan(5);
    expect(COMMANDS.length).toBe(4);
    expect(OBJECTS).toHaveLength(ALIASES.length + COMMANDS.length);
  });

  it("listens to no command topic, so that it never hears itself", () => {
    expect(SUBSCRIPTIONS.filter((topic) => topic.endsWith("/set") || topic.endsWith("#"))).toEqual([]);
  });

  it.each(ALIASES.filter(([, { alias: from }]) => !from.id.endsWith(".result")))("reads None as null: %s", (_, one) => {
    expect(read(one.alias.read, "None")).toBeNull();
  });
});

describe.skipIf(!hasMosquitto())("the ioBroker example and the running program", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startExampleBench();
  });
  afterAll(() => bench.close());

  it("subscribes to topics that exist", () => {
    expect(SUBSCRIPTIONS.filter((topic) => !exists(bench, topic))).toEqual([]);
  });

  it.each(ALIASES)("fills %s from a topic it is subscribed to, with the right type", async (id, one) => {
    const topic = topicOf(one.alias.id);
    expect(
      SUBSCRIPTIONS.some((filter) => new RegExp(`^${filter.replaceAll("+", "[^/]+")}$`).test(topic)),
      topic,
    ).toBe(true);
    const payload = topic.endsWith("/result") ? '{"status":"succeeded"}' : shown(bench, topic);
    expect(payload, topic).toBeDefined();
    for (const val of [payload ?? "", typed(payload ?? "")]) {
      const value = read(one.alias.read, val);
      if (payload === "None") expect(value).toBeNull();
      else expect(typeof value, `${id} ${val}`).toBe(one.type);
    }
  });

  it.each(COMMANDS)("sends from %s what the bridge carries out", async (_, one) => {
    const { topic } = one.custom["mqtt-client.0"];
    const values =
      one.states === undefined ? (one.type === "boolean" ? ["false", "true"] : ["85"]) : Object.keys(one.states);
    for (const value of values) {
      expect(await send(bench, topic, value)).toMatchObject({ status: "succeeded", error: null });
    }
  });
});
