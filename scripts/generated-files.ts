import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { commands } from "../src/cli/table.ts";
import { usage } from "../src/cli/usage.ts";
import { configTables, editorSchema, exampleYaml } from "../src/config/document.ts";
import { metricsTable } from "../src/telemetry/metric-table.ts";
import { partsTable } from "../src/telemetry/parts.ts";
import { addonBuild, addonConfig, addonTranslations } from "./addon-files.ts";
import { envExample } from "./env-example.ts";
import { carEvents, commandTables, extraTables, readingTables } from "./topics-reference.ts";

export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** Every file that is made from the program, with what it must contain. */
export function generatedFiles(): GeneratedFile[] {
  const root = resolve(import.meta.dirname, "..");
  return [
    { path: resolve(root, "config/config.example.yaml"), content: exampleYaml() },
    { path: resolve(root, "config/config.schema.json"), content: editorSchema() },
    { path: resolve(root, ".env.example"), content: envExample() },
    { path: resolve(root, "addon/config.yaml"), content: addonConfig(packageVersion(root)) },
    { path: resolve(root, "addon/build.yaml"), content: addonBuild(packageVersion(root)) },
    { path: resolve(root, "addon/translations/en.yaml"), content: addonTranslations() },
    withTables(resolve(root, "docs/metrics.md"), { metrics: metricsTable() }),
    withTables(resolve(root, "docs/logging.md"), { parts: partsTable() }),
    withTables(resolve(root, "docs/command-line.md"), { usage: `\`\`\`text\n${usage(commands)}\`\`\`` }),
    withTables(resolve(root, "docs/configuration.md"), { config: configTables() }),
    withTables(resolve(root, "docs/topics-and-entities.md"), {
      readings: readingTables(),
      commands: commandTables(),
      extras: extraTables(),
      events: carEvents(),
    }),
  ];
}

/** A document whose tables, each between two markers, are brought up to date. @throws when a marker is missing */
function withTables(path: string, tables: Readonly<Record<string, string>>): GeneratedFile {
  let content = readFileSync(path, "utf8");
  for (const [name, table] of Object.entries(tables)) {
    const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
    const [before, after] = [content.indexOf(start), content.indexOf(end)];
    if (before < 0 || after < before) throw new Error(`${path} has no ${start} … ${end}`);
    content = `${content.slice(0, before)}${start}\n${table}\n${content.slice(after)}`;
  }
  return { path, content };
}

function packageVersion(root: string): string {
  const { version } = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8")) as { version: string };
  return version;
}
