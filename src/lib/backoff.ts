/** How a retry waits longer each time. Data, so that it can be shown and tested. */
export interface BackoffPolicy {
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /** Share of the delay that is random, 0 to 1: with 0.2 the delay is 80 % to 100 % of the nominal one. */
  readonly jitter: number;
}

/** Random numbers come from outside, as time does. Returns a number in [0, 1). */
export type Random = () => number;

/** Delay before the next try after `failures` failures in a row (1 = the first). Never above `maxMs`, never negative. */
export function backoffDelay(policy: BackoffPolicy, failures: number, random: Random): number {
  const exponent = Math.max(0, Math.min(failures - 1, 64));
  const nominal = Math.min(policy.maxMs, policy.initialMs * policy.factor ** exponent);
  return Math.round(nominal * (1 - policy.jitter * random()));
}
