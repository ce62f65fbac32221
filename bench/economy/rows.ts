import { WEBHOOKS, type Webhook } from "./cloud.ts";
import { type Figures, Histogram } from "./histogram.ts";
import { type Dice, type MonthResult, runMonth } from "./month.ts";
import { PLANNERS, type PlannerName } from "./planners.ts";
import { SCENARIOS, type Scenario } from "./scenarios.ts";
import { MEASURES, type Measure } from "./staleness.ts";
import { ITEMS, type Item } from "./truth.ts";

export type Staleness = Readonly<Record<Measure, Readonly<Record<Item, Figures>>>>;

export interface Month {
  readonly seed: number;
  readonly calls: number;
  readonly staleness: Staleness;
}

/** One scenario under one planner: its months one by one, and all of them together. */
export interface Row {
  readonly scenario: Scenario;
  readonly webhook: Webhook;
  readonly planner: PlannerName;
  /** A month's mean. */
  readonly calls: number;
  /** The calls of the month that took most. */
  readonly mostCalls: number;
  /** Over the minutes of all months. */
  readonly staleness: Staleness;
  readonly months: readonly Month[];
}

export async function allRows(dice: readonly Dice[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const scenario of Object.keys(SCENARIOS) as Scenario[]) {
    for (const webhook of WEBHOOKS) {
      for (const planner of Object.keys(PLANNERS) as PlannerName[]) {
        rows.push(await rowOf(scenario, webhook, planner, dice));
      }
    }
  }
  return rows;
}

async function rowOf(scenario: Scenario, webhook: Webhook, planner: PlannerName, dice: readonly Dice[]): Promise<Row> {
  const months: Month[] = [];
  const pool = new Map<string, Histogram>();
  for (const thrown of dice) {
    const month = await runMonth(scenario, webhook, planner, thrown);
    months.push({
      seed: thrown.seed,
      calls: month.calls,
      staleness: stalenessOf((...of) => month.staleness.histogram(...of)),
    });
    addTo(pool, month);
  }
  const calls = months.map((month) => month.calls);
  return {
    scenario,
    webhook,
    planner,
    calls: calls.reduce((sum, count) => sum + count, 0) / calls.length,
    mostCalls: Math.max(...calls),
    staleness: stalenessOf((measure, item) => pool.get(`${measure} ${item}`) ?? new Histogram()),
    months,
  };
}

function addTo(pool: Map<string, Histogram>, month: MonthResult): void {
  for (const measure of MEASURES) {
    for (const item of ITEMS) {
      const key = `${measure} ${item}`;
      const pooled = pool.get(key) ?? new Histogram();
      pooled.merge(month.staleness.histogram(measure, item));
      pool.set(key, pooled);
    }
  }
}

function stalenessOf(histogram: (measure: Measure, item: Item) => Histogram): Staleness {
  const of = (measure: Measure) => ({
    battery: histogram(measure, "battery").figures(),
    charging: histogram(measure, "charging").figures(),
    location: histogram(measure, "location").figures(),
  });
  return { age: of("age"), wrong: of("wrong"), lastTrue: of("lastTrue") };
}
