import type { Bench } from "./e2e-bench.ts";

let fences = 0;

/**
 * Resolves once everything that the program was told before about car `a` has been published: what is published keeps
 * its order, and a signal's document comes last of its delivery.
 */
export async function fence({ simulator, seen }: Bench): Promise<void> {
  const value = ++fences;
  const code = "internalcombustionengine-oillife";
  const [answer] = await simulator.deliver({ signals: [{ code, body: { value, unit: "percent" } }] });
  if (answer?.status !== 200) throw new Error(`the fence was answered with ${answer?.status}`);
  await seen.until(
    ({ topic, payload }) =>
      topic === `smartcar/test-a/signals/${code}` && payload.includes(`"body":{"value":${value},`),
  );
}
