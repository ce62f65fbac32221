import { type Clock, sleep } from "../lib/clock.ts";
import { minutes, seconds } from "../lib/duration.ts";
import { AppError, toError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";

export interface PatientStart {
  /** Tried again after a failure; starts no second page. */
  readonly start: () => Promise<void>;
  /** The private port alone. */
  readonly page: { start(): Promise<void>; stop(): Promise<void> };
  /** Resolves when the program is to end. */
  readonly ended: Promise<unknown>;
  /** Says the one line about the failure. */
  readonly say: (error: Error) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** A supervisor starts a program that gave up again; without one, it must not look alive for ever. */
const PATIENCE_MS = minutes(1);
const AGAIN_MS = seconds(2);

/**
 * Starts the program. While its data directory cannot be used, the page alone runs and says why, and the start goes on by
 * itself as soon as that is mended, within a minute. A failure is said once.
 */
export async function startPatiently(options: PatientStart): Promise<"started" | "failed" | "ended"> {
  const { start, page, ended, say, clock, log } = options;
  let failure = await failureOf(start);
  if (failure === null) return "started";
  say(failure);
  if (!isMendable(failure) || (await failureOf(() => page.start())) !== null) return "failed";

  log.warn({ for_s: PATIENCE_MS / 1_000 }, "waiting for the data directory; the page says what to do");
  const until = clock.now() + PATIENCE_MS;
  const end = new AbortController();
  void ended.then(() => end.abort());
  while (!end.signal.aborted && clock.now() < until) {
    await sleep(clock, AGAIN_MS, end.signal);
    if (end.signal.aborted) break;
    failure = await failureOf(start);
    if (failure === null) return "started";
    if (isMendable(failure)) continue;
    say(failure);
    break;
  }
  await page.stop();
  return end.signal.aborted ? "ended" : "failed";
}

/** By a command in another window, without a change of the configuration. */
function isMendable(error: Error): boolean {
  return error instanceof AppError && error.code === "STORE_OPEN";
}

async function failureOf(act: () => Promise<void>): Promise<Error | null> {
  try {
    await act();
    return null;
  } catch (error) {
    return toError(error);
  }
}
