import { arch, platform } from "node:os";
import type { Link } from "../../http/schema/chain.ts";
import type { Setup } from "../../http/schema/setup.ts";
import type { Traffic } from "../../http/schema/traffic.ts";
import type { SignalRow } from "../../http/schema/vehicles.ts";
import type { Vehicle } from "../../vehicle/vehicle.ts";

export interface ReportFacts {
  readonly setup: Setup;
  readonly uptimeS: number;
  readonly memoryMb: number;
  readonly links: readonly Link[];
  readonly traffic: Traffic;
  readonly cars: readonly { readonly vehicle: Vehicle; readonly signals: readonly SignalRow[] }[];
  /** The program's own knowledge of what is secret. */
  readonly clean: (text: string) => string;
  /** Further words that name a person, a place or a machine: VINs, addresses, topic names. */
  readonly names: readonly string[];
}

const ROWS = 25;

/**
 * What somebody who helps needs to know, as Markdown: nothing secret, no car's or person's id, no VIN, no place, no
 * address. Ids become `car-1`, `user-1`; requests keep Smartcar's request id, which only Smartcar can resolve. Pure.
 */
export function report(facts: ReportFacts): string {
  const { setup, links, traffic, cars, uptimeS, memoryMb } = facts;
  const lines = [
    "### smartcar2mqtt report",
    "",
    `Version ${setup.version}, Node.js ${process.versions.node}, ${platform()} ${arch()}, up ${uptimeS} s, ${memoryMb} MB`,
    `Mode ${setup.mode}, units ${setup.units}, location ${setup.privacy}, Home Assistant ${setup.homeassistant.enabled ? "on" : "off"}, MQTT ${traffic.mqtt.state}`,
    "",
    "#### Chain",
    "",
    ...links.map(({ name, status, detail }) => `- ${MARK[status]} ${name}: ${detail}`),
    "",
    "#### Configuration",
    "",
    ...setup.boxes.map(({ key, ok, detail }) => `- ${ok ? MARK.ok : MARK.failed} ${key}: ${detail}`),
    "",
    "#### Cars",
    "",
    ...cars.flatMap(({ vehicle, signals }) => carLines(vehicle, signals)),
    "",
    "#### Webhook",
    "",
    `\`${JSON.stringify(traffic.webhook)}\``,
    "",
    ...table(
      ["at", "outcome", "cause", "type", "car", "bytes"],
      traffic.deliveries.map((row) => [row.at, row.outcome, row.cause, row.event_type, row.vehicle_id, row.bytes]),
    ),
    "#### Calls to Smartcar",
    "",
    ...table(
      ["at", "call", "status", "request id", "ms", "error"],
      traffic.calls.map((row) => [
        row.at,
        `${row.method} ${row.path}`,
        row.status,
        row.request_id,
        row.duration_ms,
        row.error,
      ]),
    ),
    "#### Polls",
    "",
    ...traffic.plans.map(
      ({ id, polling }) =>
        `- ${id}: ${polling.mode}, ${polling.reason}; ${polling.calls_used} of ${polling.budget} calls used, ${polling.forecast} by the month's end`,
    ),
    "",
    "#### MQTT",
    "",
    `\`${JSON.stringify({ ...traffic.mqtt, broker: undefined })}\``,
    "",
  ];
  return anonymous(facts.clean(lines.join("\n")), facts);
}

const MARK = { ok: "✓", failed: "✗", not_known: "?" } as const;

function carLines(vehicle: Vehicle, signals: readonly SignalRow[]): string[] {
  const by = new Map<string, string[]>();
  for (const { code, verdict } of signals) by.set(verdict, [...(by.get(verdict) ?? []), code]);
  return [
    `- ${vehicle.id}: ${vehicle.make ?? "?"} ${vehicle.model ?? ""} ${vehicle.year ?? ""} ${vehicle.powertrain ?? ""}, ${vehicle.mode ?? "?"}, ${vehicle.connected ? "connected" : "not connected"}`,
    `  - permissions: ${vehicle.permissions.join(", ")}`,
    ...[...by]
      .filter(([verdict]) => verdict !== "never")
      .map(([verdict, codes]) => `  - ${verdict}: ${codes.join(", ")}`),
  ];
}

function table(head: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string[] {
  if (rows.length === 0) return ["none", ""];
  const cells = (row: readonly (string | number | null)[]) =>
    `| ${row.map((cell) => String(cell ?? "–").replaceAll("|", "\\|")).join(" | ")} |`;
  return [cells(head), `|${" --- |".repeat(head.length)}`, ...rows.slice(0, ROWS).map(cells), ""];
}

/** Takes out what names a car, a person, a place or a machine, wherever it may have got into a message. */
function anonymous(text: string, { cars, names }: ReportFacts): string {
  let clean = text;
  const users = [...new Set(cars.map(({ vehicle }) => vehicle.userId))];
  cars.forEach(({ vehicle }, index) => {
    // What a car is called by its maker may stay: it is said above, and matters.
    const isGiven = vehicle.name.toLowerCase() !== `${vehicle.make} ${vehicle.model}`.toLowerCase();
    for (const word of [vehicle.id, vehicle.topic, ...(isGiven ? [vehicle.name] : [])]) {
      clean = clean.replaceAll(new RegExp(`(?<![\\w-])${RegExp.escape(word)}(?![\\w-])`, "gi"), `car-${index + 1}`);
    }
  });
  users.forEach((user, index) => {
    clean = clean.replaceAll(user, `user-${index + 1}`);
  });
  for (const name of names) if (name.length > 2) clean = clean.replaceAll(name, "***");
  return clean
    .replace(/\bhttps?:\/\/[^\s"'|)]+/gi, (url) =>
      /^https:\/\/([a-z.]+\.)?smartcar\.com(\/|$)/i.test(url) ? url : "http…",
    )
    .replace(/\/(home|Users)\/[^/\s]+/g, "/$1/…")
    .replace(/\b[A-HJ-NPR-Z0-9]{17}\b/g, "VIN")
    .replace(/-?\b\d{1,3}\.\d{3,}\b/g, "…");
}
