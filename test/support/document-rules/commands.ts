import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import manifest from "../../../package.json" with { type: "json" };
import { commands } from "../../../src/cli/table.ts";
import { type Document, ROOT } from "../documents.ts";

const PROGRAM = "smartcar2mqtt";
const ALWAYS = new Set(["help", "version"]);

/** What is typed into a shell: code spans, and the lines of `sh` blocks without comments, simple command by command. */
export function shellCommands({ code, blocks }: Document): string[][] {
  const scripts = blocks.filter(({ language }) => language === "sh").map(({ text }) => text.replaceAll("\\\n", " "));
  return [...code, ...scripts.flatMap((text) => text.split("\n"))]
    .map((line) => line.replace(/(^|\s)#.*$/, ""))
    .flatMap((line) => line.split(/&&|\|\||[;|]/))
    .map((line) => line.trim().split(/\s+/));
}

/** Scripts of npm, and commands and options of the program, that do not exist. */
export function unknownCommands(document: Document): string[] {
  return shellCommands(document).flatMap((words) => [
    ...npmFaults(words),
    ...programFaults(words),
    ...composeFaults(words),
  ]);
}

function npmFaults(words: readonly string[]): string[] {
  const [npm, verb = "", name = ""] = words;
  if (npm !== "npm") return [];
  const script = verb === "run" ? name : ["test", "start"].includes(verb) ? verb : undefined;
  if (script === undefined) return [];
  if (!(script in manifest.scripts)) return [`npm run ${script}`];
  const given = words.slice(words.indexOf("--") + 1);
  if (!words.includes("--")) return [];
  if (script === "demo") return optionFaults("demo", given);
  return script === "start" ? invocationFaults(given) : [];
}

/** The program's name may also be that of a container or a service: what counts is the last one. */
function programFaults(words: readonly string[]): string[] {
  const at = words.lastIndexOf(PROGRAM);
  return at < 0 ? [] : invocationFaults(words.slice(at + 1));
}

function invocationFaults([first, ...rest]: readonly string[]): string[] {
  if (first?.startsWith("-")) return optionFaults("start", [first, ...rest]);
  // Nothing follows, or a placeholder, or the folder of `docker build`.
  if (first === undefined || !/^[a-z]/.test(first)) return [];
  return commands.some(({ name }) => name === first) ? optionFaults(first, rest) : [`${PROGRAM} ${first}`];
}

interface Compose {
  readonly services: Readonly<Record<string, { readonly profiles?: readonly string[] }>>;
}
const { services } = parse(readFileSync(join(ROOT, "docker-compose.yml"), "utf8"), { merge: true }) as Compose;
const PROFILES = new Set(Object.values(services).flatMap(({ profiles = [] }) => profiles));

/** Profiles, and services that a command is run in, that docker-compose.yml does not have. */
function composeFaults(words: readonly string[]): string[] {
  const at = words.findIndex((word, index) => word === "compose" && words[index - 1] === "docker");
  if (at < 0) return [];
  const given = words.slice(at + 1);
  const profiles = given.filter(
    (_word, index) => given[index - 1] === "--profile" && !PROFILES.has(given[index] ?? ""),
  );
  const verb = given.findIndex((word) => ["exec", "run", "logs", "restart"].includes(word));
  const service = verb < 0 ? undefined : given.slice(verb + 1).find((word) => /^[a-z]/.test(word));
  const isUnknown = service !== undefined && !(service in services);
  return [
    ...profiles.map((name) => `--profile ${name}`),
    ...(isUnknown ? [`docker compose ${given[verb]} ${service}`] : []),
  ];
}

function optionFaults(name: string, words: readonly string[]): string[] {
  const known = commands.find((command) => command.name === name)?.options.map((option) => option.name) ?? [];
  return words
    .flatMap((word) => /^\[?--([\w-]+)/.exec(word)?.[1] ?? [])
    .filter((option) => !known.includes(option) && !ALWAYS.has(option))
    .map((option) => `${PROGRAM} ${name} --${option}`);
}
