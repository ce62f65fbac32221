import type { Random } from "../../src/lib/backoff.ts";

/** A repeatable sequence of numbers in [0, 1). */
export function seededRandom(seed = 1): Random {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}
