import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isObject, parseJson } from "../../src/lib/json.ts";
import { hasMosquitto } from "../support/brokers.ts";
import type { Bench } from "../support/e2e-bench.ts";
import { CAR, readExample, send, shown, startExampleBench } from "../support/examples.ts";

interface Channel {
  readonly type: string;
  readonly name: string;
  readonly options: Readonly<Record<string, string>>;
}

const THINGS = readExample("openhab/smartcar.things");

/** `key="text"` and `key=word` between brackets. */
function optionsIn(text: string): Record<string, string> {
  const pairs = text.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g);
  return Object.fromEntries([...pairs].map(([, key = "", quoted, bare]) => [key, quoted ?? bare ?? ""]));
}

const CHANNELS: readonly Channel[] = [...THINGS.matchAll(/^\s*Type (\w+) : (\w+) "[^"]+" \[(.*)\]$/gm)].map(
  ([, type = "", name = "", options = ""]) => ({ type, name, options: optionsIn(options) }),
);
const ITEMS = [
  ...readExample("openhab/smartcar.items").matchAll(/^(\w+)(?::\w+)? (\w+) .*channel="mqtt:topic:home:id4:(\w+)"/gm),
].map(([, type = "", name = "", channel = ""]) => ({ type, name, channel }));
const STATES = CHANNELS.filter(({ options }) => options["stateTopic"] !== undefined);

/** Which items a channel's state fits into. */
const ITEM_OF: Readonly<Record<string, string>> = {
  number: "Number",
  switch: "Switch",
  contact: "Contact",
  string: "String",
  location: "Location",
  datetime: "DateTime",
};

/** One transformation, as its service does it; null drops the message. */
function transformed(step: string, payload: string): string | null {
  const [, service, expression = ""] = /^(\w+):(.*)$/s.exec(step) ?? [];
  if (service === "JSONPATH") {
    const key = /^\$\.(\w+)$/.exec(expression)?.[1] ?? "";
    const json = parseJson(payload);
    return isObject(json) && key in json ? String(json[key]) : null;
  }
  if (service !== "REGEX") throw new Error(`no such transformation: ${step}`);
  const [, from, to = "", flags] = /^s\/(.*?[^\\])\/(.*?[^\\])\/(.*)$/.exec(expression) ?? [];
  if (from !== undefined) return payload.trim().replace(new RegExp(from, flags === "g" ? "gs" : "s"), to);
  // The whole payload must match, and the expression has exactly one group.
  return new RegExp(`^${expression}$`, "s").exec(payload.trim())?.[1] ?? null;
}

/** What arrives at the item, as text; null when the message is dropped. @throws for what openHAB would warn about. */
function stateOf({ type, options }: Channel, payload: string): string | null {
  let text: string | null = payload;
  for (const step of (options["transformationPattern"] ?? "").split("∩")) {
    if (step !== "" && text !== null) text = transformed(step, text);
  }
  if (text === null) return null;
  switch (type) {
    case "number":
      if (!/^-?\d+(\.\d+)?$/.test(text)) throw new Error(`no number: ${text}`);
      return text;
    case "switch":
    case "contact": {
      const [yes, no] = type === "switch" ? ["ON", "OFF"] : ["OPEN", "CLOSED"];
      if (text === options["on"]) return yes ?? "";
      if (text === options["off"]) return no ?? "";
      throw new Error(`neither ${yes} nor ${no}: ${text}`);
    }
    case "location":
      if (!/^-?\d+(\.\d+)?,-?\d+(\.\d+)?$/.test(text)) throw new Error(`no place: ${text}`);
      return text;
    case "datetime":
      if (Number.isNaN(Date.parse(text))) throw new Error(`no time: ${text}`);
      return text;
    default:
      return text;
  }
}

function channel(name: string): Channel {
  const found = CHANNELS.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no channel ${name}`);
  return found;
}

describe("the openHAB example", () => {
  it("is read whole: every line that begins a channel or an item was understood", () => {
    expect(CHANNELS).toHaveLength(THINGS.match(/^\s*Type /gm)?.length ?? 0);
    expect(ITEMS).toHaveLength(readExample("openhab/smartcar.items").match(/^\S/gm)?.length ?? 0);
  });

  it("has an item for each channel, of the type that the channel fills", () => {
    expect(ITEMS.map((item) => item.channel).sort()).toEqual(CHANNELS.map(({ name }) => name).sort());
    for (const item of ITEMS) expect(item.type, item.name).toBe(ITEM_OF[channel(item.channel).type]);
  });

  it("never retains a command, and does not believe one before the car does", () => {
    expect(THINGS).not.toMatch(/retained/);
    const believed = readExample("openhab/smartcar.items")
      .split("\n")
      .filter((line) => CHANNELS.some((c) => hasBoth(c) && line.includes(`:${c.name}"`)));
    expect(believed).not.toEqual([]);
    for (const line of believed) expect(line).toContain('autoupdate="false"');
  });

  it.each(STATES.filter(({ type }) => type !== "string").map((c) => [c.name, c] as const))(
    "drops None on %s, with no warning",
    (_, one) => {
      expect(stateOf(one, "None")).toBeNull();
    },
  );
});

const hasBoth = ({ options }: Channel) => options["stateTopic"] !== undefined && options["commandTopic"] !== undefined;

describe.skipIf(!hasMosquitto())("the openHAB example and the running program", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startExampleBench();
  });
  afterAll(() => bench.close());

  it("tells the thing's availability by the car's", () => {
    const thing = optionsIn(/Thing topic id4 .*\[(.*)\] \{/.exec(THINGS)?.[1] ?? "");
    expect(shown(bench, thing["availabilityTopic"] ?? "")).toBe(thing["payloadAvailable"]);
    expect(thing["payloadNotAvailable"]).toBe("offline");
  });

  it.each(STATES.filter(({ name }) => name !== "charging_result").map((c) => [c.name, c] as const))(
    "shows %s",
    (name, one) => {
      const payload = shown(bench, one.options["stateTopic"] ?? "");
      expect(payload).toBeDefined();
      const state = stateOf(one, payload ?? "");
      // The example's car does not know its sunroof.
      if (name === "sunroof") expect([payload, state]).toEqual(["None", null]);
      else expect(state).not.toBeNull();
    },
  );

  it("shows what the topics say", () => {
    const states = Object.fromEntries(
      STATES.map((one) => [one.name, stateOf(one, shown(bench, one.options["stateTopic"] ?? "") ?? '{"status":"-"}')]),
    );
    expect(states).toMatchObject({
      battery: "55",
      charging: "ON",
      plugged_in: "CLOSED",
      door_front_left: "CLOSED",
      problem: "OFF",
      location: "50.1109,8.6821",
      lock: "LOCKED",
    });
  });

  it.each([
    // openHAB turns ON and OFF into the channel's words, and writes whole numbers without a point.
    ["charging", () => channel("charging").options["off"] ?? ""],
    ["charging", () => channel("charging").options["on"] ?? ""],
    ["charge_limit", () => "85"],
    ["lock", () => "LOCK"],
    ["refresh", () => "PRESS"],
  ])("sends to %s what the bridge carries out", async (name, payload) => {
    const { options } = channel(name);
    const result = await send(bench, options["commandTopic"] ?? "", payload());
    expect(result).toMatchObject({ command: name, status: "succeeded", error: null });
  });

  it("shows the answer to a command", async () => {
    const { payload } = await bench.seen.until(({ topic }) => topic === `${CAR}/charging/result`);
    expect(stateOf(channel("charging_result"), payload)).toBe("succeeded");
  });
});
