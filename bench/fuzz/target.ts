import type { Recipe } from "./recipe.ts";

/** One door of the program that is knocked at. */
export interface Target {
  readonly name: string;
  /** Share of all cases. */
  readonly weight: number;
  /** Runs one case. Throws {@link Broken} for a promise that does not hold; any other exception is a failure too. */
  run(recipe: Recipe): Promise<void>;
  /** What the case sends, for a person to look at. */
  show(recipe: Recipe): string;
  /** Begins anew with nothing known: what one case leaves behind must not slow the next ones down for ever. */
  renew(): Promise<void>;
  close(): Promise<void>;
}

/** A promise that does not hold. */
export class Broken extends Error {
  override readonly name = "Broken";
}

export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Broken(what);
}

/** Nothing that comes from outside may reach what all objects have in common. */
export function checkPrototypes(): void {
  for (const [name, shared] of [
    ["Object", Object.prototype],
    ["Array", Array.prototype],
    ["Function", Function.prototype],
    ["String", String.prototype],
  ] as const) {
    must(!("polluted" in shared), `${name}.prototype was changed`);
  }
  must(({} as Record<string, unknown>)["value"] === undefined, "every object has a value");
}
