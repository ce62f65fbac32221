import type { Problem } from "./problem.ts";
import type { SettingKind } from "./settings.ts";

/** A value as one source gave it, not yet checked. */
export interface RawValue {
  readonly value: unknown;
  /** Where it comes from, in words: `config/config.yaml`, `env MQTT_URL`, `file /run/secrets/x`. */
  readonly source: string;
}

/** What one source of configuration says. */
export interface Layer {
  readonly values: ReadonlyMap<string, RawValue>;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** True when the source could not be read at all, so that what is missing may well stand in it. */
  readonly unreadable: boolean;
}

const WORDS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["yes", true],
  ["on", true],
  ["1", true],
  ["false", false],
  ["no", false],
  ["off", false],
  ["0", false],
]);

/**
 * Turns text into the kind the schema expects; text that does not fit stays text, and the schema refuses it.
 * The YAML file passes through here too: `"8080"` in quotes and YAML 1.1's `yes` are understood.
 */
export function fromWords(kind: SettingKind, text: string): unknown {
  const trimmed = text.trim();
  switch (kind) {
    case "boolean":
      return WORDS.get(trimmed.toLowerCase()) ?? text;
    case "number":
      return /^-?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : text;
    case "list":
      return trimmed.toLowerCase() === "none" ? [] : commaSeparated(text);
    case "secrets":
      return commaSeparated(text);
    case "text":
    case "objects":
      return text;
  }
}

function commaSeparated(text: string): string[] {
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}
