import { expect, test } from "vitest";
import { tidyUp } from "../../../src/cli/frugal.ts";

test("tidying up lets go of what nothing holds any more", async () => {
  const left = new WeakRef(Array.from({ length: 1_000 }, (_, n) => ({ n })));
  // What a WeakRef gave out stays until the end of the job.
  await new Promise((resolve) => setImmediate(resolve));
  tidyUp();
  expect(left.deref()).toBeUndefined();
});
