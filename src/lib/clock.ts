/** Longest delay Node's timers take; a longer wait is cut into pieces by {@link Clock} users re-checking the time. */
export const MAX_TIMER_MS = 2_147_483_647;

/** A scheduled call that its owner can take back. */
export interface Timer {
  cancel(): void;
}

/**
 * The only source of time. Injected everywhere, so that tests move time instead of sleeping.
 * All durations are milliseconds; all instants are milliseconds since the Unix epoch (UTC).
 */
export interface Clock {
  now(): number;
  /** Calls `run` once after `delayMs` (at least 0). The caller owns the timer and must cancel it when it stops. */
  after(delayMs: number, run: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const handle = setTimeout(run, Math.min(Math.max(0, delayMs), MAX_TIMER_MS));
    return { cancel: () => clearTimeout(handle) };
  },
};

/**
 * Waits on a clock. Resolves after `delayMs`, or at once when `signal` aborts: callers that care ask `signal.aborted`.
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) {
      resolve();
      return;
    }
    const onAbort = () => {
      timer.cancel();
      resolve();
    };
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/**
 * Gives `work` at most `limitMs`.
 * @throws whatever `onTimeout` returns when the limit passes first; the work itself is not stopped.
 */
export async function withTimeout<T>(
  clock: Clock,
  limitMs: number,
  work: Promise<T>,
  onTimeout: () => Error,
): Promise<T> {
  let timer: Timer | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = clock.after(limitMs, () => reject(onTimeout()));
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    timer?.cancel();
  }
}
