import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below what systems hand out by themselves (32768 and up): nothing that connects meanwhile gets one of these. */
const LOWEST = 10_000;
/** One block for each worker of the test run, so that two of them never choose the same. */
const BLOCK = 2_000;
const BLOCKS = 11;

const first = LOWEST + (Number(process.env["VITEST_POOL_ID"] ?? 0) % BLOCKS) * BLOCK;
// A block is used by one file after another: each begins elsewhere, as what the last one used may still be closing.
let tried = randomInt(BLOCK);

/** A loopback port that is free, and given to nobody else in this test run until the block has been gone through. */
export async function freePort(): Promise<number> {
  for (let left = BLOCK; left > 0; left -= 1) {
    tried = (tried + 1) % BLOCK;
    // Others may ask while this one waits.
    const port = first + tried;
    if (await isFree(port)) return port;
  }
  throw new Error(`no port from ${first} to ${first + BLOCK - 1} is free`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
