import type { Webhook } from "./cloud.ts";
import type { Month, Row, Staleness } from "./rows.ts";
import type { Scenario } from "./scenarios.ts";
import { MEASURES, type Measure } from "./staleness.ts";
import { ITEMS } from "./truth.ts";

/** The measure of staleness that decides; the others are told. */
export const DECISIVE: Measure = "age";
const ALLOWED = 500;

/** Ours against fixed in one figure, over all months together and in each of them. */
export interface Verdict {
  readonly scenario: Scenario;
  readonly webhook: Webhook;
  readonly figure: string;
  /** Whether it decides; figures of the measures that are only told do not. */
  readonly decides: boolean;
  readonly ours: number;
  readonly fixed: number;
  readonly ok: boolean;
  readonly months: number;
  /** The months in which ours is worse. */
  readonly lost: readonly { readonly seed: number; readonly ours: number; readonly fixed: number }[];
}

interface Measured {
  readonly calls: number;
  readonly staleness: Staleness;
}

interface FigureOf {
  readonly figure: string;
  readonly decides: boolean;
  readonly of: (measured: Measured) => number;
}

const FIGURES: readonly FigureOf[] = [
  { figure: "calls", decides: true, of: ({ calls }) => calls },
  ...MEASURES.flatMap((measure) =>
    ITEMS.flatMap((item): FigureOf[] => [
      {
        figure: `${measure} of ${item}, mean`,
        decides: measure === DECISIVE,
        of: ({ staleness }) => staleness[measure][item].mean,
      },
      {
        figure: `${measure} of ${item}, p95`,
        decides: measure === DECISIVE,
        of: ({ staleness }) => staleness[measure][item].p95,
      },
    ]),
  ),
];

/** In no figure may ours be worse than fixed intervals are, neither in a single month nor in all of them together. */
export function judge(rows: readonly Row[]): Verdict[] {
  return rows
    .filter(({ planner }) => planner === "ours")
    .flatMap((ours) => {
      const fixed = rows.find((row) => row !== ours && row.scenario === ours.scenario && row.webhook === ours.webhook);
      return fixed === undefined ? [] : [allowance(ours), ...FIGURES.map((figure) => compare(figure, ours, fixed))];
    });
}

export function isLost({ ok, lost }: Verdict): boolean {
  return !ok || lost.length > 0;
}

export function textOf(verdict: Verdict): string {
  const { scenario, webhook, figure, ours, fixed, ok, months, lost } = verdict;
  const pooled = ok ? "" : `, and over all: ${rounded(ours)} > ${rounded(fixed)}`;
  const seeds = lost.map(({ seed, ours: mine, fixed: theirs }) => `${seed}: ${rounded(mine)} > ${rounded(theirs)}`);
  return `${scenario}, webhook ${webhook}: ${figure}, ${lost.length} of ${months} months${pooled} (${seeds.join("; ")})`;
}

function compare({ figure, decides, of }: FigureOf, ours: Row, fixed: Row): Verdict {
  const pairs = ours.months.flatMap((month) => {
    const other = fixed.months.find(({ seed }) => seed === month.seed);
    return other === undefined ? [] : [{ seed: month.seed, ours: of(month), fixed: of(other) }];
  });
  return {
    scenario: ours.scenario,
    webhook: ours.webhook,
    figure,
    decides,
    ours: of(ours),
    fixed: of(fixed),
    ok: of(ours) <= of(fixed),
    months: pairs.length,
    lost: pairs.filter((pair) => pair.ours > pair.fixed),
  };
}

function allowance({ scenario, webhook, mostCalls, months }: Row): Verdict {
  const lost = months
    .filter(({ calls }: Month) => calls > ALLOWED)
    .map(({ seed, calls }) => ({ seed, ours: calls, fixed: ALLOWED }));
  return {
    scenario,
    webhook,
    figure: `calls of ${ALLOWED}`,
    decides: true,
    ours: mostCalls,
    fixed: ALLOWED,
    ok: mostCalls <= ALLOWED,
    months: months.length,
    lost,
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
