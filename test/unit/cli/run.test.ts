import { expect, test } from "vitest";
import type { Command, GivenOptions } from "../../../src/cli/command.ts";
import { portOption, speedOption } from "../../../src/cli/numbers.ts";
import { run } from "../../../src/cli/run.ts";
import { AppError } from "../../../src/lib/errors.ts";
import { FakeTerminal } from "../../support/fake-terminal.ts";

interface Outcome {
  readonly exitCode: number;
  readonly ran: readonly { name: string; options: GivenOptions }[];
  readonly terminal: FakeTerminal;
}

async function runWith(...argv: string[]): Promise<Outcome> {
  const ran: { name: string; options: GivenOptions }[] = [];
  const command = (name: string, options: Command["options"], exitCode = 0): Command => ({
    name,
    about: `does ${name}`,
    options,
    run: async (given) => {
      ran.push({ name, options: { ...given } });
      portOption("port", given["port"], 1);
      return exitCode;
    },
  });
  const fails = (name: string, error: unknown): Command => ({
    ...command(name, []),
    run: () => Promise.reject(error),
  });
  const terminal = new FakeTerminal();
  const table: [Command, ...Command[]] = [
    command("start", [{ name: "config", value: "FILE", about: "the file" }]),
    command("demo", [
      { name: "port", value: "P", about: "the port" },
      { name: "loud", value: null, about: "a switch" },
    ]),
    command("three", [], 3),
    { ...command("copy", []), argument: "FILE" },
    fails("expected", new AppError("X", "the port is taken", { disposition: "fix-config", hint: "Take another." })),
    fails("surprise", new Error("boom")),
  ];
  return { exitCode: await run(argv, table, terminal), ran, terminal };
}

test("without a command the first one runs", async () => {
  const { exitCode, ran } = await runWith();
  expect(exitCode).toBe(0);
  expect(ran).toEqual([{ name: "start", options: {} }]);
});

test.each([
  ["behind the command", ["start", "--config", "a.yaml"]],
  ["before it", ["--config", "a.yaml", "start"]],
  ["without it", ["--config=a.yaml"]],
])("options may stand %s", async (_where, argv) => {
  expect((await runWith(...argv)).ran).toEqual([{ name: "start", options: { config: "a.yaml" } }]);
});

test("a switch is given or not", async () => {
  expect((await runWith("demo", "--loud")).ran).toEqual([{ name: "demo", options: { loud: "true" } }]);
});

test("the command's exit code is the program's", async () => {
  expect((await runWith("three")).exitCode).toBe(3);
});

test.each([["--help"], ["-h"], ["demo", "--help"]])("%s %s prints the usage", async (...argv) => {
  const { exitCode, ran, terminal } = await runWith(...argv);
  expect(exitCode).toBe(0);
  expect(ran).toEqual([]);
  expect(terminal.stdout).toMatch(/start .*\(default\)\n.*--config FILE .*the file\n/);
});

test("--version prints the version alone", async () => {
  expect((await runWith("--version")).terminal.stdout).toBe("1.2.3\n");
});

test.each([
  ["an unknown command", ["doctr"], /unknown command "doctr": did you mean /],
  ["an unknown option", ["start", "--verbose"], /--verbose/],
  ["another command's option", ["start", "--port", "1"], /start has no option --port/],
  ["an option without value", ["start", "--config"], /--config/],
  ["an argument too many", ["start", "now"], /unexpected argument "now"/],
  ["a value that makes no sense", ["demo", "--port", "eighty"], /--port must be a port .*"eighty"/],
])("%s: one line that leads to the usage, and exit code 2", async (_what, argv, expected) => {
  const { exitCode, terminal } = await runWith(...argv);
  expect(exitCode).toBe(2);
  expect(terminal.stderr).toMatch(expected);
  expect(terminal.stderr).toMatch(/^smartcar2mqtt: .*[.?] smartcar2mqtt --help lists .*\.\n$/);
  expect(terminal.stdout).toBe("");
});

test("an expected failure is one line with what to do", async () => {
  const { exitCode, terminal } = await runWith("expected");
  expect(exitCode).toBe(1);
  expect(terminal.stderr).toBe("smartcar2mqtt: the port is taken. Take another.\n");
});

test("so is a surprise", async () => {
  const { exitCode, terminal } = await runWith("surprise");
  expect(exitCode).toBe(1);
  expect(terminal.stderr).toBe("smartcar2mqtt: boom\n");
});

test.each(["-1", "65536", "1.5", "", "0x10"])("%j is no port", (text) => {
  expect(() => portOption("port", text, 1)).toThrow("--port must be a port");
});

test.each(["0", "-1", "fast", "10001", ""])("%j is no speed", (text) => {
  expect(() => speedOption(text, 1)).toThrow("--speed must be a number");
});

test("options that are not given have their defaults", () => {
  expect([portOption("port", undefined, 80), portOption("port", "0", 80)]).toEqual([80, 0]);
  expect([speedOption(undefined, 60), speedOption("0.5", 60)]).toEqual([60, 0.5]);
});

test("a command may take one argument", async () => {
  expect((await runWith("copy", "a.db")).ran).toEqual([{ name: "copy", options: { FILE: "a.db" } }]);
});

test.each([
  ["is missing", ["copy"], "copy needs FILE"],
  ["is one too many", ["copy", "a.db", "b.db"], 'unexpected argument "b.db"'],
  ["is not expected at all", ["start", "a.db"], 'unexpected argument "a.db"'],
])("an argument that %s is refused", async (_why, argv, message) => {
  const { exitCode, ran, terminal } = await runWith(...argv);
  expect(exitCode).toBe(2);
  expect(ran).toEqual([]);
  expect(terminal.stderr).toContain(message);
});
