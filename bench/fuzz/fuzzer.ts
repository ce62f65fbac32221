import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { minimised, type Recipe, recipeOf } from "./recipe.ts";
import type { Target } from "./target.ts";

export interface Failure {
  readonly target: string;
  readonly case: number;
  readonly error: string;
  /** The smallest input found that fails in the same way. */
  readonly input: string;
  readonly recipe: Recipe;
}

export interface FuzzResult {
  readonly cases: number;
  readonly ms: number;
  readonly slowestMs: number;
  /** What the heap held more at the end than after the warm-up, garbage taken out, in bytes. */
  readonly growth: number;
  readonly failures: Failure[];
}

export interface FuzzOptions {
  readonly seed: number;
  readonly cases: number;
  /** Only this case, with its failure thrown. */
  readonly only?: number | undefined;
  /** Called before each case: for whoever watches that the cases go on. */
  readonly onCase?: (target: string, index: number) => void;
}

/** One case may take so long, garbage collection and a busy machine included. */
const CASE_LIMIT_MS = 2_000;
const RENEW_EVERY = 500;
const MAX_FAILURES = 5;
const LONGEST_SHOWN = 2_000;

/** Runs the cases of one target, one after the other. */
export async function fuzz(target: Target, { seed, cases, only, onCase }: FuzzOptions): Promise<FuzzResult> {
  const failures: Failure[] = [];
  const strays: unknown[] = [];
  const onStray = (reason: unknown) => strays.push(reason);
  process.on("unhandledRejection", onStray);
  process.on("uncaughtException", onStray);
  const kinds = new Set<string>();
  const startedAt = performance.now();
  let slowestMs = 0;
  let heapBefore = 0;
  // The first round fills caches and compiles; what grows after it is a leak.
  const warm = Math.min(Math.floor(cases / 4), 2_000);
  try {
    for (let index = only ?? 0; index < (only === undefined ? cases : only + 1); index++) {
      if (index % RENEW_EVERY === 0 || index === only) await target.renew();
      if (index === warm) heapBefore = await heapUsed(target);
      onCase?.(target.name, index);
      const recipe = recipeOf(seed, target.name, index);
      const caseAt = performance.now();
      let error = await outcome(target, recipe, strays);
      const ms = performance.now() - caseAt;
      slowestMs = Math.max(slowestMs, ms);
      if (error === null && ms > CASE_LIMIT_MS) error = `took ${Math.round(ms)} ms`;
      if (error === null || kinds.has(kindOf(error))) continue;
      kinds.add(kindOf(error));
      failures.push(await smallest(target, recipe, index, error, strays));
      if (failures.length >= MAX_FAILURES) break;
    }
    const growth = only === undefined && failures.length === 0 ? (await heapUsed(target)) - heapBefore : 0;
    return { cases, ms: Math.round(performance.now() - startedAt), slowestMs: Math.round(slowestMs), growth, failures };
  } finally {
    process.off("unhandledRejection", onStray);
    process.off("uncaughtException", onStray);
    await target.close();
  }
}

async function outcome(target: Target, recipe: Recipe, strays: unknown[]): Promise<string | null> {
  try {
    await target.run(recipe);
    // Rejections nobody handled are told a turn later.
    await new Promise<void>((resolve) => setImmediate(resolve));
  } catch (error) {
    strays.length = 0;
    return told(error);
  }
  const [stray] = strays.splice(0);
  return stray === undefined ? null : `nobody caught: ${told(stray)}`;
}

async function smallest(
  target: Target,
  recipe: Recipe,
  index: number,
  error: string,
  strays: unknown[],
): Promise<Failure> {
  const small = await minimised(recipe, async (candidate) => {
    await target.renew();
    const other = await outcome(target, candidate, strays);
    return other !== null && kindOf(other) === kindOf(error);
  });
  await target.renew();
  return { target: target.name, case: index, error, input: shortened(target.show(small)), recipe: small };
}

/** Failures of one kind are told once; numbers and quoted words differ. */
function kindOf(error: string): string {
  return (error.split("\n")[0] ?? "")
    .replace(/\d+/g, "#")
    .replace(/"[^"]*"/g, '"…"')
    .slice(0, 120);
}

function told(error: unknown): string {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const cause = error instanceof Error && error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : "";
  return (text + cause).split("\n").slice(0, 12).join("\n");
}

function shortened(text: string): string {
  return text.length <= LONGEST_SHOWN ? text : `${text.slice(0, LONGEST_SHOWN)}… (${text.length} characters)`;
}

const collectGarbage = (() => {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
})();

async function heapUsed(target: Target): Promise<number> {
  await target.renew();
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}
