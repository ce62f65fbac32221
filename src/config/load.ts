import { readFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import { systemCode } from "../lib/errors.ts";
import type { Redactor } from "../lib/redact.ts";
import { splitCredentials } from "./addresses.ts";
import { deriveDefaults, resolvePaths } from "./derive.ts";
import { type Environment, envLayer } from "./env-layer.ts";
import type { Layer, RawValue } from "./layer.ts";
import { imageDefaults, parseSettings } from "./parse.ts";
import { type Problem, problemLine } from "./problem.ts";
import { contradictions, type Finding, suspicions } from "./rules.ts";
import type { Config } from "./schema.ts";
import { settings } from "./settings.ts";
import { unreadableFile, yamlLayer } from "./yaml-layer.ts";

/** Set in the container image, whose interface and data folder have other defaults. */
export const IMAGE_MARK = "SMARTCAR2MQTT_IMAGE";
const DEFAULT_FILE = "config/config.yaml";

export interface LoadOptions {
  readonly env: Environment;
  /** From `--config`; else CONFIG_FILE, else config/config.yaml if it exists. */
  readonly configFile?: string | undefined;
  readonly cwd: string;
  /** Learns every secret as soon as it is read. */
  readonly redactor: Redactor;
  /** @throws as node:fs does */
  readonly readFile?: (path: string) => string;
}

export type LoadResult =
  | {
      readonly ok: true;
      readonly config: Config;
      /** Where each key's value comes from, in words. */
      readonly sources: ReadonlyMap<string, string>;
      readonly warnings: readonly string[];
    }
  | { readonly ok: false; readonly problems: readonly string[]; readonly warnings: readonly string[] };

/** Defaults, over them the YAML file, over it the environment. Reports everything that is wrong at once. */
export function loadConfig(options: LoadOptions): LoadResult {
  const { known, sources, problems, warnings: noticed, readFile } = parseLayers(options);
  deriveDefaults(known, sources);
  const findings: Finding[] = [...contradictions(known), ...resolvePaths(known, options.cwd, readFile)];
  const allProblems = [...problems, ...findings];
  const line = (problem: Problem) => options.redactor.clean(problemLine(problem));
  const warnings = [...noticed, ...suspicions(known)].map(line);
  if (allProblems.length > 0) return { ok: false, problems: allProblems.map(line), warnings };
  // Every key was parsed by its own part of the schema, so the whole has the schema's type.
  return { ok: true, config: deepFreeze(known) as Config, sources, warnings };
}

/**
 * Where the private port is, whatever else is wrong with the configuration: for programs that only look after another
 * one, such as the container's health check.
 */
export function privatePlace(options: LoadOptions): { readonly host: string; readonly port: number } {
  const { known } = parseLayers(options);
  return { host: known.http?.host ?? "127.0.0.1", port: known.http?.port ?? 0 };
}

function parseLayers(options: LoadOptions) {
  const fromDisk = options.readFile ?? ((path) => readFileSync(path, "utf8"));
  const readFile = (path: string) => fromDisk(resolve(options.cwd, path));
  const image = options.env[IMAGE_MARK] === "1" ? imageDefaults() : [];
  const layers = [fileLayer(options, readFile), envLayer(options.env, readFile)];
  const raw = new Map([...image, ...layers.flatMap((layer) => [...layer.values])]);
  // Overridden values are registered too: a secret that is not used is still one.
  for (const layer of layers) registerSecrets(layer.values, options.redactor);
  const moved = moveCredentials(raw, options.redactor);

  const parsed = parseSettings(raw, {
    redactor: options.redactor,
    incomplete: layers.some((layer) => layer.unreadable),
  });
  return {
    ...parsed,
    problems: [...layers.flatMap((layer) => layer.problems), ...parsed.problems],
    warnings: [...layers.flatMap((layer) => layer.warnings), ...moved],
    readFile,
  };
}

function fileLayer(options: LoadOptions, readFile: (path: string) => string): Layer {
  const named = options.configFile ?? (options.env["CONFIG_FILE"]?.trim() || undefined);
  const path = named ?? DEFAULT_FILE;
  try {
    return yamlLayer({ name: relative(options.cwd, resolve(options.cwd, path)) || path, text: readFile(path) });
  } catch (error) {
    if (named === undefined && systemCode(error) === "ENOENT") return yamlLayer({ name: path, text: "" });
    return unreadableFile(path, error);
  }
}

function registerSecrets(values: ReadonlyMap<string, RawValue>, redactor: Redactor): void {
  for (const { key, struckFromLogs } of settings) {
    if (!struckFromLogs) continue;
    const value = values.get(key)?.value;
    for (const secret of Array.isArray(value) ? value : [value]) {
      if (typeof secret === "string") redactor.add(secret.trim());
    }
  }
}

/** `mqtt://user:password@host` is what many programs ask for; here the two have keys of their own. */
function moveCredentials(raw: Map<string, RawValue>, redactor: Redactor): Problem[] {
  const given = raw.get("mqtt.url");
  if (typeof given?.value !== "string") return [];
  const warnings: Problem[] = [];
  const { url, credentials } = splitCredentials(given.value);
  if (credentials.password !== undefined) redactor.add(credentials.password);
  raw.set("mqtt.url", { ...given, value: url });
  for (const [name, value] of Object.entries(credentials)) {
    const key = `mqtt.${name}`;
    if (!raw.has(key)) raw.set(key, { value, source: `mqtt.url, ${given.source}` });
    else if (raw.get(key)?.value !== value) {
      warnings.push({ key, what: "differs from what mqtt.url carries and is used", mend: "take it out of mqtt.url" });
    }
  }
  return warnings;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
