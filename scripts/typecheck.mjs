// Checks the types of the program and of the page, which lives in a browser and has a configuration of its own.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
const results = [".", "src/page"].map((project) =>
  spawnSync(process.execPath, [tsc, "-p", join(root, project)], { stdio: "inherit" }),
);
process.exit(results.every(({ status }) => status === 0) ? 0 : 1);
