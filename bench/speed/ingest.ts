import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { startBench, stillCar } from "../../test/support/e2e-bench.ts";
import { KEY, signedDelivery } from "./deliveries.ts";
import { type LoadResult, postAll } from "./load.ts";

const CONNECTIONS = 32;
const DELIVERIES = 12_000;
const WARM_UP = 2_000;

/** Durable ingest against a bare server that only checks the HMAC, in one run. */
export async function ingest(): Promise<{ ours: LoadResult; bare: LoadResult }> {
  const bench = await startBench({ cars: [stillCar("a")], env: { LOG_LEVEL: "info" } });
  // The load comes from this very process: somebody who reads every message here would slow it down.
  await bench.shown();
  await bench.seen.stop();
  const bare = spawn(process.execPath, [new URL("bare-server.ts", import.meta.url).pathname, KEY]);
  try {
    const [port] = (await once(createInterface({ input: bare.stdout }), "line")) as [string];
    const bareUrl = `http://127.0.0.1:${port}/`;
    const posts = Array.from({ length: DELIVERIES + 2 * WARM_UP }, (_, n) => signedDelivery(KEY, "vehicle-a", n));
    const [warmA, warmB, rest] = [posts.slice(0, WARM_UP), posts.slice(WARM_UP, 2 * WARM_UP), posts.slice(2 * WARM_UP)];
    await postAll(bareUrl, warmA, CONNECTIONS);
    await postAll(bench.program.webhookUrl, warmB, CONNECTIONS);
    return {
      bare: await postAll(bareUrl, rest, CONNECTIONS),
      ours: await postAll(bench.program.webhookUrl, rest, CONNECTIONS),
    };
  } finally {
    bare.kill();
    await bench.close();
  }
}
