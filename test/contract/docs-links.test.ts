import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { REPOSITORY } from "../../src/lib/project.ts";
import { type Document, documentPaths, isThere, parseDocument, readDocument } from "../support/documents.ts";

const FRONT = "docs/README.md";
const documents = documentPaths().map(readDocument);
const byPath = new Map(documents.map((document) => [document.path, document]));

/** A link's file below the project's folder and what stands behind `#`; undefined for addresses elsewhere. */
function targetOf(
  { path }: Document,
  link: string,
): { readonly file: string; readonly anchor: string | undefined } | undefined {
  if (/^[a-z]+:/.test(link)) return undefined;
  const [name = "", anchor] = link.split("#");
  return { file: name === "" ? path : normalize(join(dirname(path), name)), anchor };
}

/** Links to files or headings that are not there. */
function brokenLinks(document: Document): string[] {
  return document.links.filter((link) => {
    const target = targetOf(document, link);
    if (target === undefined) return false;
    const there = target.file === document.path ? document : byPath.get(target.file);
    if (target.anchor !== undefined) return there?.anchors.has(target.anchor) !== true;
    return there === undefined && !isThere(target.file);
  });
}

describe.each(documents)("$path", (document) => {
  it("leads to files and headings that are there", () => {
    expect(brokenLinks(document)).toEqual([]);
  });
});

describe("the documents", () => {
  it("are found, with links and headings", () => {
    expect(documents.length).toBeGreaterThan(20);
    expect(documents.flatMap(({ links }) => links).filter((link) => link.includes("#")).length).toBeGreaterThan(3);
  });

  it("are all reached from docs/README.md", () => {
    const reached = new Set([FRONT]);
    for (const path of reached) {
      const document = byPath.get(path);
      const next = document?.links.flatMap((link) => targetOf(document, link)?.file ?? []) ?? [];
      for (const file of next) if (byPath.has(file)) reached.add(file);
    }
    // Read where they are: by GitHub, and by Home Assistant's add-on store.
    const elsewhere = (path: string) => path.startsWith(".github/") || path.startsWith("addon/");
    expect(documents.map(({ path }) => path).filter((path) => !reached.has(path) && !elsewhere(path))).toEqual([]);
  });

  it("know one address of the project", () => {
    const texts = documents.flatMap(({ links, code, blocks }) => [
      ...links,
      ...code,
      ...blocks.map(({ text }) => text),
    ]);
    const named = texts.flatMap((text) =>
      [...text.matchAll(/(?:github\.com|ghcr\.io)\/([\w-]+\/smartcar2mqtt)\b/g)].map(([, name]) => name),
    );
    expect(named.length).toBeGreaterThan(3);
    expect([...new Set(named)]).toEqual([REPOSITORY]);
  });
});

describe("the reading of a document", () => {
  it("finds out a wrong file, a wrong heading, and a heading that was renamed", () => {
    const text =
      '# A page\n\n[a](docker.md) [b](nowhere.md) [c](#a-page) [d](#another) [e](docker.md#nowhere) `[f](x)` <img src="no.png">\n';
    expect(brokenLinks(parseDocument("docs/page-of-a-test.md", text))).toEqual([
      "nowhere.md",
      "#another",
      "docker.md#nowhere",
      "no.png",
    ]);
  });

  it("makes anchors as GitHub does", () => {
    const text = "# Twice\n\n## Twice\n\n## `a.b`, c & [D](e) – f_g\n\n```sh\n# no heading\n```\n";
    expect([...parseDocument("x.md", text).anchors]).toEqual(["twice", "twice-1", "ab-c--d--f_g"]);
  });
});
