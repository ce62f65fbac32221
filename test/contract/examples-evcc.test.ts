import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { hasMosquitto } from "../support/brokers.ts";
import type { Bench } from "../support/e2e-bench.ts";
import { readExample, send, shown, startExampleBench } from "../support/examples.ts";

/** A source of evcc's MQTT plugin. Keys are those it knows; a typo would be ignored there. */
const source = z.strictObject({
  source: z.literal("mqtt"),
  topic: z.string(),
  timeout: z.string().regex(/^\d+(h|m|s)$/),
  regex: z.string().optional(),
  default: z.string().optional(),
});
const setter = z.strictObject({
  source: z.literal("mqtt"),
  topic: z.string(),
  payload: z.string().optional(),
});
const configuration = z.strictObject({
  mqtt: z.strictObject({ broker: z.string().regex(/^[^/]+:\d+$/) }),
  vehicles: z
    .array(
      z.strictObject({
        name: z.string(),
        type: z.literal("custom"),
        title: z.string(),
        capacity: z.number(),
        soc: source,
        range: source,
        odometer: source,
        limitsoc: source,
        status: z.strictObject({ source: z.literal("combined"), plugged: source, charging: source }),
        climater: source,
        wakeup: setter,
      }),
    )
    .length(1),
});
type Source = z.infer<typeof source>;

const [vehicle] = configuration.parse(parse(readExample("evcc/evcc.yaml"))).vehicles;
if (vehicle === undefined) throw new Error("no vehicle in the example");
const NUMBERS = { soc: vehicle.soc, range: vehicle.range, odometer: vehicle.odometer, limitsoc: vehicle.limitsoc };
const FLAGS = { plugged: vehicle.status.plugged, charging: vehicle.status.charging, climater: vehicle.climater };

/** What evcc's pipeline makes of a payload: the match of `regex`, or `default` when nothing matches. */
function piped({ regex, default: instead }: Source, payload: string): string {
  if (regex === undefined) return payload;
  const match = new RegExp(regex).exec(payload);
  return match?.[1] ?? match?.[0] ?? instead ?? payload;
}

/** As Go's `strconv.ParseFloat`, without the not-a-numbers that evcc refuses. */
function asFloat(from: Source, payload: string): number | Error {
  const text = piped(from, payload);
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : new Error(`not a number: ${text}`);
}

/** As Go's `strconv.ParseBool`. */
function asBool(from: Source, payload: string): boolean | Error {
  const text = piped(from, payload);
  if (["1", "t", "T", "TRUE", "true", "True"].includes(text)) return true;
  if (["0", "f", "F", "FALSE", "false", "False"].includes(text)) return false;
  return new Error(`neither true nor false: ${text}`);
}

describe.skipIf(!hasMosquitto())("the evcc example", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startExampleBench();
  });
  afterAll(() => bench.close());

  const payloadOf = (topic: string) => shown(bench, topic) ?? `nothing on ${topic}`;

  it.each(Object.entries(NUMBERS))("reads %s as a number", (_, from) => {
    expect(asFloat(from, payloadOf(from.topic))).toEqual(expect.any(Number));
  });

  it.each(Object.entries(FLAGS))("reads %s as true or false", (_, from) => {
    expect(asBool(from, payloadOf(from.topic))).toEqual(expect.any(Boolean));
  });

  it("finds the battery between 0 and 100, and the limit too", () => {
    for (const from of [vehicle.soc, vehicle.limitsoc]) {
      const percent = Number(asFloat(from, payloadOf(from.topic)));
      expect(percent).toBeGreaterThan(0);
      expect(percent).toBeLessThanOrEqual(100);
    }
  });

  it("takes None for a false where it reads flags, and for an error where it reads numbers", () => {
    for (const from of Object.values(FLAGS)) expect(asBool(from, "None")).toBe(false);
    for (const from of Object.values(NUMBERS)) expect(asFloat(from, "None")).toBeInstanceOf(Error);
  });

  it("keeps values for as long as a parked car says nothing new", () => {
    for (const { timeout } of [...Object.values(NUMBERS), ...Object.values(FLAGS)]) expect(timeout).toBe("720h");
  });

  it("wakes the car by one billed read", async () => {
    const { topic, payload = "true" } = vehicle.wakeup;
    expect(await send(bench, topic, payload)).toMatchObject({ command: "refresh", status: "succeeded", calls: 1 });
  });

  it("has in its page a charge control whose words the bridge takes", async () => {
    const block = /```yaml\n([\s\S]*?)```/.exec(readExample("evcc/README.md"))?.[1] ?? "";
    const { chargeenable } = z.strictObject({ chargeenable: setter }).parse(parse(block));
    // Without a payload evcc sends its own word for a boolean.
    for (const word of ["false", "true"]) {
      const { command, status, error } = await send(bench, chargeenable.topic, chargeenable.payload ?? word);
      expect({ command, status, error }).toEqual({ command: "charging", status: "succeeded", error: null });
    }
  });
});
