import { type LoadResult, loadConfig } from "../config/load.ts";
import type { Redactor } from "../lib/redact.ts";
import type { Terminal } from "./command.ts";

/** Exit code of a wrong configuration; a supervisor need not try again. */
export const WRONG_CONFIGURATION = 2;

export const configOption = {
  name: "config",
  value: "FILE",
  about: "configuration file (else CONFIG_FILE, else config/config.yaml)",
} as const;

export type Loaded = Extract<LoadResult, { ok: true }>;

/** Loads the configuration, or says everything that is wrong with it, one line each, and returns nothing. */
export function loadOrExplain(terminal: Terminal, redactor: Redactor, configFile?: string): Loaded | undefined {
  const result = loadConfig({ env: terminal.env, cwd: terminal.cwd, redactor, configFile });
  if (result.ok) return result;
  for (const line of result.problems) terminal.err(`${line}\n`);
  for (const line of result.warnings) terminal.err(`warning: ${line}\n`);
  return undefined;
}
