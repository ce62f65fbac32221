import { Worker } from "node:worker_threads";

const LIMIT_S = 30;

/** Runs beside: a case that never ends blocks everything else, so only another thread can say which it was. */
const WATCH = `
const { workerData } = require("node:worker_threads");
const { writeSync } = require("node:fs");
const view = new Int32Array(workerData.memory);
let last = -1, still = 0;
setInterval(() => {
  const now = Atomics.load(view, 0);
  still = now === last ? still + 1 : 0;
  last = now;
  if (still < workerData.limitS) return;
  const text = Buffer.from(workerData.text).toString().replace(/\\0.*$/s, "");
  writeSync(1, JSON.stringify({ seed: workerData.seed, hang: text, ok: false }) + "\\n");
  process.kill(process.pid, "SIGKILL");
}, 1000);
`;

export interface Watchdog {
  /** The fuzzer is at this case. */
  note(target: string, index: number): void;
  stop(): Promise<void>;
}

/** Ends the process with a word about the case when no case ends for half a minute. */
export function startWatchdog(seed: number): Watchdog {
  const memory = new SharedArrayBuffer(4);
  const text = new Uint8Array(new SharedArrayBuffer(200));
  const view = new Int32Array(memory);
  const worker = new Worker(WATCH, { eval: true, workerData: { memory, text, seed, limitS: LIMIT_S } });
  worker.unref();
  return {
    note(target, index) {
      Atomics.add(view, 0, 1);
      if (index % 100 !== 0 && index > 0) return;
      text.fill(0);
      text.set(Buffer.from(`${target}, at or after case ${index}`).subarray(0, 199));
    },
    async stop() {
      await worker.terminate();
    },
  };
}
