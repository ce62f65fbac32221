import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { AnswersTarget, SignalsTarget } from "../../../bench/fuzz/answers-target.ts";
import { CommandsTarget } from "../../../bench/fuzz/commands-target.ts";
import { ConfigTarget } from "../../../bench/fuzz/config-target.ts";
import type { Recipe } from "../../../bench/fuzz/recipe.ts";
import { RequestsTarget } from "../../../bench/fuzz/requests-target.ts";
import type { Target } from "../../../bench/fuzz/target.ts";
import { StrangerTarget, WebhookTarget } from "../../../bench/fuzz/webhook-target.ts";

/**
 * The doors of `npm run bench:fuzz` with some thousand cases, made and shrunk by fast-check: what it prints at a failure
 * (seed and path) repeats it. FUZZ_SEED and FUZZ_RUNS choose others.
 */
const seed = Number(process.env["FUZZ_SEED"] ?? 20_261_121);
const runs = Number(process.env["FUZZ_RUNS"] ?? 700);

const number = fc.nat({ max: 1_000_000 });
const recipe: fc.Arbitrary<Recipe> = fc.record({
  template: number,
  edits: fc.array(fc.tuple(number, number), { maxLength: 6 }),
  transport: fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: number }),
  aside: number,
});

const targets: readonly (() => Target)[] = [
  () => new WebhookTarget(),
  () => new StrangerTarget(),
  () => new SignalsTarget(),
  () => new AnswersTarget(),
  () => new CommandsTarget(),
  () => new RequestsTarget(),
  () => new ConfigTarget(),
];

describe(`whatever comes in at a door (seed ${seed}, ${runs} cases each)`, () => {
  const strays: unknown[] = [];
  const onStray = (reason: unknown) => strays.push(reason);
  process.on("unhandledRejection", onStray);
  afterAll(() => void process.off("unhandledRejection", onStray));

  it.each(targets.map((make) => [make().name, make] as const))("%s", { timeout: 60_000 }, async (_name, make) => {
    const target = make();
    let count = 0;
    try {
      await fc.assert(
        fc.asyncProperty(recipe, async (made) => {
          if (count++ % 500 === 0) await target.renew();
          await target.run(made);
        }),
        { seed, numRuns: runs, verbose: fc.VerbosityLevel.None },
      );
    } finally {
      await target.close();
    }
    expect(strays).toEqual([]);
  });
});
