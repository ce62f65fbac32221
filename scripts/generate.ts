import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { generatedFiles } from "./generated-files.ts";

// Writes the files that are made from the configuration schema; with --check it only says which are stale.
const isCheck = process.argv.includes("--check");
let isStale = false;
for (const { path, content } of generatedFiles()) {
  if (readIfThere(path) === content) continue;
  if (isCheck) {
    isStale = true;
    process.stderr.write(`${path} is stale: run npm run generate\n`);
    continue;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  process.stdout.write(`${path} written\n`);
}
if (isStale) process.exitCode = 1;

function readIfThere(path: URL | string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
