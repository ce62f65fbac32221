import { spawnSync } from "node:child_process";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { configurationFaults } from "../support/document-rules/settings.ts";
import { type Document, documentPaths, parseDocument, readDocument } from "../support/documents.ts";
import { tempStore } from "../support/temp-store.ts";

/** What every language that a fence may name is checked with; anything else would be checked with nothing. */
const CHECKS: Readonly<Record<string, (text: string) => string[]>> = {
  yaml: (text) => parseAllDocuments(text).flatMap(({ errors }) => errors.map(({ message }) => message)),
  json: (text) => jsonFaults(text),
  sh: (text) => shellFaults(text),
  sql: (text) => sqlFaults(text),
  // Checked by `configurationFaults`.
  dotenv: () => [],
  text: () => [],
};

/** Blocks that cannot be what their fence says. */
function brokenBlocks({ blocks }: Document): string[] {
  return blocks.flatMap(
    ({ language, text }) => CHECKS[language]?.(text) ?? [`no check for ${language || "a bare fence"}`],
  );
}

function jsonFaults(text: string): string[] {
  try {
    JSON.parse(text);
    return [];
  } catch (error) {
    return [String(error)];
  }
}

function shellFaults(text: string): string[] {
  const { status, stderr } = spawnSync("bash", ["-n"], { input: text, encoding: "utf8" });
  return status === 0 ? [] : [stderr];
}

/** Statements that the program's own database does not understand. */
function sqlFaults(text: string): string[] {
  const { dir, remove } = tempStore();
  const database = new Database(join(dir, "smartcar2mqtt.db"), { readonly: true });
  try {
    const statements = text.replaceAll(/^\s*--.*$/gm, "").split(";");
    return statements
      .filter((statement) => statement.trim() !== "")
      .flatMap((statement) => {
        try {
          database.prepare(statement);
          return [];
        } catch (error) {
          return [`${statement.trim()}: ${String(error)}`];
        }
      });
  } finally {
    database.close();
    remove();
  }
}

const withBlocks = documentPaths()
  .map(readDocument)
  .filter(({ blocks }) => blocks.length > 0);

describe.each(withBlocks)("$path", (document) => {
  it("has blocks that parse as what they are", () => {
    expect(brokenBlocks(document)).toEqual([]);
  });

  it("has configuration that the program takes", () => {
    expect(configurationFaults(document)).toEqual([]);
  });
});

describe("the reading of blocks", () => {
  it("finds blocks that do not parse", () => {
    const text =
      "```yaml\na: [\n```\n\n```json\n{,}\n```\n\n  ```sh\n  if x; then\n  ```\n\n```\nbare\n```\n\n```sh\nls\n```\n\n```sql\nDELETE FROM nothing;\n```\n";
    expect(brokenBlocks(parseDocument("x.md", text))).toHaveLength(5);
  });

  it("finds configuration that is refused, and leaves other programs' alone", () => {
    const blocks = [
      "```yaml\npolling:\n  idle_interval: 1m\n```",
      "```yaml\nmqtt:\n  adress: mqtt://x\n```",
      "```dotenv\nPOLLING_MODE=sometimes\n# fine\nnonsense\n```",
      "```yaml\nunits: imperial\n```",
      "```yaml traefik\nhttp:\n  routers: {}\n```",
      "```yaml\nautomation: []\n```",
    ];
    expect(configurationFaults(parseDocument("x.md", blocks.join("\n\n")))).toEqual([
      expect.stringMatching(/^polling\.idle_interval/),
      expect.stringMatching(/^mqtt\.adress/),
      "nonsense",
      expect.stringMatching(/^polling\.mode/),
    ]);
  });
});
