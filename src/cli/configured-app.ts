import { type App, createApp } from "../app/app.ts";
import type { Log } from "../lib/log.ts";
import { Redactor } from "../lib/redact.ts";
import type { Terminal } from "./command.ts";
import { loadOrExplain } from "./configuration.ts";
import { terminalLog } from "./terminal-log.ts";

/** The program as the configuration wants it, not started; what is wrong with that is said, and nothing returned. */
export function configuredApp(
  terminal: Terminal,
  configFile?: string,
): { readonly app: App; readonly log: Log } | undefined {
  const redactor = new Redactor();
  const loaded = loadOrExplain(terminal, redactor, configFile);
  if (loaded === undefined) return undefined;
  const { config, warnings } = loaded;
  const { log, setLevel: setLogLevel } = terminalLog(config.log, terminal, redactor);
  for (const warning of warnings) log.warn({ warning }, "look at the configuration");
  const { clock, random, version } = terminal;
  return { app: createApp(config, { clock, random, log, redactor, setLogLevel, version, warnings }), log };
}
