import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { editorSchema, exampleYaml, readmeWithTable } from "../src/config/document.ts";
import { metricsTable } from "../src/telemetry/metric-table.ts";
import { partsTable } from "../src/telemetry/parts.ts";
import { addonBuild, addonConfig, addonTranslations } from "./addon-files.ts";
import { envExample } from "./env-example.ts";

export interface GeneratedFile {
  readonly path: string;
  readonly content: string;
}

/** Every file that is made from the program, with what it must contain. */
export function generatedFiles(): GeneratedFile[] {
  const root = resolve(import.meta.dirname, "..");
  const readme = resolve(root, "README.md");
  return [
    { path: resolve(root, "config/config.example.yaml"), content: exampleYaml() },
    { path: resolve(root, "config/config.schema.json"), content: editorSchema() },
    { path: resolve(root, ".env.example"), content: envExample() },
    { path: resolve(root, "addon/config.yaml"), content: addonConfig(packageVersion(root)) },
    { path: resolve(root, "addon/build.yaml"), content: addonBuild(packageVersion(root)) },
    { path: resolve(root, "addon/translations/en.yaml"), content: addonTranslations() },
    withTable(resolve(root, "docs/metrics.md"), "metrics", metricsTable()),
    withTable(resolve(root, "docs/logging.md"), "parts", partsTable()),
    { path: readme, content: readmeWithTable(readFileSync(readme, "utf8")) },
  ];
}

/** A document whose table between two markers is brought up to date. @throws when the markers are missing */
function withTable(path: string, name: string, table: string): GeneratedFile {
  const text = readFileSync(path, "utf8");
  const [before, after] = [text.split(`<!-- ${name}:start -->`)[0], text.split(`<!-- ${name}:end -->`)[1]];
  if (before === undefined || after === undefined || before === text) throw new Error(`${path} has no ${name} table`);
  return { path, content: `${before}<!-- ${name}:start -->\n${table}\n<!-- ${name}:end -->${after}` };
}

function packageVersion(root: string): string {
  const { version } = JSON.parse(readFileSync(resolve(root, "package.json"), "utf8")) as { version: string };
  return version;
}
