import { parseArgs } from "node:util";
import { nearest } from "../config/nearest.ts";
import { toError } from "../lib/errors.ts";
import { type Command, failureLine, type GivenOptions, type Terminal, UsageError } from "./command.ts";
import { usage } from "./usage.ts";

/** From the arguments to the exit code: 0 well, 1 unexpected, 2 wrong usage or configuration. */
export async function run(
  argv: readonly string[],
  commands: readonly [Command, ...Command[]],
  terminal: Terminal,
): Promise<number> {
  try {
    const { positionals, given } = parse(argv, commands);
    if (given["help"] !== undefined) {
      terminal.out(usage(commands));
      return 0;
    }
    if (given["version"] !== undefined) {
      terminal.out(`${terminal.version}\n`);
      return 0;
    }
    const { command, argument } = chosen(positionals, commands);
    for (const name of Object.keys(given)) {
      if (!command.options.some((option) => option.name === name)) {
        throw new UsageError(`${command.name} has no option --${name}`);
      }
    }
    return await command.run({ ...given, ...argument }, terminal);
  } catch (error) {
    terminal.err(failureLine(toError(error)));
    return error instanceof UsageError ? 2 : 1;
  }
}

function chosen(
  positionals: readonly string[],
  commands: readonly [Command, ...Command[]],
): { readonly command: Command; readonly argument: GivenOptions } {
  const [name, ...rest] = positionals;
  if (name === undefined) return { command: commands[0], argument: {} };
  const command = commands.find((each) => each.name === name);
  if (command === undefined) {
    const near = nearest(
      name,
      commands.map((each) => each.name),
    )?.word;
    throw new UsageError(`unknown command ${JSON.stringify(name)}: did you mean ${near}?`);
  }
  const argument = command.argument === undefined ? undefined : rest.shift();
  if (command.argument !== undefined && !argument) throw new UsageError(`${name} needs ${command.argument}`);
  const [surplus] = rest;
  if (surplus !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(surplus)}`);
  return { command, argument: command.argument === undefined ? {} : { [command.argument]: argument } };
}

function parse(argv: readonly string[], commands: readonly Command[]): { positionals: string[]; given: GivenOptions } {
  const options: Record<string, { type: "string" | "boolean"; short?: string }> = {
    help: { type: "boolean", short: "h" },
    version: { type: "boolean", short: "v" },
  };
  for (const option of commands.flatMap((command) => command.options)) {
    options[option.name] = { type: option.value === null ? "boolean" : "string" };
  }
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true });
    const given = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
    return { positionals, given };
  } catch (error) {
    // Only its first sentence is about what was typed; the rest explains a way out that no command here needs.
    throw new UsageError(
      toError(error)
        .message.replace(/\s+/g, " ")
        .replace(/\. .*$/, ""),
    );
  }
}
