import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { sections, settings } from "../../../src/config/settings.ts";
import { load, REQUIRED } from "../configuration.ts";
import { type Document, isThere, ROOT } from "../documents.ts";
import { shellCommands } from "./commands.ts";

const KEYS = new Set(settings.map(({ key }) => key));
const SECTIONS = new Set(sections.map(({ name }) => name));
const INNER = new Set(settings.flatMap(({ path: [, inner] }) => inner ?? []));
/** Actions of Home Assistant and of its integrations that are written like keys of ours. */
const FOREIGN = new Set([
  "homeassistant.update_entity",
  "mqtt.publish",
  "smartcar.lock_doors",
  "smartcar.refresh_vehicle",
  "smartcar.unlock_doors",
]);

/**
 * Configuration keys that do not exist, and values that the key does not take: a code span of the form `section.key` or
 * `section.key: value`, where section or key is one of ours.
 */
export function unknownSettings({ path, code }: Document): string[] {
  return code.flatMap((span) => {
    const [, key = "", section = "", inner = "", value] = /^(([a-z]+)\.([a-z_]+))(?:: (.+))?$/.exec(span) ?? [];
    const isOther = FOREIGN.has(key) || isThere(join(dirname(path), key));
    if (isOther || !(SECTIONS.has(section) || INNER.has(inner))) return [];
    if (!KEYS.has(key)) return [span];
    return value === undefined || value.includes("…") ? [] : yamlFaults(`${section}:\n  ${inner}: ${value}`);
  });
}

const OURS = new Set(
  settings.flatMap(({ env, secret }) => (env === null ? [] : secret ? [env, `${env}_FILE`] : [env])),
);
const CAPITALS = /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g;
/** Every word in capitals that stands in the sources, the tests and what the image is made of. */
const IN_SOURCES = new Set(
  ["src", "scripts", "bench", "addon", "test", "docker-compose.yml", "Dockerfile"]
    .flatMap(filesBelow)
    .flatMap((path) => readFileSync(path, "utf8").match(CAPITALS) ?? []),
);

/** Without documents, and without the tests of this, which name what does not exist. */
function filesBelow(name: string): string[] {
  const path = join(ROOT, name);
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.(tsx?|m?js|ya?ml|json)$/.test(file) && !file.includes("contract/docs"))
    .map((file) => join(path, file));
}

/** Variables and codes in capitals, in code spans, shell and `dotenv` blocks, that nothing in the project knows. */
export function unknownVariables(document: Document): string[] {
  const dotenv = document.blocks.filter(({ language }) => language === "dotenv").map(({ text }) => text);
  const words = [...shellCommands(document).flat(), ...dotenv, ...document.code];
  const named = words.flatMap((text) => text.match(CAPITALS) ?? []);
  return [...new Set(named)].filter((name) => !OURS.has(name) && !IN_SOURCES.has(name) && !name.startsWith("YOUR_"));
}

/** What is wrong with the `yaml` blocks that are our configuration, and with `dotenv` blocks. */
export function configurationFaults({ blocks }: Document): string[] {
  return blocks.flatMap(({ kind, text }) => {
    if (kind === "dotenv") return environmentFaults(text);
    // A block of another program names it: `yaml traefik`.
    const isOurs = kind === "yaml" && [...text.matchAll(/^(\w+):/gm)].some(([, key = ""]) => TOP_LEVEL.has(key));
    return isOurs ? yamlFaults(text) : [];
  });
}

const TOP_LEVEL = new Set(settings.flatMap(({ path: [first] }) => first ?? []));

function yamlFaults(yaml: string): string[] {
  // Files are made up: documents name them where a reader has them.
  const files = Object.fromEntries((yaml.match(/(?<=\s)\/\S+/g) ?? []).map((path) => [path, "x"]));
  const result = load({ yaml, env: withoutDoubles(yaml), files });
  return result.ok ? [] : [...result.problems];
}

/** The two keys that must be set, unless the text sets them. */
function withoutDoubles(text: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(REQUIRED).filter(([name]) => !text.includes(name.replace("SMARTCAR_", "").toLowerCase())),
  );
}

function environmentFaults(text: string): string[] {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const pairs = lines.map((line) => /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line));
  const broken = lines.filter((_line, index) => pairs[index] === null);
  const given = Object.fromEntries(pairs.flatMap((pair) => (pair === null ? [] : [[pair[1], pair[2]]])));
  const result = load({ env: { ...REQUIRED, ...given }, files: FILES });
  return [...broken, ...(result.ok ? [] : result.problems)];
}

/** Secrets may be read from a file that documents like to name. */
const FILES = Object.fromEntries(
  settings.flatMap(({ env, secret }) => (secret && env !== null ? [[`/run/secrets/${env.toLowerCase()}`, "x"]] : [])),
);
