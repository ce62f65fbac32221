/**
 * A month of polling, simulated: how many billed calls it takes and how old what is shown gets, for our planner and for
 * fixed intervals. See docs/polling.md.
 *
 *   npm run bench:economy [-- --months N] [-- --seed S] [-- --spread MINUTES] [-- --shift MINUTES]
 */
import { parseArgs } from "node:util";
import { table } from "./economy/report.ts";
import { allRows } from "./economy/rows.ts";
import { MEASURES } from "./economy/staleness.ts";
import { DECISIVE, isLost, judge, textOf } from "./economy/verdict.ts";

const { values } = parseArgs({
  options: {
    months: { type: "string", default: "36" },
    seed: { type: "string", default: "9001" },
    spread: { type: "string", default: "60" },
    shift: { type: "string", default: "0" },
  },
});
const first = Number(values.seed);
const [spreadMin, shiftMin] = [Number(values.spread), Number(values.shift)];
const dice = Array.from({ length: Number(values.months) }, (_, n) => ({ seed: first + n, spreadMin, shiftMin }));

const rows = await allRows(dice);
const verdicts = judge(rows);
const ok = !verdicts.some((verdict) => verdict.decides && isLost(verdict));
process.stdout.write(`${JSON.stringify({ dice, measure: DECISIVE, scenarios: rows, verdicts, ok }, null, 2)}\n`);
process.stderr.write(`${MEASURES.map((measure) => `By ${measure}:\n\n${table(rows, measure)}`).join("\n\n")}\n\n`);
for (const verdict of verdicts.filter(isLost)) {
  process.stderr.write(`${verdict.decides ? "FAILED" : "told"}: ${textOf(verdict)}\n`);
}
process.exitCode = ok ? 0 : 1;
