import { Document } from "yaml";
import * as z from "zod";
import { configSchema } from "./schema.ts";
import { type Setting, sections, settings } from "./settings.ts";

const LINE_WIDTH = 100;
/** Blank lines between comments alone do not survive every formatter. */
const SEPARATOR = "#";
const JSON_WIDTH = 120;

/** config/config.example.yaml: every key with its description; only what must be set is not commented out. */
export function exampleYaml(): string {
  const lines = [
    "# Configuration of smartcar2mqtt. Generated from the program: npm run generate",
    "# Copy it to config/config.yaml. Every key can be set in the environment as well, under the name in brackets;",
    "# the environment wins. Every secret can be read from a file: add _FILE to its name.",
    "# yaml-language-server: $schema=./config.schema.json",
  ];
  let section: string | undefined;
  for (const setting of settings) {
    const [name = "", inner] = setting.path;
    if (inner === undefined) lines.push(SEPARATOR, ...keyLines(setting, ""));
    else {
      if (name !== section) lines.push(SEPARATOR, ...comment(descriptionOf(name), ""), `${name}:`);
      lines.push(...keyLines(setting, "  "));
    }
    section = name;
  }
  return `${lines.join("\n")}\n`;
}

/** What a section is about. */
export function descriptionOf(section: string): string {
  return sections.find(({ name }) => name === section)?.description ?? "";
}

function keyLines(setting: Setting, indent: string): string[] {
  const name = setting.path.at(-1) ?? "";
  const isRequired = setting.unset === "required";
  const inBrackets = [setting.env, defaultInWords(setting)].filter((text) => text !== null && text !== "").join("; ");
  const about = [setting.description, ...(inBrackets === "" ? [] : [`[${inBrackets}]`])];
  const value = setting.fallback === undefined || isEmptyList(setting.fallback) ? setting.example : setting.fallback;
  const document = new Document();
  // A list of words reads best in one line, a list of mappings in block style.
  const flow = setting.kind === "list";
  document.contents = document.createNode({ [name]: document.createNode(value, { flow }) });
  const written = document.toString({ lineWidth: 0, flowCollectionPadding: false }).trimEnd().split("\n");
  const prefix = isRequired ? indent : `${indent}# `;
  return [...about.flatMap((text) => comment(text, indent)), ...written.map((line) => prefix + line)];
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** What is in force when a key is left out; empty when nothing is. */
export function defaultInWords(setting: Setting): string {
  const inImage = setting.inImage === undefined ? "" : `, in the image ${setting.inImage}`;
  if (setting.unset === "required") return "required";
  if (setting.unset !== undefined) return `default: ${setting.unset.replaceAll("`", "")}`;
  if (setting.fallback === undefined) return "";
  return `default: ${plain(setting.fallback)}${inImage}`;
}

/** A default as people write it in one line. */
export function plain(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.join(", ");
  return String(value);
}

/** A text as comment lines. */
export function comment(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && indent.length + 2 + line.length + 1 + word.length > LINE_WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => `${indent}# ${each}`);
}

/** config/config.schema.json, for editors that check YAML while it is written. */
export function editorSchema(): string {
  const schema = z.toJSONSchema(configSchema, {
    io: "input",
    override({ zodSchema, jsonSchema }) {
      const meta = z.globalRegistry.get(zodSchema);
      for (const ours of ["unset", "inImage", "struckFromLogs"]) delete jsonSchema[ours];
      if (Array.isArray(meta?.["examples"])) jsonSchema.examples = meta["examples"];
      // What the file leaves out may come from the environment; only list entries are complete in themselves.
      const isEntry = jsonSchema.properties?.["accept"] !== undefined;
      if (jsonSchema.type === "object" && !isEntry) delete jsonSchema.required;
    },
  });
  return `${withShortLists(JSON.stringify({ title: "smartcar2mqtt", ...schema }, null, 2))}\n`;
}

/** Puts a list of plain values, and then a list of such lists, on one line where it fits, as the project's formatter does. */
function withShortLists(json: string): string {
  const lists = /^( *)(.*)\[\n((?:\1 {2}[^\s{}][^\n{}]*\n)+)\1\]/gm;
  const shorten = (text: string) =>
    text.replace(lists, (long, indent: string, before: string, items: string) => {
      const lines = items.trimEnd().split("\n");
      const short = `${indent}${before}[${lines.map((item) => item.trim()).join(" ")}]`;
      return short.length < JSON_WIDTH ? short : long;
    });
  return shorten(shorten(json));
}

/** The tables of docs/configuration.md: one for each section, the keys without a section last. */
export function configTables(): string {
  const titled = sections.map(({ name, description }) => ({
    title: `### \`${name}\`\n\n${description}`,
    rows: settings.filter(({ path }) => path.length > 1 && path[0] === name),
  }));
  const rest = { title: "### Without a section", rows: settings.filter(({ path }) => path.length === 1) };
  return [...titled, rest]
    .map(({ title, rows }) => [title, "", ...TABLE_HEAD, ...rows.map(row)].join("\n"))
    .join("\n\n");
}

const TABLE_HEAD = ["| YAML key | Environment | Default | Meaning |", "| --- | --- | --- | --- |"];

function row(setting: Setting): string {
  const env = setting.env === null ? "–" : `\`${setting.env}\``;
  return `| \`${setting.key}\` | ${env} | ${defaultCell(setting)} | ${setting.description}${setting.secret ? " Secret." : ""} |`;
}

function defaultCell(setting: Setting): string {
  if (setting.unset === "required") return "**required**";
  if (setting.unset !== undefined) return setting.unset;
  if (setting.fallback === undefined || isEmptyList(setting.fallback)) return "–";
  const inImage = setting.inImage === undefined ? "" : ` (image: \`${setting.inImage}\`)`;
  return `\`${plain(setting.fallback)}\`${inImage}`;
}
