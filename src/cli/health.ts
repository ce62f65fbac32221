import { privatePlace } from "../config/load.ts";
import { seconds } from "../lib/duration.ts";
import { toError } from "../lib/errors.ts";
import { reachableHost } from "../lib/reachable-host.ts";
import { Redactor } from "../lib/redact.ts";
import type { Command } from "./command.ts";

const ANSWER_LIMIT_MS = seconds(3);

/**
 * For the container image, which has no curl; only the configuration knows the port. It runs every half minute beside
 * the daemon, so it loads nothing else: see needed.ts.
 */
export const health: Command = {
  name: "health",
  about: "ask the bridge on this machine whether it is alive: the health check of the container image",
  options: [],
  async run(_options, terminal) {
    const { env, cwd } = terminal;
    const { host, port } = privatePlace({ env, cwd, redactor: new Redactor() });
    const url = `http://${reachableHost(host)}:${port}/healthz`;
    try {
      const { status } = await fetch(url, { signal: AbortSignal.timeout(ANSWER_LIMIT_MS), redirect: "error" });
      if (status === 200) return 0;
      terminal.err(`smartcar2mqtt: ${url} answers ${status}\n`);
    } catch (error) {
      const { cause } = toError(error);
      terminal.err(`smartcar2mqtt: ${url} does not answer: ${toError(cause ?? error).message}\n`);
    }
    return 1;
  },
};
