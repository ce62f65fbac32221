import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import type { CommandResult } from "../../src/commands/execution.ts";
import { isObject, parseJson } from "../../src/lib/json.ts";
import type { CarOptions } from "../../src/simulator/car-options.ts";
import { READINGS } from "../../src/vehicle/catalogue.ts";
import type { UnitSystem } from "../../src/vehicle/units.ts";
import fixtures from "../fixtures/signals/catalogue.json" with { type: "json" };
import { hasMosquitto } from "../support/brokers.ts";
import { type Bench, startBench } from "../support/e2e-bench.ts";
import { checkDocument, wouldAccept } from "../support/home-assistant-rules.ts";

/** Everything Smartcar knows, in one car. */
const EVERYTHING: CarOptions = {
  vehicleId: "36ab27d0-fd9d-4455-823a-ce30af709ffc",
  userId: "user-1",
  make: "TEST",
  model: "everything",
  effectDelayMs: 20,
  signals: Object.fromEntries(
    fixtures.filter((fixture) => fixture.case === "usual").map(({ code, body }) => [code, { ...body }]),
  ),
};
const CAR = "smartcar/test-everything";
const CAR_CONFIG = `homeassistant/device/smartcar_${EVERYTHING.vehicleId}/config`;
const BRIDGE_CONFIG = "homeassistant/device/smartcar2mqtt_smartcar/config";
const ALL_COMMANDS = "lock, unlock, charging, charge_limit, charge_port, destination, charge_schedule, refresh";
const EXPECTED = [...READINGS.keys(), "last_webhook_received", "energy_total"];

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

type Component = Readonly<Record<string, unknown>>;

function componentsIn(payload: string | undefined): Readonly<Record<string, Component>> {
  const document = parseJson(payload ?? "");
  const components = isObject(document) ? document["components"] : undefined;
  return isObject(components) ? (components as Readonly<Record<string, Component>>) : {};
}

/** The program once it has shown everything the car tells, and has told Home Assistant so. */
async function everything(units: UnitSystem): Promise<Bench> {
  const started = await startBench({ cars: [EVERYTHING], env: { UNITS: units, COMMANDS_ALLOW: ALL_COMMANDS } });
  bench = started;
  await started.seen.untilAll(() => {
    const announced = componentsIn(started.seen.current().get(CAR_CONFIG));
    return EXPECTED.every((name) => name in announced);
  });
  return started;
}

/** Every document ever published is sound, and so is every message on a topic that a document names. */
function objections({ seen }: Bench): string[] {
  const documents = seen.messages.filter(({ topic, payload }) => topic.startsWith("homeassistant/") && payload !== "");
  const found = documents.flatMap(({ topic, payload }) =>
    checkDocument(topic, JSON.parse(payload)).map((problem) => `${topic}: ${problem}`),
  );
  const identities = new Map<string, string>();
  const current = seen.current();
  for (const topic of new Set(documents.map((document) => document.topic))) {
    for (const [key, component] of Object.entries(componentsIn(current.get(topic)))) {
      const identity = `${String(component["platform"])} ${String(component["unique_id"])}`;
      if (identities.has(identity)) found.push(`${identity} stands in ${topic} and in ${identities.get(identity)}`);
      identities.set(identity, topic);
      for (const message of seen.messages) {
        if (message.payload === "") continue;
        const problems = wouldAccept(component, { [message.topic]: message.payload });
        found.push(...problems.map((problem) => `${key} <- ${message.topic}: ${problem}`));
      }
    }
  }
  return found;
}

/** Topics that a component listens to and that nobody has published. */
function silentTopics({ seen }: Bench): string[] {
  const current = seen.current();
  return [CAR_CONFIG, BRIDGE_CONFIG].flatMap((config) =>
    Object.entries(componentsIn(current.get(config))).flatMap(([key, component]) =>
      ["state_topic", "json_attributes_topic"]
        .map((option) => component[option])
        .filter((topic) => typeof topic === "string" && component["platform"] !== "event" && !current.has(topic))
        .map((topic) => `${key}: ${String(topic)}`),
    ),
  );
}

const COLUMNS = ["platform", "unique_id", "default_entity_id", "device_class", "unit_of_measurement", "state_class"];

/** What must stay the same for ever, one line an entity. */
function identitiesOf({ seen }: Bench): string {
  const lines = [CAR_CONFIG, BRIDGE_CONFIG].flatMap((config) =>
    Object.entries(componentsIn(seen.current().get(config))).map(([key, component]) =>
      [key, ...COLUMNS.map((column) => component[column] ?? "-")].join(" "),
    ),
  );
  return `${["key", ...COLUMNS].join(" ")}\n${lines.sort().join("\n")}\n`;
}

describe.skipIf(!hasMosquitto())("Home Assistant and a car that tells everything", () => {
  it("has a car with every signal of the catalogue", () => {
    expect(Object.keys(EVERYTHING.signals ?? {})).toHaveLength(96);
  });

  it.each(["metric", "imperial"] as const)("takes every document and every payload, in %s units", async (units) => {
    const run = await everything(units);
    expect(objections(run)).toEqual([]);
    expect(silentTopics(run)).toEqual([]);
    await expect(identitiesOf(run)).toMatchFileSnapshot(`../fixtures/home-assistant/entities-${units}.txt`);
  });

  it("takes a car that knows its signals and has no values for them", async () => {
    const run = await everything("metric");
    for (const code of Object.keys(EVERYTHING.signals ?? {})) {
      run.simulator.setSignal(EVERYTHING.vehicleId ?? "", code, { body: { value: null } }, { deliver: false });
    }
    await run.seen.publish(`${CAR}/refresh/set`, "PRESS");
    await run.seen.untilAll(() => {
      const current = run.seen.current();
      return ["battery", "lock", "location", "charging"].every((name) => current.get(`${CAR}/${name}`) === "None");
    });
    expect(objections(run)).toEqual([]);
  });

  it("sends nothing that the bridge refuses", async () => {
    const run = await everything("metric");
    const answers = await run.lateWatch("test/answers", { protocolVersion: 5 });
    for (const [key, component] of Object.entries(componentsIn(run.seen.current().get(CAR_CONFIG)))) {
      const { command_topic: topic, message_expiry_interval: expiry } = component;
      if (typeof topic !== "string") continue;
      for (const payload of commandsOf(component)) {
        // The one thing that is not Home Assistant's: where to answer, to tell the answers apart.
        const mark = randomUUID();
        const properties = { responseTopic: "test/answers", correlationData: Buffer.from(mark) };
        await answers.publish(topic, payload, {
          properties: { ...properties, messageExpiryInterval: Number(expiry) },
        });
        const answer = await answers.until(({ packet }) => packet.properties?.correlationData?.toString() === mark);
        const result = JSON.parse(answer.payload) as CommandResult;
        // The car may refuse (a door is open), the bridge may not.
        expect.soft(result.status, `${key} ${payload}`).toMatch(/^(succeeded|failed)$/);
        expect.soft(result.calls, `${key} ${payload}`).toBe(1);
      }
    }
    expect(objections(run)).toEqual([]);
  });
});

/** What Home Assistant publishes for an entity. */
function commandsOf(component: Component): string[] {
  const options: Readonly<Record<string, readonly string[]>> = {
    lock: ["payload_unlock", "payload_lock"],
    switch: ["payload_off", "payload_on"],
    number: ["min", "max"],
    button: ["payload_press"],
  };
  return (options[String(component["platform"])] ?? []).map((option) => String(component[option]));
}
