/**
 * Kills the real program with SIGKILL at random moments (starts, upgrades, load, shutdowns) and looks each time at what
 * it left: nothing acknowledged may be lost, no command may reach Smartcar twice. See docs/reliability.md.
 *
 *   npm run bench:crash [-- --kills N] [-- --seed S]
 *
 * The log of the kills goes to stderr, the result as JSON to stdout; ends with 1 when a promise was broken.
 */
import { parseArgs } from "node:util";
import { runCrashes } from "./crash/harness.ts";

const { values } = parseArgs({
  options: { kills: { type: "string", default: "300" }, seed: { type: "string", default: "1" } },
});

const report = await runCrashes({
  kills: Number(values.kills),
  seed: Number(values.seed),
  onKill: ({ kill, during, afterMs, acknowledged, commands }) => {
    process.stderr.write(
      `${String(kill).padStart(4)}  ${during.padEnd(9)} after ${String(afterMs).padStart(4)} ms   ${acknowledged} deliveries acknowledged, ${commands} commands given\n`,
    );
  },
});
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
process.exitCode = report.ok ? 0 : 1;
