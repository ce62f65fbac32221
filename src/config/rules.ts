import { formatDuration } from "../lib/duration.ts";
import { isLoopbackHost, sharesInterface } from "./addresses.ts";
import type { ParsedConfig } from "./schema.ts";
import { wrongBoxes } from "./wrong-boxes.ts";

/** Something wrong between keys, none of them secret. */
export interface Finding {
  readonly key: string;
  readonly what: string;
  readonly got?: string;
  readonly mend: string;
}

/** What could be parsed so far: a key that was refused by itself is missing here, and its rules are left out. */
export type Known = { readonly [Section in keyof ParsedConfig]?: Partial<ParsedConfig[Section]> };

/** Contradictions between keys that make a start pointless. */
export function contradictions(config: Known): Finding[] {
  return [...budgetRules(config), ...topicRules(config), ...portRules(config), ...urlRules(config)];
}

/** Values that are legal but look like a slip: a credential in the wrong box, a setting without effect. */
export function suspicions(config: Known): Finding[] {
  return [...wrongBoxes(config.smartcar ?? {}), ...withoutEffect(config), ...unprotected(config)];
}

function budgetRules({ polling = {} }: Known): Finding[] {
  const { monthly_budget: budget, command_reserve: reserve } = polling;
  if (budget === undefined || reserve === undefined || budget === 0 || reserve < budget) return [];
  return [
    {
      key: "polling.command_reserve",
      what: `is not below polling.monthly_budget, which is ${budget}`,
      got: String(reserve),
      mend: "lower the reserve or raise the budget",
    },
  ];
}

function topicRules({ mqtt = {}, homeassistant = {} }: Known): Finding[] {
  const base = mqtt.base_topic;
  const prefix = homeassistant.discovery_prefix;
  if (base === undefined || prefix === undefined) return [];
  if (base !== prefix && !base.startsWith(`${prefix}/`) && !prefix.startsWith(`${base}/`)) return [];
  const relation = base === prefix ? "is the same as" : "overlaps with";
  const what = `${relation} mqtt.base_topic, which is ${base}`;
  return [
    { key: "homeassistant.discovery_prefix", what, got: prefix, mend: "give the two topics different beginnings" },
  ];
}

function portRules({ http = {} }: Known): Finding[] {
  const { host, port, public_host: publicHost = host, public_port: publicPort } = http;
  if (host === undefined || publicHost === undefined || port === undefined || port === 0) return [];
  if (port !== publicPort || !sharesInterface(host, publicHost)) return [];
  const mend = "give the two ports different numbers";
  return [{ key: "http.public_port", what: "is the same as http.port", got: String(port), mend }];
}

function urlRules({ smartcar = {}, mqtt = {} }: Known): Finding[] {
  const findings: Finding[] = [];
  for (const key of ["iam_url", "connect_url"] as const) {
    const url = smartcar[key];
    if (url !== undefined && /\/oauth2?(\/|$)/.test(new URL(url).pathname)) {
      findings.push({ key: `smartcar.${key}`, what: "has the path already", got: url, mend: "end it before /oauth" });
    }
  }
  const { cert_file: cert, key_file: key } = mqtt;
  if (cert !== undefined && key === undefined) {
    findings.push({
      key: "mqtt.key_file",
      what: "is missing beside mqtt.cert_file",
      mend: "name the certificate's key",
    });
  }
  if (key !== undefined && cert === undefined) {
    findings.push({
      key: "mqtt.cert_file",
      what: "is missing beside mqtt.key_file",
      mend: "name the key's certificate",
    });
  }
  return findings;
}

function withoutEffect({ smartcar = {}, mqtt = {}, polling = {}, http = {} }: Known): Finding[] {
  const findings: Finding[] = [];
  for (const key of ["vehicle_api_url", "management_api_url"] as const) {
    if (smartcar[key]?.endsWith("/v3") === false) {
      findings.push({
        key: `smartcar.${key}`,
        what: "does not end in /v3",
        mend: "the V3 paths are appended to it as it is",
      });
    }
  }
  if (mqtt.url !== undefined && /^(mqtt|ws):/.test(mqtt.url)) {
    for (const key of ["ca_file", "cert_file", "servername"] as const) {
      if (mqtt[key] === undefined) continue;
      const what = "has no effect: mqtt.url is not encrypted";
      findings.push({ key: `mqtt.${key}`, what, mend: "use mqtts:// or wss://" });
    }
  }
  if (http.public_url !== undefined && smartcar.management_token?.length === 0) {
    const what = "is not set although http.public_url is: webhooks are answered with 503";
    findings.push({ key: "smartcar.management_token", what, mend: "copy it from the application's configuration" });
  }
  const { charging_interval: charging, idle_interval: idle } = polling;
  if (charging !== undefined && idle !== undefined && charging > idle) {
    const what = `is longer than polling.idle_interval, which is ${formatDuration(idle)}`;
    findings.push({ key: "polling.charging_interval", what, mend: "charging is usually watched more closely" });
  }
  return findings;
}

function unprotected({ smartcar = {}, http = {}, mqtt = {} }: Known): Finding[] {
  const findings: Finding[] = [];
  for (const key of ["iam_url", "vehicle_api_url", "management_api_url"] as const) {
    const url = smartcar[key] === undefined ? undefined : new URL(smartcar[key]);
    if (url?.protocol === "http:" && !isLoopbackHost(url.hostname)) {
      const what = "is not encrypted: credentials can be read on the way";
      findings.push({ key: `smartcar.${key}`, what, mend: "use https://" });
    }
  }
  if (mqtt.reject_unauthorized === false && /^(mqtts|wss):/.test(mqtt.url ?? "")) {
    const what = "is false: anybody can pose as the broker";
    findings.push({
      key: "mqtt.reject_unauthorized",
      what,
      mend: "name the broker's authority in mqtt.ca_file instead",
    });
  }
  if (http.host !== undefined && !isLoopbackHost(http.host) && http.password === undefined) {
    const what = "is not set while page and API listen beyond this machine";
    findings.push({ key: "http.password", what, mend: "set one, or keep http.host at 127.0.0.1" });
  }
  return findings;
}
