import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { COMMANDS } from "../../src/commands/catalogue.ts";
import type { CommandResult } from "../../src/commands/execution.ts";
import { isObject, parseJson } from "../../src/lib/json.ts";
import { type Bench, startBench } from "./e2e-bench.ts";
import { frozenCar } from "./e2e-living.ts";

const ROOT = new URL("../../examples/", import.meta.url);

/** The car that all examples speak of. */
export const CAR = "smartcar/volkswagen-id-4";

/** Paths of every file below `examples`, from there. */
export function exampleFiles(): string[] {
  return readdirSync(ROOT, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(ROOT.pathname.length).replace(/^\//, ""))
    .sort();
}

export function readExample(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

/** Every topic of ours that a text names. */
export function topicsIn(text: string): string[] {
  const found = text.match(/\bsmartcar\/[A-Za-z0-9_+-]+(?:\/[A-Za-z0-9_+-]+)+/g) ?? [];
  return [...new Set(found)].sort();
}

/** Every entity of ours that a text names. */
export function entitiesIn(text: string): string[] {
  const found = text.match(/\b[a-z_]+\.(?:volkswagen_id_4|smartcar2mqtt)_[a-z0-9_]+/g) ?? [];
  return [...new Set(found)].sort();
}

/** The program with its default settings and the examples' car, once it has shown and announced all of it. */
export async function startExampleBench(): Promise<Bench> {
  const bench = await startBench({ cars: [frozenCar("battery")] });
  try {
    await bench.seen.untilAll(
      () => announced(bench).size > 0 && bench.seen.current().has(`${CAR}/last_webhook_received`),
    );
    await bench.seen.untilAll(() =>
      [...announced(bench).values()].every(
        ({ state_topic: topic, platform }) =>
          platform === "event" || topic === undefined || shown(bench, String(topic)) !== undefined,
      ),
    );
    return bench;
  } catch (error) {
    await bench.close();
    throw error;
  }
}

/** What a topic says now. */
export function shown({ seen }: Bench, topic: string): string | undefined {
  return seen.current().get(topic);
}

export type Announcement = Readonly<Record<string, unknown>>;

/** Home Assistant's entities by the id that is proposed for them; the bridge's own among them. */
export function announced({ seen }: Bench): ReadonlyMap<string, Announcement> {
  const entities = new Map<string, Announcement>();
  let hasCar = false;
  for (const [topic, payload] of seen.current()) {
    if (!topic.startsWith("homeassistant/device/")) continue;
    const document = parseJson(payload);
    const components = isObject(document) ? document["components"] : undefined;
    if (!isObject(components)) continue;
    hasCar ||= topic.includes("/smartcar_");
    for (const component of Object.values(components)) {
      if (isObject(component)) entities.set(String(component["default_entity_id"]), component);
    }
  }
  return hasCar ? entities : new Map();
}

/** Commands that the bridge listens to by default. */
const ALLOWED = Object.keys(COMMANDS).filter((name) => name !== "charge_port");

/** Is there such a topic? A `+` stands for any level, as in a subscription. */
export function exists(bench: Bench, topic: string): boolean {
  const command = /^smartcar\/[^/]+\/(\+|[a-z_]+)\/(set|result)$/.exec(topic)?.[1];
  if (command !== undefined) return command === "+" || ALLOWED.includes(command);
  const pattern = new RegExp(
    `^${topic
      .split("/")
      .map((level) => (level === "+" ? "[^/]+" : RegExp.escape(level)))
      .join("/")}$`,
  );
  return [...bench.seen.current().keys()].some((published) => pattern.test(published));
}

/** Sends a command as a consumer would; the result is the bridge's first word on it. */
export async function send(bench: Bench, topic: string, payload: string): Promise<CommandResult> {
  const mark = randomUUID();
  const answers = await bench.lateWatch("test/answers", { protocolVersion: 5 });
  await answers.publish(topic, payload, {
    properties: { responseTopic: "test/answers", correlationData: Buffer.from(mark) },
  });
  const answer = await answers.until(({ packet }) => packet.properties?.correlationData?.toString() === mark);
  return JSON.parse(answer.payload) as CommandResult;
}
