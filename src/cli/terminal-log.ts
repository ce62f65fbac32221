import type { Config } from "../config/schema.ts";
import type { Redactor } from "../lib/redact.ts";
import { createLogger, type Logger } from "../telemetry/logger.ts";
import type { Terminal } from "./command.ts";

/** The log of a command: on a terminal it is made for people unless the configuration says otherwise. */
export function terminalLog(
  { level, format }: Pick<Config["log"], "level"> & Partial<Config["log"]>,
  terminal: Terminal,
  redactor: Redactor,
  write = terminal.out,
): Logger {
  return createLogger({
    level,
    format: format ?? (terminal.interactive ? "pretty" : "json"),
    colour: terminal.interactive && !terminal.env["NO_COLOR"],
    clock: terminal.clock,
    redactor,
    write,
  });
}
