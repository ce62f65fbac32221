// Builds dist/ from src/. With --if-stale only when a source is newer than the last build.
import { spawnSync } from "node:child_process";
import { cpSync, readdirSync, rmSync, statSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensurePage } from "./page.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const src = join(root, "src");
const dist = join(root, "dist");
/** Built by Vite and not by tsc. */
const page = join(src, "page");

if (!process.argv.includes("--if-stale") || isStale()) build();
await ensurePage();

function isStale() {
  const built = modified(join(dist, "main.js"));
  const inputs = ["package-lock.json", "tsconfig.json", "tsconfig.build.json"].map((file) => join(root, file));
  return [...inputs, ...files(src)].some((file) => !file.startsWith(page) && modified(file) > built);
}

function build() {
  rmSync(dist, { recursive: true, force: true });
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.build.json")], { stdio: "inherit" });
  if (status !== 0) {
    // A half-built dist would look up to date.
    rmSync(dist, { recursive: true, force: true });
    process.exit(status ?? 1);
  }
  // What is no TypeScript (pages, styles, tables) is shipped as it is.
  cpSync(src, dist, {
    recursive: true,
    filter: (path) => path !== page && (statSync(path).isDirectory() || extname(path) !== ".ts"),
  });
}

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
