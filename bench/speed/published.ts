import { pause } from "./process-cost.ts";

const LIMIT_MS = 240_000;
const LOOK_EVERY_MS = 250;

/** Resolves once the broker of the program at this address holds everything. */
export function published(privateUrl: string): Promise<void> {
  return until(async () => (await sessionMetric(privateUrl, "pending_topics")) === 0);
}

/** Looks now and then until it is so. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const limit = performance.now() + LIMIT_MS;
  while (!(await isSo())) {
    if (performance.now() > limit) throw new Error(`not everything was published within ${LIMIT_MS} ms`);
    await pause(LOOK_EVERY_MS);
  }
}

/** A metric of the program's MQTT session; NaN while the program is too busy to tell. */
export async function sessionMetric(privateUrl: string, name: string): Promise<number> {
  try {
    const text = await (await fetch(`${privateUrl}/metrics`)).text();
    return Number(new RegExp(`^smartcar2mqtt_mqtt_${name} (\\d+)$`, "m").exec(text)?.[1]);
  } catch {
    return Number.NaN;
  }
}
