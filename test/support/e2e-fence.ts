import type { Bench } from "./e2e-bench.ts";
import { PATIENCE_MS } from "./patience.ts";

const TOPIC = "e2e/fence";
let fences = 0;

/**
 * Resolves once everything that the program has answered so far shows: it is published, the broker has confirmed it, and
 * who watches has seen it. The order alone would not say so, since a topic waits for the confirmation of its last value.
 */
export async function fence({ program, seen }: Bench): Promise<void> {
  const limit = performance.now() + PATIENCE_MS;
  while ((await pendingTopics(program.privateUrl)) > 0) {
    if (performance.now() > limit) throw new Error(`not everything was published within ${PATIENCE_MS} ms`);
  }
  const mark = String(++fences);
  await seen.publish(TOPIC, mark);
  await seen.until(({ topic, payload }) => topic === TOPIC && payload === mark);
}

async function pendingTopics(privateUrl: string): Promise<number> {
  const text = await (await fetch(`${privateUrl}/metrics`)).text();
  const [, count] = /^smartcar2mqtt_mqtt_pending_topics (\d+)$/m.exec(text) ?? [];
  if (count === undefined) throw new Error("the program does not say what is still to be published");
  return Number(count);
}
