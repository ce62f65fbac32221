import { commandDrafts } from "../src/bridge/discovery-commands.ts";
import type { Draft } from "../src/bridge/discovery-component.ts";
import { bridgeDrafts, CAR_EVENTS, extraDrafts } from "../src/bridge/discovery-extras.ts";
import { readingDraft } from "../src/bridge/discovery-readings.ts";
import { resultDrafts } from "../src/bridge/discovery-results.ts";
import { Topics } from "../src/bridge/topics.ts";
import { COMMANDS, type CommandSpec } from "../src/commands/catalogue.ts";
import { VARIANTS } from "../src/commands/view.ts";
import { CATALOGUE, READINGS } from "../src/vehicle/catalogue.ts";
import type { ReadingSpec } from "../src/vehicle/catalogue-row.ts";
import type { SignalCode } from "../src/vehicle/ids.ts";
import { probablePermission } from "../src/vehicle/permission.ts";
import { publishedUnit } from "../src/vehicle/units.ts";

/** As a reader looks for them: Smartcar's groups under the headings of the page. */
const CHAPTERS: readonly (readonly [title: string, groups: readonly string[]])[] = [
  ["Battery", ["TractionBattery", "LowVoltageBattery"]],
  ["Charging", ["Charge"]],
  ["Doors, windows, lids", ["Closure"]],
  ["Place and driving", ["Location", "Odometer", "Motion", "Transmission"]],
  ["Climate", ["Climate", "HVAC"]],
  ["Fuel and engine", ["InternalCombustionEngine"]],
  ["Tires", ["Wheel"]],
  ["Connection and surveillance", ["ConnectivityStatus", "ConnectivitySoftware", "Surveillance"]],
  ["Service and diagnostics", ["Service", "Diagnostics"]],
  ["Identity and account", ["VehicleIdentification", "VehicleUserAccount"]],
];

const topics = new Topics({ base: "B", discoveryPrefix: "homeassistant" });
const CAR = "V";

/** Every reading, chapter by chapter. @throws when a group of the catalogue has no chapter */
export function readingTables(): string {
  const homeless = CATALOGUE.filter(({ group }) => !CHAPTERS.some(([, groups]) => groups.includes(group)));
  if (homeless.length > 0) throw new Error(`no chapter for ${homeless.map(({ group }) => group).join(", ")}`);
  return CHAPTERS.map(([title, groups]) => {
    const rows = [...READINGS.values()].toSorted(byUse).flatMap((reading) => {
      const [first, ...more] = CATALOGUE.filter(({ readings }) => readings.some(({ name }) => name === reading.name));
      return first !== undefined && groups.includes(first.group) ? [readingRow(reading, [first, ...more])] : [];
    });
    return `### ${title}\n\n${table(["Topic", "Name", "Payload", "Signal", "Permission", "Entity"], rows)}`;
  }).join("\n\n");
}

/** Every command with what it calls, and the entities that come with it. */
export function commandTables(): string {
  const calls = table(
    ["Topic", "Payload", "Allowed by", "Smartcar call", "Permission", "Confirmed by"],
    Object.values(COMMANDS).map(commandRow),
  );
  const entities = table(["Allowed", "Entity"], ENTITY_CASES.flatMap(entityRows));
  return `${calls}\n\n${entities}`;
}

/** Entities that tell of the bridge's own knowledge, first a car's, then those of the bridge's device. */
export function extraTables(): string {
  const own = extraDrafts(new Set(["last_webhook_received", "energy_total"]), topics, CAR);
  const rows = (drafts: readonly Draft[]) =>
    drafts.map((draft) => [code(draft.key), draft.label, code(String(draft.options["state_topic"])), entity(draft)]);
  return table(["Entity", "Name", "Topic", "Kind"], [...rows(own), ...rows(bridgeDrafts(topics))]);
}

/** What `event_type` may say of a car. */
export function carEvents(): string {
  return CAR_EVENTS.map(code).join(", ");
}

/** What is on from the start comes first. */
function byUse(a: ReadingSpec, b: ReadingSpec): number {
  const off = ({ entity: hint }: ReadingSpec) => Number(hint.disabled === true);
  return off(a) - off(b) || a.name.localeCompare(b.name);
}

function readingRow(reading: ReadingSpec, signals: readonly { readonly code: SignalCode }[]): string[] {
  const permissions = [...new Set(signals.map((each) => probablePermission(each.code)))];
  return [
    code(reading.name),
    reading.label,
    payload(reading),
    signals.map((each) => code(each.code)).join(" or "),
    permissions.map((permission) => (permission === undefined ? "–" : code(permission))).join(" or "),
    entity(readingDraft(reading, topics.reading(CAR, reading.name), "metric")),
  ];
}

function payload({ name, quantity, entity: hint }: ReadingSpec): string {
  const [metric, imperial] = [publishedUnit(quantity, "metric"), publishedUnit(quantity, "imperial")];
  if (metric !== null) return `number, ${metric === imperial ? metric : `${metric} / ${imperial}`}`;
  // The one topic that also says what is on its way.
  if (name === "lock") return ["LOCKED", "UNLOCKED", "LOCKING", "UNLOCKING"].map(code).join(", ");
  if (hint.platform === "device_tracker") return `JSON ${code('{"latitude": …, "longitude": …}')}`;
  if (hint.list !== undefined) return "JSON list";
  if (hint.platform === "sensor") return hint.stateClass === undefined ? "word" : "number";
  const { on = "true", off = "false" } = hint.words ?? {};
  return on === "false" || on === "true" ? "`true`, `false`" : `${code(off)}, ${code(on)}`;
}

/** Platform, classes, and whether Home Assistant has to be told to use it. */
function entity({ platform, options }: Pick<Draft, "platform" | "options">): string {
  const words = [platform, options["device_class"], options["state_class"]].filter((word) => word !== undefined);
  return `${words.join(", ")}${options["enabled_by_default"] === false ? " (off)" : ""}`;
}

function commandRow(spec: CommandSpec): string[] {
  const values = VARIANTS.filter(({ command }) => command === spec.name).map(({ value }) => value);
  const calls = values.map((value) => spec.call?.(value)).filter((call) => call !== undefined);
  const each = (texts: readonly string[]) => [...new Set(texts)].map(code).join(", ");
  return [
    code(`${spec.name}/set`),
    spec.expects,
    each(values.map(spec.allowance)),
    calls.length === 0 ? "one read" : each(calls.map(({ method, path }) => `${method} ${path}`)),
    spec.permission === null ? "–" : code(spec.permission),
    spec.confirmedBy === undefined ? "–" : code(spec.confirmedBy.code),
  ];
}

/** What may stand together in `commands.allow` and decides which entities there are. */
const ENTITY_CASES: readonly (readonly string[])[] = [
  ["lock"],
  ["unlock"],
  ["lock", "unlock"],
  ...Object.keys(COMMANDS)
    .filter((name) => name !== "lock")
    .map((name) => [name]),
];

function entityRows(allowed: readonly string[]): string[][] {
  const given = new Set(allowed);
  const drafts = [...commandDrafts(given, topics, CAR, 60_000), ...resultDrafts(given, topics, CAR)];
  const names = drafts.map(({ key, entityName, label, platform }) => {
    return `${code(`${platform}.…_${entityName ?? key}`)} (${label})`;
  });
  return [[allowed.map(code).join(" and "), names.length === 0 ? "none: by topic only" : names.join(", ")]];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

function code(text: string): string {
  return `\`${text}\``;
}
