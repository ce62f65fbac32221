import { formatDuration } from "../lib/duration.ts";
import { isObject } from "../lib/json.ts";
import type { Redactor } from "../lib/redact.ts";
import type { Config } from "./schema.ts";
import { type Setting, settings } from "./settings.ts";
import { MASK, shownJson } from "./shown.ts";

/** The effective configuration, one line a key, with where each value comes from. Secrets are masked. */
export function effectiveLines(config: Config, sources: ReadonlyMap<string, string>, redactor: Redactor): string[] {
  const rows = settings.map((setting) => ({
    left: `${setting.key} = ${written(setting, settingValue(config, setting), redactor)}`,
    source: sources.get(setting.key) ?? "default",
  }));
  const width = Math.min(72, Math.max(...rows.map(({ left }) => left.length)));
  return rows.map(({ left, source }) => `${left.padEnd(width)}   (${source})`);
}

function settingValue(config: Config, setting: Setting): unknown {
  return setting.path.reduce<unknown>((value, part) => (isObject(value) ? value[part] : undefined), config);
}

function written(setting: Setting, value: unknown, redactor: Redactor): string {
  if (value === undefined) return "-";
  if (setting.secret) return Array.isArray(value) ? `[${value.map(() => MASK).join(", ")}]` : MASK;
  if (setting.duration && typeof value === "number") return formatDuration(value);
  if (Array.isArray(value) && setting.kind === "list") return `[${value.join(", ")}]`;
  if (typeof value === "string") return redactor.clean(value);
  return shownJson(value, redactor);
}
