import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type RequestParts, requests } from "../../../src/app/requests.ts";
import { COMMANDS } from "../../../src/commands/catalogue.ts";
import { CATALOGUE, READINGS } from "../../../src/vehicle/catalogue.ts";
import { type Document, isThere, ROOT } from "../documents.ts";

/** Every request of `bridge/request/<name>`. The handlers are only asked for their names. */
export const REQUEST_NAMES: readonly string[] = requests({} as RequestParts).map(({ name }) => name);

const CAR = ["availability", "info", "state", "polling", "problem", "event", "last_webhook_received", "energy_total"];
const READING = new Set([...READINGS.keys(), ...CAR]);
const CODES = new Set<string>(CATALOGUE.map(({ code }) => code));

/** Topics below `B/`, `smartcar/` and `homeassistant/`, in code spans and blocks, that the bridge does not know. */
export function unknownTopics({ code, blocks }: Document): string[] {
  const texts = [...code, ...blocks.map(({ text }) => text)];
  const named = texts.flatMap(
    (text) => text.match(/(?<![\w/.@-])(?:B|smartcar|homeassistant)\/[^\s"'`,;:)\\]+/g) ?? [],
  );
  return [...new Set(named)].filter((topic) => !isPattern(topic) && !isKnownTopic(topic) && !isSource(topic));
}

/** Part of a regular expression. */
function isPattern(topic: string): boolean {
  return /[[\](){}*^?$]/.test(topic);
}

/** Modules of the folder `src/smartcar` are written like topics. */
function isSource(topic: string): boolean {
  return isThere(`src/${topic}`) || isThere(`src/${topic}.ts`);
}

function isKnownTopic(topic: string): boolean {
  const [base, first = "", second = "", ...rest] = topic.split("/");
  const any = (level: string) => /^(\+|…|<[^>]+>)$/.test(level);
  if (first === "#" || first === "…" || first === "") return rest.length === 0;
  if (base === "homeassistant") {
    const isDevice = first === "device" && second !== "" && rest.join("/") === "config";
    // Placeholders: what other bridges announce.
    return (first === "status" && second === "") || isDevice || any(first);
  }
  if (first === "bridge") {
    if (rest.length === 0) return ["state", "info", "event", "#", "…"].includes(second);
    const [name = "", ...more] = rest;
    return /^re(quest|sponse)$/.test(second) && more.length === 0 && (any(name) || REQUEST_NAMES.includes(name));
  }
  if (second === "signals")
    return rest.length === 1 && (any(rest[0] ?? "") || rest[0] === "#" || CODES.has(rest[0] ?? ""));
  // A car as such.
  if (second === "" && rest.length === 0) return true;
  if (rest.length === 0) return any(second) || second === "#" || READING.has(second);
  return rest.length === 1 && /^(set|result)$/.test(rest[0] ?? "") && (any(second) || second in COMMANDS);
}

/** A level that is filled in later. */
const ANY = "{}";

/** Every path that stands as a text in the sources: our routes, the simulator's and Smartcar's. */
const ROUTES: readonly (readonly string[])[] = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((name) => /\.tsx?$/.test(name))
  .flatMap((name) => readFileSync(join(ROOT, "src", name), "utf8").match(/(?<=["'`])\/[\w:.-][\w/:.-]*/g) ?? [])
  .map(levelsOf);
/** Where files are on a machine or in the image or the page's folder, and the ends of topics. */
const OTHER =
  /^\/(addon_configs|app|assets|backup|config|data|dev|etc|home|mosquitto|opt|proc|result|run|set|share|tmp|usr|var)(\/|$)/;

/**
 * Paths of HTTP that no source speaks of: in code spans (`/readyz`, `GET /metrics`), and in addresses of the bridge in
 * blocks. `/api/…` is any below it.
 */
export function unknownPaths({ code, blocks }: Document): string[] {
  const inBlocks = blocks.flatMap(({ text }) => [...text.matchAll(BRIDGE)].map(([, path = ""]) => path));
  return [...code, ...inBlocks].filter((named) => {
    const [, path] = /^(?:(?:GET|POST|PUT|DELETE) )?(\/[^ ?#]*)/.exec(named) ?? [];
    if (path === undefined || path === "/" || OTHER.test(path)) return false;
    const wanted = levelsOf(path);
    const isOpen = wanted.at(-1) === "…";
    return !ROUTES.some((route) => {
      if (isOpen ? route.length < wanted.length : route.length !== wanted.length) return false;
      return wanted.every((level, at) => level === "…" || level === route[at] || route[at] === ANY);
    });
  });
}

/** Its two ports, under the names that documents give them. */
const BRIDGE = /https?:\/\/(?:(?:127\.0\.0\.1|localhost|smartcar2mqtt):80(?:80|88)|cars\.example\.org)(\/[^\s"'`)]*)/g;

function levelsOf(path: string): string[] {
  return path
    .replace(/\/$/, "")
    .split("/")
    .slice(1)
    .map((level) => (/^:|^[{<].*[}>]$/.test(level) ? ANY : level));
}

const FOLDERS = /^(src|test|scripts|docs|config|addon|examples|bench|\.ci|\.github)\/[\w./-]+$/;
/** Made by whoever runs the bridge. */
const MADE = new Set(["config/config.yaml"]);

/** Files of the project, named in code spans, that are not there. */
export function missingFiles({ code }: Document): string[] {
  const named = code.flatMap((span) => span.split(" ")).filter((word) => FOLDERS.test(word) && !MADE.has(word));
  return [...new Set(named)].filter((path) => !isThere(path));
}
