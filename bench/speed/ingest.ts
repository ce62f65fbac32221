import { startBench, stillCar } from "../../test/support/e2e-bench.ts";
import { startBareServer } from "./bare-server.ts";
import { KEY, signedDelivery } from "./deliveries.ts";
import { type LoadResult, postAll } from "./load.ts";

const CONNECTIONS = 32;
const DELIVERIES = 10_000;
const WARM_UP = 3_000;
/** The machine's own speed drifts, so the two take turns. */
const ROUNDS = 3;

export interface IngestResult {
  readonly ours: LoadResult;
  readonly bare: LoadResult;
  /** Our rate to that of the bare server. */
  readonly ratio: number;
}

/** Durable ingest against a bare server that only checks the HMAC, in turns; the middle round of three counts. */
export async function ingest(main: string): Promise<IngestResult> {
  const bench = await startBench({ cars: [stillCar("a")], env: { LOG_LEVEL: "info" }, main });
  const bare = await startBareServer(KEY);
  try {
    // The load comes from this very process: somebody who reads every message here would slow it down.
    await bench.shown();
    await bench.seen.stop();
    let sent = 0;
    const post = (url: string, count: number) => {
      const posts = Array.from({ length: count }, () => signedDelivery(KEY, "vehicle-a", sent++));
      return postAll(url, posts, CONNECTIONS);
    };
    await post(bare.url, WARM_UP);
    await post(bench.program.webhookUrl, WARM_UP);
    const rounds: { bare: LoadResult; ours: LoadResult }[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      rounds.push({ bare: await post(bare.url, DELIVERIES), ours: await post(bench.program.webhookUrl, DELIVERIES) });
    }
    rounds.sort((a, b) => a.ours.perSecond / a.bare.perSecond - b.ours.perSecond / b.bare.perSecond);
    const middle = rounds[Math.floor(ROUNDS / 2)];
    if (middle === undefined) throw new Error("nothing was measured");
    return { ...middle, ratio: Math.round((middle.ours.perSecond / middle.bare.perSecond) * 100) / 100 };
  } finally {
    bare.stop();
    await bench.close();
  }
}
