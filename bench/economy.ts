/**
 * A month of polling, simulated: how many billed calls it takes and how old what is shown gets, for our planner and for
 * fixed intervals. See docs/polling.md.
 *
 *   npm run bench:economy [-- --months N] [-- --seed S]
 */
import { parseArgs } from "node:util";
import type { Webhook } from "./economy/cloud.ts";
import { runMonth } from "./economy/month.ts";
import type { PlannerName } from "./economy/planners.ts";
import { judge, type Row, table } from "./economy/report.ts";
import { SCENARIOS, type Scenario } from "./economy/scenarios.ts";
import { figures, ITEMS, type Item } from "./economy/staleness.ts";

const WEBHOOKS: readonly Webhook[] = ["full", "free", "none"];
const PLANNERS: readonly PlannerName[] = ["ours", "fixed"];

const { values } = parseArgs({
  options: { months: { type: "string", default: "36" }, seed: { type: "string", default: "1" } },
});
const months = Number(values.months);
const firstSeed = Number(values.seed);

const rows: Row[] = [];
for (const scenario of Object.keys(SCENARIOS) as Scenario[]) {
  for (const webhook of WEBHOOKS) for (const planner of PLANNERS) rows.push(await row(scenario, webhook, planner));
}
const verdicts = judge(rows);
const ok = verdicts.every((verdict) => verdict.ok);
process.stdout.write(`${JSON.stringify({ months, seed: firstSeed, scenarios: rows, verdicts, ok }, null, 2)}\n`);
process.stderr.write(
  `${table(rows)}\n\n${verdicts
    .filter((verdict) => !verdict.ok)
    .map(({ text }) => `FAILED: ${text}`)
    .join("\n")}\n`,
);
process.exitCode = ok ? 0 : 1;

/** Several months of one kind, so that no verdict hangs on the luck of one of them. */
async function row(scenario: Scenario, webhook: Webhook, planner: PlannerName): Promise<Row> {
  const samples: Record<Item, number[]> = { battery: [], charging: [], location: [] };
  const calls: number[] = [];
  for (let seed = firstSeed; seed < firstSeed + months; seed++) {
    const month = await runMonth(scenario, webhook, planner, seed);
    calls.push(month.calls);
    for (const item of ITEMS) for (const value of month.staleness.samples(item)) samples[item].push(value);
  }
  return {
    scenario,
    webhook,
    planner,
    calls: Math.round(calls.reduce((sum, count) => sum + count, 0) / months),
    mostCalls: Math.max(...calls),
    battery: figures(samples.battery),
    charging: figures(samples.charging),
    location: figures(samples.location),
  };
}
