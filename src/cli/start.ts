import { createApp } from "../app/app.ts";
import type { Timer } from "../lib/clock.ts";
import { minutes } from "../lib/duration.ts";
import { Redactor } from "../lib/redact.ts";
import type { Command } from "./command.ts";
import { configOption, loadOrExplain, loggerFor, WRONG_CONFIGURATION } from "./configuration.ts";
import { runDaemon } from "./daemon.ts";
import { growWithLoad, tidyUp } from "./frugal.ts";

/** By then the broker holds everything, also of thousands of cars. */
const SETTLED_MS = minutes(1);

export const start: Command = {
  name: "start",
  about: "run the bridge",
  options: [configOption],
  async run(options, terminal) {
    const redactor = new Redactor();
    const loaded = loadOrExplain(terminal, redactor, options["config"]);
    if (loaded === undefined) return WRONG_CONFIGURATION;
    const { log, setLevel } = loggerFor(loaded.config, terminal, redactor);
    for (const warning of loaded.warnings) log.warn({ warning }, "look at the configuration");
    const { clock, random, version } = terminal;
    const app = createApp(loaded.config, {
      clock,
      random,
      log,
      redactor,
      setLogLevel: setLevel,
      version,
      warnings: loaded.warnings,
    });
    let settled: Timer | undefined;
    const onStarted = () => {
      growWithLoad();
      settled = clock.after(SETTLED_MS, tidyUp);
    };
    try {
      return await runDaemon(app, { terminal, log, onStarted });
    } finally {
      settled?.cancel();
    }
  },
};
