import { effectiveLines } from "../config/effective.ts";
import { Redactor } from "../lib/redact.ts";
import type { Command } from "./command.ts";
import { configOption, loadOrExplain, WRONG_CONFIGURATION } from "./configuration.ts";

export const checkConfig: Command = {
  name: "check-config",
  about: "check the configuration and print it, secrets masked, with where each value comes from",
  options: [configOption],
  async run(options, terminal) {
    const redactor = new Redactor();
    const loaded = loadOrExplain(terminal, redactor, options["config"]);
    if (loaded === undefined) return WRONG_CONFIGURATION;
    for (const line of effectiveLines(loaded.config, loaded.sources, redactor)) terminal.out(`${line}\n`);
    for (const warning of loaded.warnings) terminal.err(`warning: ${warning}\n`);
    return 0;
  },
};
