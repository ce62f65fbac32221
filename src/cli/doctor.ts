import { settingsOf } from "../app/frame.ts";
import { type LoadResult, loadConfig } from "../config/load.ts";
import type { Config } from "../config/schema.ts";
import { wrongConfigurationLink } from "../doctor/account.ts";
import { type DoctorSettings, examine } from "../doctor/active.ts";
import { LINK_NAMES, type Link, needs } from "../doctor/link.ts";
import { furtherReading, linesOf } from "../doctor/report.ts";
import { WEBHOOK_PATH } from "../http/public-server.ts";
import { reachableHost } from "../lib/reachable-host.ts";
import { Redactor } from "../lib/redact.ts";
import type { Command, Terminal } from "./command.ts";
import { configOption, WRONG_CONFIGURATION } from "./configuration.ts";

const SOMETHING_FAILED = 3;

export const doctor: Command = {
  name: "doctor",
  about: "look at every link from Smartcar to Home Assistant and say what to do about those that do not hold",
  options: [
    configOption,
    { name: "json", value: null, about: "print JSON" },
    { name: "billed", value: null, about: "also read the first car, which costs one call" },
  ],
  async run(options, terminal) {
    const redactor = new Redactor();
    const { env, cwd, clock, random } = terminal;
    const loaded = loadConfig({ env, cwd, redactor, configFile: options["config"] });
    const links = loaded.ok
      ? await examine({
          settings: doctorSettings(loaded.config, loaded.warnings),
          billed: options["billed"] !== undefined,
          clock,
          random,
          redactor,
        })
      : unconfigured(loaded);
    print(links, options["json"] !== undefined, terminal, redactor);
    if (!loaded.ok) return WRONG_CONFIGURATION;
    return links.some(({ status }) => status === "failed") ? SOMETHING_FAILED : 0;
  },
};

/** Nothing can be looked at without knowing where. */
function unconfigured({ problems }: Extract<LoadResult, { ok: false }>): Link[] {
  const [, ...rest] = LINK_NAMES;
  return [wrongConfigurationLink(problems), ...rest.map((name) => needs(name, "configuration"))];
}

function print(links: readonly Link[], json: boolean, { out }: Terminal, redactor: Redactor): void {
  const text = json ? JSON.stringify({ links }, null, 2) : linesOf(links).join("\n");
  out(`${redactor.clean(text)}\n`);
  const more = json ? null : furtherReading(links);
  if (more !== null) out(`More: ${more}\n`);
}

function doctorSettings(config: Config, warnings: readonly string[]): DoctorSettings {
  const { http } = config;
  const local = (host: string, port: number, path: string) =>
    port === 0 ? null : `http://${reachableHost(host)}:${port}${path}`;
  return {
    ...settingsOf(config),
    warnings,
    dataDir: config.data_dir,
    ignored: new Set(config.vehicles.flatMap(({ id, enabled }) => (enabled === false ? [id] : []))),
    daemon: {
      metricsUrl: local(http.host, http.port, "/metrics"),
      webhookUrl: local(http.public_host, http.public_port, WEBHOOK_PATH),
    },
  };
}
