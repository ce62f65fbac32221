import { isDeepStrictEqual } from "node:util";
import { watch } from "../../test/support/mqtt-watch.ts";
import type { Program } from "../../test/support/program.ts";
import type { Disk, HeldSignal } from "./disk.ts";
import type { Findings } from "./findings.ts";
import type { World } from "./world.ts";

export interface Retained {
  readonly topics: number;
  /** How many of them are not what they must be. */
  readonly wrong: number;
}

/** What belongs to the running program, or moves with time. */
const OWN_TOPICS = /\/(polling|info|availability|problem|event|result|set)$|^smartcar\/bridge\//;

/** The broker holds what the state says; and a broker that lost everything gets the very same again. */
export async function compareRetained(
  world: World,
  disk: Disk,
  findings: Findings,
  start: () => Promise<Program>,
): Promise<Retained> {
  const before = await retained(world);
  let wrong = 0;
  for (const held of disk.signals) {
    const text = before.get(`smartcar/${held.topic}/signals/${held.code}`);
    if (shows(text, held)) continue;
    wrong++;
    findings.violate(
      `smartcar/${held.topic}/signals/${held.code} shows ${text}, held is ${JSON.stringify(held.value)}`,
    );
  }
  const { broker, seen } = world;
  await broker.restart({ empty: true });
  seen.clear();
  const program = await start();
  // Whatever is missing then is found below.
  await seen.untilAll(() => [...before.keys()].every((topic) => seen.current().has(topic))).catch(() => undefined);
  program.kill("SIGTERM");
  await program.exit;
  const after = await retained(world);
  for (const topic of new Set([...before.keys(), ...after.keys()])) {
    if (withoutFreshness(before.get(topic)) === withoutFreshness(after.get(topic))) continue;
    wrong++;
    findings.violate(`${topic} was ${before.get(topic)} and is ${after.get(topic)} on an empty broker`);
  }
  return { topics: after.size, wrong };
}

/** Whether a signal's document is what is held. */
function shows(text: string | undefined, { value }: HeldSignal): boolean {
  const shown = text === undefined ? undefined : (JSON.parse(text) as { body: unknown; oem_updated_at: string });
  const at = value?.oemUpdatedAt ?? null;
  return (
    isDeepStrictEqual(shown?.body ?? null, value?.body ?? null) &&
    (shown?.oem_updated_at ?? null) === (at === null ? null : new Date(at).toISOString())
  );
}

async function retained({ broker }: World): Promise<Map<string, string>> {
  const late = await watch(broker.url, ["smartcar/#", "crash/fence"]);
  try {
    await late.publish("crash/fence", "");
    await late.until(({ topic }) => topic === "crash/fence");
    return new Map([...late.current()].filter(([topic]) => topic.startsWith("smartcar/") && !OWN_TOPICS.test(topic)));
  } finally {
    await late.stop();
  }
}

/** Whether a value has outlived its cadence depends on when one looks. */
function withoutFreshness(text: string | undefined): string | undefined {
  return text?.replace(/"fresh":(true|false)/, '"fresh":null');
}
