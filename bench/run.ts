/**
 * Runs every bench, one after the other, and says what was measured beside what was to be reached. See
 * docs/performance.md.
 *
 *   npm run bench [-- --only NAME,…] [-- --write] [-- --strict]
 *
 * One JSON document goes to stdout, a table to stderr. `--write` puts the table into docs/performance.md; `--strict` ends
 * with 1 when a target is missed. A bench that breaks a promise, fails or takes too long always ends with 1.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type JudgedFigure, table, withTable } from "./figures.ts";

interface BenchSpec {
  readonly file: string;
  readonly args: readonly string[];
  readonly limitMinutes: number;
}

const BENCHES: Readonly<Record<string, BenchSpec>> = {
  speed: { file: "speed.ts", args: [], limitMinutes: 40 },
  economy: { file: "economy.ts", args: [], limitMinutes: 20 },
  crash: { file: "crash.ts", args: [], limitMinutes: 40 },
  fuzz: { file: "fuzz.ts", args: ["--seed", "1"], limitMinutes: 30 },
  soak: { file: "soak.ts", args: [], limitMinutes: 60 },
};
/** Between asking a bench to end and ending it. */
const GRACE_MS = 15_000;
const DOCUMENT = join(import.meta.dirname, "../docs/performance.md");

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    write: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
  },
});
const names = values.only?.split(",") ?? Object.keys(BENCHES);
const results: Record<string, Outcome> = {};
for (const name of names) {
  const spec = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (spec === undefined) throw new Error(`unknown bench ${name}; there are ${Object.keys(BENCHES).join(", ")}`);
  process.stderr.write(`\n=== ${name}\n`);
  results[name] = await run(spec);
}

const figures = Object.values(results).flatMap(({ report }) => report?.figures ?? []);
const broken = Object.entries(results).flatMap(([name, { exitCode }]) => (exitCode === 0 ? [] : [name]));
const missed = figures.filter(({ met }) => !met).map(({ name }) => name);
if (figures.length > 0) process.stderr.write(`\n${table(figures)}\n`);
if (values.write && figures.length > 0) {
  writeFileSync(DOCUMENT, withTable(readFileSync(DOCUMENT, "utf8"), table(figures)));
}
const reports = Object.fromEntries(Object.entries(results).map(([name, { report }]) => [name, report]));
process.stdout.write(`${JSON.stringify({ figures, missed, broken, reports }, null, 2)}\n`);
process.exitCode = broken.length > 0 || (values.strict && missed.length > 0) ? 1 : 0;

interface Outcome {
  readonly exitCode: number;
  /** Null when none was printed. */
  readonly report: { readonly figures?: readonly JudgedFigure[] } | null;
}

/** Runs a bench in a process of its own, which is ended when it takes too long. */
async function run({ file, args, limitMinutes }: BenchSpec): Promise<Outcome> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pieces: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
  const overdue = setTimeout(() => {
    process.stderr.write(`${file}: not done within ${limitMinutes} minutes\n`);
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), GRACE_MS).unref();
  }, limitMinutes * 60_000);
  const [exitCode] = (await once(child, "close")) as [number | null];
  clearTimeout(overdue);
  return { exitCode: exitCode ?? 1, report: parsed(Buffer.concat(pieces).toString("utf8")) };
}

function parsed(text: string): Outcome["report"] {
  try {
    return JSON.parse(text) as Outcome["report"];
  } catch {
    return null;
  }
}
