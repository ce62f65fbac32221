import type { Timer } from "../lib/clock.ts";
import { minutes } from "../lib/duration.ts";
import type { Command } from "./command.ts";
import { configOption, WRONG_CONFIGURATION } from "./configuration.ts";
import { configuredApp } from "./configured-app.ts";
import { runDaemon } from "./daemon.ts";
import { growWithLoad, tidyUp } from "./frugal.ts";

/** By then the broker holds everything, also of thousands of cars. */
const SETTLED_MS = minutes(1);

export const start: Command = {
  name: "start",
  about: "run the bridge",
  options: [configOption],
  async run(options, terminal) {
    const configured = configuredApp(terminal, options["config"]);
    if (configured === undefined) return WRONG_CONFIGURATION;
    const { app, log } = configured;
    let settled: Timer | undefined;
    const onStarted = () => {
      growWithLoad();
      settled = terminal.clock.after(SETTLED_MS, tidyUp);
    };
    try {
      return await runDaemon(app, { terminal, log, onStarted });
    } finally {
      settled?.cancel();
    }
  },
};
