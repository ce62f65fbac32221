import type { Redactor } from "../lib/redact.ts";
import type { RawValue } from "./layer.ts";
import { nearest } from "./nearest.ts";
import type { Problem } from "./problem.ts";
import type { Known } from "./rules.ts";
import { type Setting, settings } from "./settings.ts";
import { MASK, shown, shownKey } from "./shown.ts";
import { vehicleSchema } from "./vehicle-list.ts";

/** What could be parsed; sections are filled in key by key. */
export type MutableKnown = { -readonly [Section in keyof Known]: Known[Section] };

export interface Parsed {
  readonly known: MutableKnown;
  readonly sources: Map<string, string>;
  readonly problems: readonly Problem[];
}

interface ParseContext {
  readonly redactor: Redactor;
  /** True when a source could not be read: what is missing may stand in it. */
  readonly incomplete: boolean;
}

/** Checks every key by its own part of the schema, so that one wrong key does not hide another. */
export function parseSettings(raw: ReadonlyMap<string, RawValue>, context: ParseContext): Parsed {
  const known: MutableKnown = {};
  const sources = new Map<string, string>();
  const problems: Problem[] = [];
  for (const setting of settings) {
    const given = raw.get(setting.key);
    sources.set(setting.key, given?.source ?? (setting.fallback === undefined ? "not set" : "default"));
    const result = setting.schema.safeParse(given?.value);
    if (result.success) put(known, setting.path, result.data);
    else if (given !== undefined) {
      for (const issue of result.error.issues) problems.push(...refused(setting, given, issue, context.redactor));
    } else if (!context.incomplete) {
      const mend = `set it in the configuration file or as ${setting.env}`;
      problems.push({ key: setting.key, what: "is missing", mend });
    }
  }
  return { known, sources, problems };
}

/** Defaults that are others inside the container image. */
export function imageDefaults(): [string, RawValue][] {
  return settings.flatMap(({ key, inImage }): [string, RawValue][] =>
    inImage === undefined ? [] : [[key, { value: inImage, source: "default of the image" }]],
  );
}

function put(known: MutableKnown, path: readonly string[], value: unknown): void {
  const root = known as Record<string, unknown>;
  const [section = "", key] = path;
  if (key === undefined) root[section] = value;
  else {
    root[section] ??= {};
    if (value !== undefined) (root[section] as Record<string, unknown>)[key] = value;
  }
}

/** The parts of zod's issues that are used here. */
interface Issue {
  readonly code: string;
  readonly message: string;
  readonly path: readonly PropertyKey[];
  readonly keys?: readonly string[];
  readonly params?: Record<string, unknown> | undefined;
}

function refused(setting: Setting, given: RawValue, issue: object, redactor: Redactor): Problem[] {
  const { code, message, path, keys, params } = issue as Issue;
  const key = setting.key + path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  if (code === "unrecognized_keys") {
    const fields = Object.keys(vehicleSchema.shape);
    return (keys ?? []).map((name) => ({
      key: `${key}.${shownKey(name)}`,
      what: "is not a known key",
      mend: `did you mean ${nearest(name, fields)?.word}?`,
    }));
  }
  const found = path.reduce<unknown>(
    (value, part) => (value as Record<PropertyKey, unknown> | undefined)?.[part],
    given.value,
  );
  const text = setting.secret ? MASK : found === undefined ? "nothing" : shown(found, redactor);
  const mend = typeof params?.["mend"] === "string" ? params["mend"] : usualMend(setting, path, found);
  return [{ key, what: message, got: `${text} from ${given.source}`, mend }];
}

function usualMend(setting: Setting, path: readonly PropertyKey[], found: unknown): string {
  if (setting.duration) return "write a number with its unit: 90s, 15m, 6h, 1d";
  if (wantsQuotes(setting, found)) return "put it in quotes";
  if (path.length > 0) return "correct it or take it out";
  const example = setting.example ?? setting.fallback;
  return `write it like ${Array.isArray(example) ? `[${example.join(", ")}]` : String(example)}`;
}

/** Whether a number or a flag is what the key wants, if only it were text. */
function wantsQuotes({ kind, schema }: Setting, found: unknown): boolean {
  if (typeof found !== "number" && typeof found !== "boolean") return false;
  return kind === "secrets" || (kind === "text" && schema.safeParse(String(found)).success);
}
