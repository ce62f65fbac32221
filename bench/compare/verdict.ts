/** A ratio measured several times on the base and on the commit, in turns. */
export interface Samples {
  readonly name: string;
  readonly good: "high" | "low";
  readonly base: readonly number[];
  readonly head: readonly number[];
}

export interface Verdict {
  readonly name: string;
  readonly base: number;
  readonly head: number;
  /** How much worse the commit is, as a share of the base; below 0 when it is better. */
  readonly worse: number;
  /** Half the distance between the smallest and the largest sample of a side, as a share of its median; the larger one. */
  readonly spread: number;
  /** What is still taken for the same. */
  readonly tolerance: number;
  readonly regressed: boolean;
}

/** A difference this small is never called a regression, however alike the samples are. */
export const LEAST_TOLERANCE = 0.1;

/**
 * Compares medians. A commit regressed when it is worse by more than the tolerance, which is a tenth or what the samples
 * of one side differ among themselves, whichever is more: what the machine does by itself is no regression.
 */
export function verdict({ name, good, base, head }: Samples): Verdict {
  const [ofBase, ofHead] = [median(base), median(head)];
  const worse = round(good === "high" ? (ofBase - ofHead) / ofBase : (ofHead - ofBase) / ofBase);
  const spread = round(Math.max(spreadOf(base), spreadOf(head)));
  const tolerance = Math.max(LEAST_TOLERANCE, spread);
  // What could not be measured did not hold either.
  return { name, base: ofBase, head: ofHead, worse, spread, tolerance, regressed: !(worse <= tolerance) };
}

export function median(samples: readonly number[]): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? half - 1 : half], sorted[half]];
  return low === undefined || high === undefined ? Number.NaN : round((low + high) / 2);
}

/** The verdicts as lines for people. */
export function lines(verdicts: readonly Verdict[]): string[] {
  return verdicts.map(({ name, base, head, worse, spread, tolerance, regressed }) => {
    const change = worse > 0 ? `${percent(worse)} worse` : `${percent(-worse)} better`;
    const of = `tolerance ${percent(tolerance)}, spread ${percent(spread)}`;
    return `${regressed ? "REGRESSED" : "ok       "}  ${name}: base ${base}, now ${head}: ${change} (${of})`;
  });
}

function spreadOf(samples: readonly number[]): number {
  return (Math.max(...samples) - Math.min(...samples)) / 2 / median(samples);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
