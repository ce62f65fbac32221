import type { Command } from "./command.ts";

/** What `--help` prints. */
export function usage(commands: readonly Command[]): string {
  const lines = ["Usage: smartcar2mqtt [COMMAND] [OPTIONS]", "", "Commands:"];
  for (const [index, command] of commands.entries()) {
    lines.push(
      `  ${`${command.name}${command.argument === undefined ? "" : ` ${command.argument}`}`.padEnd(14)}${command.about}${index === 0 ? " (default)" : ""}`,
    );
    for (const { name, value, about } of command.options) {
      lines.push(`  ${" ".repeat(14)}${`--${name}${value === null ? "" : ` ${value}`}`.padEnd(29)}${about}`);
    }
  }
  lines.push("", "  --help        this text", "  --version     version of the program");
  return `${lines.join("\n")}\n`;
}
