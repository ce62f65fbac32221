// Runs the project's programs on a machine that has only Node.js and npm, also where that Node.js is older than the
// project's: installs what is missing, then starts the project's own Node.js with the given arguments.
//
//   node scripts/launch.mjs [--build|--page] FILE [ARGUMENT…]
//
//   --build: bring dist/ up to date first      --page: only the page, for a program that runs from its sources
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled, InstallError } from "./install.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const given = process.argv.slice(2);
const FIRST = { "--build": ["build.mjs", "--if-stale"], "--page": ["page.mjs"] };
const first = FIRST[given[0]];
const args = first === undefined ? given : given.slice(1);

let child;
const pass = (signal) => child?.kill(signal);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (child === undefined) process.exit(128 + constants.signals[signal]);
    pass(signal);
  });
}

try {
  const node = await ensureInstalled(root, (line) => process.stderr.write(`smartcar2mqtt: ${line}\n`));
  const [script, ...options] = first ?? [];
  const built = script === undefined ? 0 : await run(node, [join(root, "scripts", script), ...options]);
  process.exit(built === 0 ? await run(node, args) : built);
} catch (error) {
  if (!(error instanceof InstallError)) throw error;
  process.stderr.write(`smartcar2mqtt: ${error.message}\n`);
  process.exit(1);
}

/** Runs Node.js to its end and returns its exit code. */
function run(node, argv) {
  return new Promise((resolve, reject) => {
    child = spawn(node, argv, { stdio: "inherit" });
    child.on("error", (error) => reject(new InstallError(`${node} could not be started: ${error.message}`)));
    child.on("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}
