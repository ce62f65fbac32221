/**
 * A year of the whole program on a clock of its own, with three living cars, the Smartcar simulator and a broker: both
 * changes of the clocks and a leap day are in it. Memory and database must stay bounded, calendar jobs on time, no call
 * may fail or exceed the budget, and at the end every topic must tell the truth. See docs/reliability.md.
 *
 *   npm run bench:soak [-- --days N]
 *
 * A line for each month goes to stderr, the result as JSON to stdout; ends with 1 when a promise was broken.
 */
import { parseArgs } from "node:util";
import { days } from "../src/lib/duration.ts";
import { runSoak } from "./soak/run.ts";

// Where the clocks are changed twice a year; before anything asks what time it is.
process.env["TZ"] = "Europe/Berlin";
const FROM = Date.UTC(2027, 5, 1);
const YEAR_DAYS = 366;

const { values } = parseArgs({ options: { days: { type: "string", default: String(YEAR_DAYS) } } });
const unhandled: string[] = [];
for (const event of ["unhandledRejection", "uncaughtException"]) {
  process.on(event, (error: unknown) => unhandled.push(`${event}: ${String(error)}`));
}

const startedAt = performance.now();
const report = await runSoak({
  from: FROM,
  to: FROM + days(Number(values.days)),
  beyondRetention: true,
  onMonth: ({ month, heapMb, databaseMb }) => {
    const passed = Math.round((performance.now() - startedAt) / 1_000);
    process.stderr.write(`${month}  heap ${heapMb} MB  database ${databaseMb} MB  after ${passed} s\n`);
  },
});
const broken = [...report.broken, ...unhandled];
const realSeconds = Math.round((performance.now() - startedAt) / 1_000);
process.stdout.write(`${JSON.stringify({ ...report, broken, ok: broken.length === 0, realSeconds }, null, 2)}\n`);
process.exitCode = broken.length === 0 ? 0 : 1;
