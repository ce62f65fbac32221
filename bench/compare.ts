/**
 * Says whether the checkout is slower than another commit. Builds both, measures them in turns with the benches of this
 * checkout, and compares ratios to a reference of the same run: never times, which a busy machine changes.
 *
 *   npm run bench:compare -- BASE [--rounds N] [--only ingest,latency,event-cost]
 *
 * The verdicts go to stderr, everything measured as JSON to stdout; ends with 1 on a regression. See docs/performance.md.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { COMPILED } from "../test/support/program.ts";
import { buildBase } from "./compare/base-tree.ts";
import { lines, type Samples, verdict } from "./compare/verdict.ts";

/** What is compared, by the name of its bench in speed.ts; each has its `ratio`. */
const RATIOS: Readonly<Record<string, Samples["good"]>> = { ingest: "high", latency: "low", "event-cost": "low" };
const ROUND_LIMIT_MS = 10 * 60_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "3" }, only: { type: "string" } },
});
const [ref] = positionals;
if (ref === undefined) throw new Error("name the commit to compare with: npm run bench:compare -- BASE");
const names = values.only?.split(",") ?? Object.keys(RATIOS);
const rounds = Number(values.rounds);

const base = buildBase(ref);
try {
  const samples = names.map((name) => {
    const good = Object.hasOwn(RATIOS, name) ? RATIOS[name] : undefined;
    if (good === undefined) throw new Error(`unknown ratio ${name}; there are ${Object.keys(RATIOS).join(", ")}`);
    return { name, good, base: [] as number[], head: [] as number[] };
  });
  for (let round = 1; round <= rounds; round++) {
    for (const { name, base: ofBase, head: ofHead } of samples) {
      ofBase.push(await ratio(name, base.main));
      ofHead.push(await ratio(name, COMPILED));
      process.stderr.write(`round ${round}: ${name} base ${ofBase.at(-1)}, now ${ofHead.at(-1)}\n`);
    }
  }
  const verdicts = samples.map(verdict);
  process.stderr.write(`\n${lines(verdicts).join("\n")}\n`);
  process.stdout.write(`${JSON.stringify({ base: ref, rounds, samples, verdicts }, null, 2)}\n`);
  process.exitCode = verdicts.some(({ regressed }) => regressed) ? 1 : 0;
} finally {
  base.remove();
}

/** Runs one bench in a process of its own, on the given program. */
async function ratio(name: string, main: string): Promise<number> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "speed.ts"), name, "--program", main], {
    stdio: ["ignore", "pipe", "ignore"],
    timeout: ROUND_LIMIT_MS,
  });
  const pieces: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`${name} on ${main} ended with ${code}`);
  const { details } = JSON.parse(Buffer.concat(pieces).toString("utf8")) as {
    details: Record<string, { readonly ratio?: number }>;
  };
  return details[name]?.ratio ?? Number.NaN;
}
