// Takes out of a production node_modules what never runs, for the container image: binaries for other machines, the
// sources they were compiled from, type declarations, source maps, tests and documents. Licences stay.
//
//   node scripts/trim-modules.mjs NODE_MODULES amd64|arm64
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Docker's names for processors, and Node.js's. */
const PROCESSORS = { amd64: "x64", arm64: "arm64" };
const SQLITE = "better-sqlite3";
const NEVER_LOADED = /(?:\.map|\.[cm]?ts|\.md|\.markdown|\.flow|\.tsbuildinfo)$/;
/** Folders at the top of a package that only its authors need. */
const AUTHORS_ONLY = new Set([
  "test",
  "tests",
  "__tests__",
  "example",
  "examples",
  "benchmark",
  "benchmarks",
  "bench",
  "docs",
  ".github",
]);
const LICENCE = /^(?:licen[cs]e|copying|notice)/i;

/**
 * @param {string} modules a folder node_modules
 * @param {string} processor as Docker calls it
 * @throws {Error} when the one binary that is needed is not there
 */
export function trimModules(modules, processor) {
  const binary = `linux-${PROCESSORS[processor] ?? processor}.node`;
  const prebuilds = join(modules, SQLITE, "prebuilds");
  if (!existsSync(join(prebuilds, binary))) throw new Error(`${SQLITE} has no binary ${binary}`);
  for (const name of readdirSync(prebuilds)) if (name !== binary) rmSync(join(prebuilds, name), { recursive: true });
  for (const sources of ["deps", "src", "binding.gyp"]) {
    rmSync(join(modules, SQLITE, sources), { recursive: true, force: true });
  }
  // Types only, which production dependencies drag along.
  rmSync(join(modules, "@types"), { recursive: true, force: true });
  rmSync(join(modules, ".cache"), { recursive: true, force: true });
  for (const entry of readdirSync(modules, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const isAuthors = AUTHORS_ONLY.has(entry.name) && existsSync(join(entry.parentPath, "package.json"));
    const isDead = entry.isFile() && NEVER_LOADED.test(entry.name) && !LICENCE.test(entry.name);
    if (isDead || (entry.isDirectory() && isAuthors)) rmSync(path, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [modules, processor] = process.argv.slice(2);
  if (modules === undefined || processor === undefined) {
    process.stderr.write("usage: node scripts/trim-modules.mjs NODE_MODULES amd64|arm64\n");
    process.exit(2);
  }
  trimModules(modules, processor);
}
