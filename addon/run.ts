// Starts the bridge as a Home Assistant add-on: options become its environment, the broker that Home Assistant offers
// becomes its broker, and root becomes the image's own user before anything of the bridge is loaded.
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const OPTIONS = "/data/options.json";
const CONFIG_FILE = "/config/config.yaml";
const DATA_DIR = "/data/bridge";
const PROGRAM = "/app/dist/main.js";
/** The image's user. The Supervisor makes /data for root, so it has to be changed here. */
const USER = 10001;
/** From here, and from nowhere else, come the requests that Home Assistant passes on after asking who it is. */
const INGRESS_ADDRESS = "172.30.32.2";
const ATTEMPTS = 12;
const PAUSE_MS = 5_000;
const ANSWER_LIMIT_MS = 10_000;

/** Access to the broker, as the Supervisor's service `mqtt` tells it. */
export interface BrokerService {
  readonly host: string;
  readonly port: number;
  readonly ssl?: boolean;
  readonly username?: string | null;
  readonly password?: string | null;
}

/** The bridge's environment. An option has the name of its variable in lower case; what is not set stays unset. */
export function environment(
  options: Readonly<Record<string, unknown>>,
  broker: BrokerService | null,
): Record<string, string> {
  // The add-on's log is read by people.
  const env: Record<string, string> = { DATA_DIR, LOG_FORMAT: "pretty", HTTP_TRUSTED_PROXY: INGRESS_ADDRESS };
  for (const [name, value] of Object.entries(options)) {
    if (value === null || value === "") continue;
    const text = Array.isArray(value) ? value.join(",") || "none" : String(value);
    env[name.toUpperCase()] = text;
  }
  if (broker !== null && env["MQTT_URL"] === undefined) {
    env["MQTT_URL"] = `${broker.ssl === true ? "mqtts" : "mqtt"}://${broker.host}:${broker.port}`;
    if (broker.username) env["MQTT_USERNAME"] ??= broker.username;
    if (broker.password) env["MQTT_PASSWORD"] ??= broker.password;
  }
  return env;
}

/** Asks the Supervisor for Home Assistant's broker; null when it offers none. @throws when it does not answer */
export async function offeredBroker(supervisor: string, token: string): Promise<BrokerService | null> {
  const response = await fetch(`${supervisor}/services/mqtt`, {
    headers: { authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
  });
  // Without such a service the answer is 400.
  if (!response.ok) return null;
  const { data } = (await response.json()) as { data?: Partial<BrokerService> };
  return data?.host === undefined || data.port === undefined ? null : { ...data, host: data.host, port: data.port };
}

/** Asks again for a minute: after a restart of the machine the broker's add-on may come later than this one. */
export async function patientBroker(
  ask: () => Promise<BrokerService | null>,
  pause: () => Promise<unknown> = () => wait(PAUSE_MS),
): Promise<BrokerService | null> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const broker = await ask().catch(() => null);
    if (broker !== null) return broker;
    if (attempt < ATTEMPTS) await pause();
  }
  return null;
}

async function main(): Promise<void> {
  const options = JSON.parse(readFileSync(OPTIONS, "utf8")) as Record<string, unknown>;
  const token = process.env["SUPERVISOR_TOKEN"] ?? "";
  // The bridge itself has no business with the Supervisor.
  delete process.env["SUPERVISOR_TOKEN"];
  delete process.env["HASSIO_TOKEN"];
  const ownBroker = Boolean(options["mqtt_url"]);
  const broker = ownBroker ? null : await patientBroker(() => offeredBroker("http://supervisor", token));
  if (!ownBroker && broker === null) {
    process.stderr.write(
      "smartcar2mqtt: Home Assistant offers no MQTT broker. Install the Mosquitto broker add-on, or set mqtt_url.\n",
    );
    process.exit(1);
  }
  Object.assign(process.env, environment(options, broker));
  if (existsSync(CONFIG_FILE)) process.env["CONFIG_FILE"] = CONFIG_FILE;
  mkdirSync(DATA_DIR, { recursive: true, mode: 0o700 });
  // A restored backup belongs to root again.
  for (const name of ["", ...readdirSync(DATA_DIR)]) chownSync(join(DATA_DIR, name), USER, USER);
  process.setgroups?.([]);
  process.setgid?.(USER);
  process.setuid?.(USER);
  process.argv = [process.execPath, PROGRAM, "start"];
  await import(PROGRAM);
}

if (import.meta.main) await main();
