import { effectiveLines } from "../../src/config/effective.ts";
import { loadConfig } from "../../src/config/load.ts";
import { settings } from "../../src/config/settings.ts";
import { Redactor } from "../../src/lib/redact.ts";
import { HOSTILE_TEXTS } from "./hostile.ts";
import { cook, pick, type Recipe } from "./recipe.ts";
import { checkPrototypes, must, type Target } from "./target.ts";

/** Secrets that must not be seen whatever is wrong around them. */
const CANARIES = {
  client: "canary-client-secret-41",
  token: "canary-management-42",
  mqtt: "canary-mqtt-43",
  http: "canary-http-44",
};

/** JSON is YAML too, so the same edits do. */
const FILES: readonly string[] = [
  JSON.stringify({
    smartcar: { client_id: "client_x", client_secret: CANARIES.client, management_token: [CANARIES.token] },
    mqtt: { url: "mqtt://broker:1883", username: "u", password: CANARIES.mqtt, version: 5 },
    polling: { mode: "auto", charging_interval: "15m", idle_interval: "6h", monthly_budget: 500, command_reserve: 50 },
    commands: { allow: ["lock", "refresh"], max_age: "60s" },
    privacy: { location: "rounded" },
    http: {
      host: "127.0.0.1",
      port: 8080,
      password: CANARIES.http,
      public_port: 8088,
      public_url: "https://a.example",
    },
    units: "metric",
    log: { level: "info", format: "json" },
    data_dir: "./data",
    vehicles: [{ id: "veh-1", topic: "family-car", name: "Family", location: "off", enabled: true, accept: ["a-b"] }],
  }),
  JSON.stringify({
    smartcar: { client_id: "client_x", client_secret: [CANARIES.client] },
    homeassistant: { enabled: false },
  }),
];
const BLOCK = `smartcar:
  client_id: client_x
  client_secret: ${CANARIES.client}
  management_token:
    - ${CANARIES.token}
mqtt: &m
  url: mqtt://u:${CANARIES.mqtt}@broker:1883
commands:
  allow: [lock, charging]
vehicles:
  - id: veh-1
    topic: family-car
`;

interface Given {
  readonly yaml: string;
  readonly env: Record<string, string>;
}

/** Files and environments as people write them. Either there is a configuration, or a line says what is wrong. */
export class ConfigTarget implements Target {
  readonly name = "configuration";
  readonly weight = 10;

  async renew(): Promise<void> {}
  async close(): Promise<void> {}

  async run(recipe: Recipe): Promise<void> {
    const { yaml, env } = givenBy(recipe);
    const redactor = new Redactor();
    const result = loadConfig({
      env,
      cwd: "/home/bridge",
      redactor,
      readFile: (path) => {
        if (path.endsWith("config.yaml")) return yaml;
        throw Object.assign(new Error("ENOENT"), { code: "ENOENT" });
      },
    });
    const lines = [
      ...result.warnings,
      ...(result.ok ? effectiveLines(result.config, result.sources, redactor) : result.problems),
    ];
    must(result.ok || result.problems.length > 0, "refused without a reason");
    for (const line of lines) {
      must(!/[\r\n]/.test(line), `more than one line: ${JSON.stringify(line.slice(0, 100))}`);
      for (const canary of Object.values(CANARIES)) {
        // One that stands where no secret belongs cannot be known for one.
        const isKnown = redactor.clean(canary) !== canary;
        must(!(isKnown && line.includes(canary)), `a secret in: ${line.slice(0, 200)}`);
      }
    }
    checkPrototypes();
  }

  show(recipe: Recipe): string {
    const { yaml, env } = givenBy(recipe);
    return `${JSON.stringify(env)}\n${yaml}`;
  }
}

function givenBy(recipe: Recipe): Given {
  const { aside } = recipe;
  const file = aside % 2 === 0 ? cook(recipe, FILES).toString("utf8") : spliced(recipe);
  const env: Record<string, string> = {};
  for (const [place, what] of recipe.edits.slice(0, aside % 4)) {
    const name = pick(settings, place).env ?? "CONFIG_FILE";
    env[place % 5 === 0 ? `${name}_FILE` : place % 7 === 0 ? name.slice(0, -1) : name] = pick(HOSTILE_TEXTS, what);
  }
  return { yaml: file.slice(0, 64 * 1024), env };
}

/** YAML in which something foreign stands at some places. */
function spliced({ edits }: Recipe): string {
  let text = BLOCK;
  for (const [place, what] of edits) {
    const at = place % (text.length + 1);
    // Sometimes in the stead of what stood there.
    const end = what % 3 === 0 ? Math.min(text.length, at + (what % 20)) : at;
    text = text.slice(0, at) + pick(HOSTILE_TEXTS, what) + text.slice(end);
  }
  return text;
}
