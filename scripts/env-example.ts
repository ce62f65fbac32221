import { comment, defaultInWords, descriptionOf, plain } from "../src/config/document.ts";
import { type Setting, settings } from "../src/config/settings.ts";

/** What the container decides: other ports and folders are a matter of docker-compose.yml. */
export const FIXED_IN_CONTAINER: readonly string[] = [
  "http.host",
  "http.port",
  "http.public_host",
  "http.public_port",
  "data_dir",
];

/** Where docker-compose.yml itself has another default. */
export const COMPOSE_DEFAULTS: Readonly<Record<string, string>> = { MQTT_URL: "mqtt://mosquitto:1883" };

/** .env.example: every variable that makes sense beside docker-compose.yml. */
export function envExample(): string {
  const lines = [
    "# Settings of docker-compose.yml. Generated from the program: npm run generate",
    "# Copy it to .env, fill in the first two values, and start everything with: docker compose up -d",
    "# A variable that is empty or commented out has its default. Single cars are configured in the YAML file only",
    "# (config/config.example.yaml). What stands in .env can be read by whoever may use docker on this machine: for",
    "# secrets in files see docs/docker.md.",
    "",
    "# What is started: bridge (with its broker), or demo (no account needed), and beside either of them",
    "# homeassistant, nodered, monitoring. Comma-separated.",
    "COMPOSE_PROFILES=bridge",
  ];
  let section: string | undefined;
  for (const setting of settings) {
    if (setting.env === null || FIXED_IN_CONTAINER.includes(setting.key)) continue;
    const [name = "", inner] = setting.path;
    if (name !== section) lines.push("", ...(inner === undefined ? [] : [`### ${descriptionOf(name)}`]));
    lines.push(...entry(setting, setting.env));
    section = name;
  }
  return `${lines.join("\n")}\n`;
}

function entry(setting: Setting, env: string): string[] {
  const compose = COMPOSE_DEFAULTS[env];
  const fallback = compose === undefined ? defaultInWords(setting) : `default: ${compose}`;
  const about = fallback === "" ? setting.description : `${setting.description} [${fallback}]`;
  const isRequired = setting.unset === "required";
  const value = isRequired ? "" : (compose ?? written(setting));
  return [
    ...comment(about, ""),
    `${isRequired ? "" : "# "}${env}=${value}`,
    ...(setting.secret ? [`# ${env}_FILE=/run/secrets/${env.toLowerCase()}`] : []),
  ];
}

/** The default or, without one, an example. */
function written({ kind, fallback, example }: Setting): string {
  const value = fallback === undefined || (Array.isArray(fallback) && fallback.length === 0) ? example : fallback;
  return kind === "list" && Array.isArray(value) ? value.join(",") : plain(value ?? "");
}
