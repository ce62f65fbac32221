import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** Where a program is on this machine; `names` are tried in order, each in the folders of PATH and then in `folders`. */
export function installed(names: readonly string[], folders: readonly string[] = []): string | undefined {
  const all = [...(process.env["PATH"] ?? "").split(delimiter), ...folders];
  return names.flatMap((name) => all.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Are the tests that need `name` to be run? Without it they are skipped with a loud line, and fail where nobody would
 * read that line.
 */
export function atHand(path: string | undefined, name: string, tests: string): boolean {
  if (path !== undefined) return true;
  if (process.env["CI"]) throw new Error(`${name} is missing; it is needed in CI`);
  process.stderr.write(`\n*** ${name} is not installed: ${tests} are SKIPPED ***\n\n`);
  return false;
}
