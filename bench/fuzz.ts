/**
 * Feeds every door of the program with what nobody should send: webhook bodies, Smartcar's answers, commands, requests
 * and configurations, made from real ones by small changes. See docs/security.md.
 *
 *   npm run bench:fuzz [-- --seed S] [-- --cases N] [-- --only TARGET] [-- --case I]
 */
import { parseArgs } from "node:util";
import { AnswersTarget, SignalsTarget } from "./fuzz/answers-target.ts";
import { CommandsTarget } from "./fuzz/commands-target.ts";
import { ConfigTarget } from "./fuzz/config-target.ts";
import { type FuzzResult, fuzz } from "./fuzz/fuzzer.ts";
import { LiveTarget } from "./fuzz/live-target.ts";
import { RequestsTarget } from "./fuzz/requests-target.ts";
import type { Target } from "./fuzz/target.ts";
import { startWatchdog } from "./fuzz/watchdog.ts";
import { StrangerTarget, WebhookTarget } from "./fuzz/webhook-target.ts";

/** After thousands of cases a leak shows as megabytes. */
const MOST_GROWTH = 12 * 1024 * 1024;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
    cases: { type: "string", default: "110000" },
    only: { type: "string" },
    case: { type: "string" },
  },
});
const seed = Number(values.seed);
const cases = Number(values.cases);
process.stderr.write(`seed ${seed}\n`);

const all: readonly Target[] = [
  new WebhookTarget(),
  new StrangerTarget(),
  new SignalsTarget(),
  new AnswersTarget(),
  new CommandsTarget(),
  new RequestsTarget(),
  new ConfigTarget(),
  new LiveTarget(),
];
const targets = all.filter(({ name }) => values.only === undefined || name.includes(values.only));
const weight = targets.reduce((sum, target) => sum + target.weight, 0);

const watchdog = startWatchdog(seed);
const results: Record<string, FuzzResult> = {};
for (const target of targets) {
  results[target.name] = await fuzz(target, {
    seed,
    cases: Math.ceil((cases * target.weight) / weight),
    only: values.case === undefined ? undefined : Number(values.case),
    onCase: (name, index) => watchdog.note(name, index),
  });
  process.stderr.write(`${target.name}: ${JSON.stringify({ ...results[target.name], failures: undefined })}\n`);
}
await watchdog.stop();

const failures = Object.values(results).flatMap((result) => result.failures);
const grown = Object.entries(results).filter(([, { growth }]) => growth > MOST_GROWTH);
const report = {
  seed,
  total: Object.values(results).reduce((sum, result) => sum + result.cases, 0),
  targets: Object.fromEntries(
    Object.entries(results).map(([name, { failures: _, ...figures }]) => [name, figures] as const),
  ),
  failures,
  grown: grown.map(([name, { growth }]) => ({ target: name, bytes: growth })),
  ok: failures.length === 0 && grown.length === 0,
};
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
process.exitCode = report.ok ? 0 : 1;
