import { readFile } from "node:fs/promises";
import type { IClientOptions } from "mqtt";
import { toError } from "../lib/errors.ts";
import { MqttError } from "./mqtt-error.ts";

/** The broker as the configuration names it; keys that are not set are absent or undefined. */
export interface BrokerSettings {
  readonly url: string;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly servername?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
  readonly version: "5" | "3.1.1";
  readonly clientId: string;
}

export interface Will {
  readonly topic: string;
  readonly payload: string;
}

const SCHEMES = { mqtt: 1883, mqtts: 8883, ws: 80, wss: 443 } as const;
type Scheme = keyof typeof SCHEMES;

const KEEPALIVE_S = 45;

interface Address {
  readonly scheme: Scheme;
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/**
 * What MQTT.js is given. Never a key with the value `undefined`, which would override a default, and never its `log`
 * option, which prints the password. Files are read each time, so that a renewed certificate needs no restart.
 *
 * @throws MqttError when the address or a file is unusable.
 */
export async function sessionOptions(settings: BrokerSettings, will: Will): Promise<IClientOptions> {
  const address = brokerAddress(settings.url);
  const secure = isSecure(address.scheme);
  const unused = secure ? undefined : tlsKeys(settings)[0];
  if (unused !== undefined) {
    // MQTT.js would connect in the clear with a CA alone; whoever names one does not want that.
    throw new MqttError("MQTT_TLS_UNUSED", `${unused} is set, but ${address.scheme}:// is not encrypted`, {
      disposition: "fix-config",
      hint: `use ${address.scheme === "ws" ? "wss" : "mqtts"}:// in mqtt.url, or take ${unused} out`,
    });
  }
  const options: IClientOptions = {
    protocol: address.scheme,
    host: isWebSocket(address.scheme) ? address.host : unbracketed(address.host),
    port: address.port,
    clientId: settings.clientId,
    protocolVersion: settings.version === "5" ? 5 : 4,
    // Commands sent while we were away must never arrive late, so nothing of a session survives.
    clean: true,
    keepalive: KEEPALIVE_S,
    // The session has a limit of its own that passes earlier, on the clock of the program.
    connectTimeout: 60_000,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true },
  };
  if (isWebSocket(address.scheme)) options.path = address.path;
  const username = settings.username ?? address.username;
  const password = settings.password ?? address.password;
  if (username !== undefined) options.username = username;
  if (password !== undefined) options.password = password;
  if (secure) await addTls(options, settings);
  return options;
}

/** What is worth a loud word before connecting; said by the session, and by `doctor` and `check-config`. */
export function brokerWarnings(settings: BrokerSettings): string[] {
  const { scheme, host, username, password } = brokerAddress(settings.url);
  const warnings: string[] = [];
  const hasCredentials = (settings.password ?? password ?? settings.username ?? username) !== undefined;
  if (isSecure(scheme) && settings.rejectUnauthorized === false) {
    warnings.push("mqtt.reject_unauthorized is false: anyone on the way can pose as the broker and read the password");
  }
  if (!isSecure(scheme) && hasCredentials && !isLoopback(unbracketed(host))) {
    warnings.push(`the MQTT user name and password go to ${host} without encryption: use mqtts:// if the broker can`);
  }
  return warnings;
}

/** The broker's address without credentials, for logs and messages. */
export function brokerLabel(url: string): string {
  try {
    const { scheme, host, port } = brokerAddress(url);
    return `${scheme}://${host}:${port}`;
  } catch {
    return "the configured broker";
  }
}

function brokerAddress(url: string): Address {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const scheme = parsed?.protocol.replace(":", "");
  if (parsed === undefined || parsed.hostname === "" || !isScheme(scheme)) {
    // The text itself is left out: it may hold a password.
    throw new MqttError("MQTT_URL_INVALID", "mqtt.url is no broker address", {
      disposition: "fix-config",
      hint: "write it as mqtt://host:1883 (or mqtts, ws, wss)",
    });
  }
  return {
    scheme,
    host: parsed.hostname,
    port: parsed.port === "" ? SCHEMES[scheme] : Number(parsed.port),
    path: `${parsed.pathname === "" ? "/" : parsed.pathname}${parsed.search}`,
    username: decoded(parsed.username),
    password: decoded(parsed.password),
  };
}

async function addTls(options: IClientOptions, settings: BrokerSettings): Promise<void> {
  options.rejectUnauthorized = settings.rejectUnauthorized !== false;
  if (settings.caFile !== undefined) options.ca = await readKeyFile("mqtt.ca_file", settings.caFile);
  if (settings.certFile !== undefined) options.cert = await readKeyFile("mqtt.cert_file", settings.certFile);
  if (settings.keyFile !== undefined) options.key = await readKeyFile("mqtt.key_file", settings.keyFile);
  if (settings.servername !== undefined) {
    options.servername = settings.servername;
    // MQTT.js hands the other TLS options on to WebSockets by itself, but not this one.
    const forWebSocket: object = { servername: settings.servername };
    options.wsOptions = forWebSocket;
  }
}

async function readKeyFile(key: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new MqttError("MQTT_TLS_FILE", `${key}: cannot read ${path} (${toError(error).message})`, {
      disposition: "fix-config",
      hint: "check that the file exists and that this program's user may read it",
      cause: error,
    });
  }
}

function tlsKeys(settings: BrokerSettings): string[] {
  const keys = [
    ["mqtt.ca_file", settings.caFile],
    ["mqtt.cert_file", settings.certFile],
    ["mqtt.key_file", settings.keyFile],
    ["mqtt.servername", settings.servername],
  ] as const;
  return keys.filter(([, value]) => value !== undefined).map(([key]) => key);
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost") || host === "::1" || /^127\./.test(host);
}

const isScheme = (text: string | undefined): text is Scheme => text !== undefined && Object.hasOwn(SCHEMES, text);
const isSecure = (scheme: Scheme) => scheme === "mqtts" || scheme === "wss";
const isWebSocket = (scheme: Scheme) => scheme === "ws" || scheme === "wss";
const unbracketed = (host: string) => host.replace(/^\[(.*)\]$/, "$1");

function decoded(part: string): string | undefined {
  if (part === "") return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
