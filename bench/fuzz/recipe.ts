import type { Random } from "../../src/lib/backoff.ts";
import { TRANSPORTS } from "./transport.ts";
import { deepClone, edit, parseTree, type Tree, write } from "./tree.ts";

/**
 * One case of the fuzzer, as numbers alone: which template, which edits at which place, and what happens to the bytes on
 * the way. Numbers of any size are good, so that both a seeded generator and fast-check can make and shrink them.
 */
export interface Recipe {
  readonly template: number;
  readonly edits: readonly (readonly [place: number, what: number])[];
  readonly transport: number;
  /** For what else the target varies: signature, topic, status. */
  readonly aside: number;
}

/** A repeatable sequence of numbers in [0, 1) (mulberry32). */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const LARGEST = 1_000_000;

/** The case number `index` of a target: the same for the same seed, whatever ran before. */
export function recipeOf(seed: number, target: string, index: number): Recipe {
  let hash = seed >>> 0;
  for (const letter of `${target}/${index}`) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  const random = randomOf(hash);
  const number = () => Math.floor(random() * LARGEST);
  // Mostly a slip or two: what is wrong everywhere is refused at the door and goes no further.
  const count = random() < 0.1 ? 0 : 1 + Math.floor(random() ** 2 * 7);
  return {
    template: number(),
    edits: Array.from({ length: count }, () => [number(), number()] as const),
    transport: random() < 0.85 ? 0 : number(),
    aside: number(),
  };
}

export function pick<T>(list: readonly T[], number: number): T {
  if (list.length === 0) throw new Error("nothing to pick from");
  return list[number % list.length] as T;
}

/** More is refused before anybody looks at it. */
const MOST_BYTES = 256 * 1024;
const parsed = new Map<string, Tree>();

/** What a recipe makes of one of the templates (JSON texts). */
export function cook(recipe: Recipe, templates: readonly string[]): Buffer {
  const text = pick(templates, recipe.template);
  let template = parsed.get(text);
  if (template === undefined) {
    template = parseTree(text);
    parsed.set(text, template);
  }
  let tree = deepClone(template);
  for (const [place, what] of recipe.edits) tree = edit(tree, place, what);
  return pick(TRANSPORTS, recipe.transport)(Buffer.from(write(tree)), recipe.transport).subarray(0, MOST_BYTES);
}

/** Simpler recipes that might fail in the same way, the simplest first. */
function simpler(recipe: Recipe): Recipe[] {
  const without = recipe.edits.map((_, index) => ({ ...recipe, edits: recipe.edits.filter((__, i) => i !== index) }));
  return [
    ...(recipe.edits.length > 1 ? [{ ...recipe, edits: [] }] : []),
    ...without,
    ...(recipe.transport === 0 ? [] : [{ ...recipe, transport: 0 }]),
  ];
}

/** Takes away what a failure does not need. */
export async function minimised(recipe: Recipe, fails: (recipe: Recipe) => Promise<boolean>): Promise<Recipe> {
  let smallest = recipe;
  for (let round = 0; round < 20; round++) {
    let next: Recipe | undefined;
    for (const candidate of simpler(smallest)) {
      if (await fails(candidate)) {
        next = candidate;
        break;
      }
    }
    if (next === undefined) break;
    smallest = next;
  }
  return smallest;
}
