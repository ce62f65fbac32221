import { expect, test } from "vitest";
import { neededCommands } from "../../../src/cli/needed.ts";

test.each([
  ["nothing", []],
  ["the command", ["start"]],
  ["a configuration", ["start", "--config", "a.yaml"]],
])("the bridge alone is loaded for %s", async (_what, argv) => {
  expect((await neededCommands(argv)).map(({ name }) => name)).toEqual(["start"]);
});

test("the health check alone is loaded for itself", async () => {
  expect((await neededCommands(["health"])).map(({ name }) => name)).toEqual(["health"]);
});

test.each([
  ["another command", ["check-config"]],
  ["an unknown one", ["constructor"]],
  ["help", ["start", "--help"]],
  ["an option without its value", ["start", "--config", "--version"]],
  ["an option before the command", ["--config", "start"]],
])("all are there for %s, with the usage to show", async (_what, argv) => {
  const [first, ...others] = await neededCommands(argv);
  expect(first.name).toBe("start");
  expect(others.map(({ name }) => name)).toContain("demo");
});
