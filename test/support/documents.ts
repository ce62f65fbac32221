import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../..");

/** A fenced block; `kind` is the whole text behind the fence, such as `yaml traefik`. */
export interface Block {
  readonly kind: string;
  /** The kind's first word, which decides the colours. */
  readonly language: string;
  readonly text: string;
}

/** A document taken apart by these rules: fenced blocks; outside them code spans; outside those links and headings. */
export interface Document {
  readonly path: string;
  readonly blocks: readonly Block[];
  /** Code spans, line breaks within them as blanks. */
  readonly code: readonly string[];
  /** Targets of links and pictures. */
  readonly links: readonly string[];
  /** What may stand behind `#`, as GitHub makes it of headings. */
  readonly anchors: ReadonlySet<string>;
}

const FENCE = /^( *)(`{3,})([^`\n]*)\n([\s\S]*?)^\1\2 *$/gm;
const LINK = /\]\(([^)\s]+)(?: "[^"]*")?\)|\b(?:src|srcset|href)="([^"]+)"/g;
const CODE = /(`+)((?:(?!\n\n)[\s\S])*?[^`])\1(?!`)/g;

export function parseDocument(path: string, text: string): Document {
  const blocks: Block[] = [];
  const prose = text.replace(FENCE, (_all, indent: string, _fence, kind: string, body: string) => {
    const [language = ""] = kind.trim().split(" ");
    blocks.push({ kind: kind.trim(), language, text: body.replaceAll(new RegExp(`^${indent}`, "gm"), "") });
    return "";
  });
  const code = [...prose.matchAll(CODE)].map(([, , span = ""]) => span.trim().replaceAll(/\s+/g, " "));
  const links = [...prose.replace(CODE, "").matchAll(LINK)].map(([, target, source]) => target ?? source ?? "");
  return { path, blocks, code, links, anchors: anchorsOf(prose) };
}

/** The document at a path below the project's folder. */
export function readDocument(path: string): Document {
  return parseDocument(path, readFileSync(join(ROOT, path), "utf8"));
}

/** Every document that people read, as paths below the project's folder. */
export function documentPaths(): string[] {
  const below = (folder: string) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .map((name) => `${folder}/${name}`)
      .filter((name) => name.endsWith(".md"));
  const single = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];
  return [...single, ...below("docs"), ...below("examples"), ...below("addon"), ...below(".github")].toSorted();
}

/** The text of the only block of a kind. @throws when there is none, or more than one */
export function blockOf(path: string, kind: string): string {
  const found = readDocument(path).blocks.filter((block) => block.kind === kind);
  const [only, ...more] = found;
  if (only === undefined || more.length > 0) throw new Error(`${path} has ${found.length} blocks of the kind ${kind}`);
  return only.text;
}

/** The rows of the table below a heading (with its `#`s), as lists of cells. */
export function tableBelow(path: string, heading: string): string[][] {
  const section = readFileSync(join(ROOT, path), "utf8").split(`\n${heading}\n`)[1]?.split(/\n##/)[0] ?? "";
  const lines = section.split("\n").filter((line) => line.startsWith("|"));
  const cells = lines.slice(2).map((line) => line.split("|").slice(1, -1));
  return cells.map((row) => row.map((cell) => cell.trim()));
}

export function isThere(path: string): boolean {
  return existsSync(join(ROOT, path));
}

function anchorsOf(prose: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of prose.matchAll(/^#{1,6} +(.+)$/gm)) {
    const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").toLowerCase();
    const slug = plain.replaceAll(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-");
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}
