import { LineCounter, parseDocument } from "yaml";
import { systemCode } from "../lib/errors.ts";
import { isObject } from "../lib/json.ts";
import { fromWords, type Layer, type RawValue } from "./layer.ts";
import { nearest } from "./nearest.ts";
import type { Problem } from "./problem.ts";
import { type Setting, sections, settings } from "./settings.ts";
import { shownKey } from "./shown.ts";

const EMPTY: Layer = { values: new Map(), problems: [], warnings: [], unreadable: false };

/** The parser's own messages quote the text at fault, which may be a password: its codes are put in our words. */
const SYNTAX: Record<string, string> = {
  ALIAS_PROPS: "an alias (*) cannot carry a tag",
  BAD_ALIAS: "a value beginning with * needs quotes",
  BAD_DQ_ESCAPE: "an unknown escape in double quotes",
  BAD_INDENT: "the indentation is wrong",
  BAD_SCALAR_START: "a value beginning with @ or ` needs quotes",
  BLOCK_AS_IMPLICIT_KEY: "a mapping where a single value belongs",
  DUPLICATE_KEY: "a key stands twice",
  MISSING_CHAR: "a quote, bracket or colon is missing",
  MULTILINE_IMPLICIT_KEY: "a colon is missing",
  RESOURCE_EXHAUSTION: "it is nested too deeply",
  TAB_AS_INDENT: "indented with a tab",
  TAG_RESOLVE_FAILED: "a value beginning with ! needs quotes",
  UNEXPECTED_TOKEN: "something does not belong here",
};

export interface YamlSource {
  /** As shown to people. */
  readonly name: string;
  readonly text: string;
}

/** Reads the configuration file: values by key, and every key nobody knows. */
export function yamlLayer(file: YamlSource): Layer {
  const lines = new LineCounter();
  // Its warnings would go to the terminal with the text at fault.
  const document = parseDocument(file.text, { lineCounter: lines, prettyErrors: false, logLevel: "silent" });
  if (document.errors.length > 0 || document.warnings.length > 0) {
    const problems = [...document.errors, ...document.warnings].map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      const what = SYNTAX[error.code] ?? `not valid YAML (${error.code})`;
      return { key: file.name, what: `line ${line}, column ${col}: ${what}`, mend: "mend the line" };
    });
    return { ...EMPTY, problems, unreadable: true };
  }
  let root: unknown;
  try {
    root = document.toJS();
  } catch {
    const problem = { key: file.name, what: "its aliases cannot be resolved", mend: "write the values out" };
    return { ...EMPTY, problems: [problem], unreadable: true };
  }
  if (root === null || root === undefined) return EMPTY;
  if (!isObject(root)) {
    const problem = { key: file.name, what: "is no mapping of keys to values", mend: "write lines like units: metric" };
    return { ...EMPTY, problems: [problem], unreadable: true };
  }
  return collect(root, file.name);
}

/** Why the file could not be read at all. */
export function unreadableFile(name: string, error: unknown): Layer {
  const code = systemCode(error);
  const reason =
    code === "ENOENT" ? "does not exist" : code === "EISDIR" ? "is a folder" : `cannot be read (${code ?? "unknown"})`;
  const mend = code === "EACCES" ? "give this user the right to read it" : "name an existing file";
  return { ...EMPTY, problems: [{ key: name, what: reason, mend }], unreadable: true };
}

function collect(root: Record<string, unknown>, source: string): Layer {
  const values = new Map<string, RawValue>();
  const problems: Problem[] = [];
  const take = (setting: Setting, value: unknown) => {
    // A key with nothing behind it is how people write "not set".
    if (value === null || value === "") return;
    // A secret written as one text is one secret, commas and all: the file has lists for several.
    const isWords = typeof value === "string" && setting.kind !== "secrets";
    values.set(setting.key, { value: isWords ? fromWords(setting.kind, value) : value, source });
  };
  for (const [name, value] of Object.entries(root)) {
    const direct = settings.find((setting) => setting.key === name);
    if (direct !== undefined) take(direct, value);
    else if (!sections.some((section) => section.name === name)) problems.push(unknownKey(name));
    else if (isObject(value)) {
      for (const [inner, leaf] of Object.entries(value)) {
        const key = `${name}.${inner}`;
        const setting = settings.find((each) => each.key === key);
        if (setting === undefined) problems.push(unknownKey(key));
        else take(setting, leaf);
      }
    } else if (value !== null && value !== "") {
      problems.push({ key: name, what: "must be a mapping", mend: `indent its keys below ${name}:` });
    }
  }
  return { values, problems, warnings: [], unreadable: false };
}

function unknownKey(key: string): Problem {
  return { key: shownKey(key), what: "is not a known key", mend: `did you mean ${nearestKey(key)}?` };
}

/** A key in the wrong section is found by its own name, a misspelt one by the whole. */
function nearestKey(key: string): string {
  const own = key.slice(key.lastIndexOf(".") + 1);
  const elsewhere = settings.find((setting) => setting.path.at(-1) === own)?.key;
  if (elsewhere !== undefined) return elsewhere;
  const candidates = key.includes(".") ? settings : [...settings.filter(({ path }) => path.length === 1), ...sections];
  const names = candidates.map((each) => ("key" in each ? each.key : each.name));
  return nearest(key, names)?.word ?? key;
}
