import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Two cores; end-to-end files start real processes, so more workers only make them wait for each other.
    maxWorkers: 2,
    // Tests wait for what is to happen; only one that fails, or a machine that stands still, takes so long.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    retry: 0,
  },
});
