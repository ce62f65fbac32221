// Builds dist/ from src/. With --if-stale only when a source is newer than the last build.
//
// The program becomes a few files, its libraries included: that halves the time it takes to start, and the memory that
// holds code. What only some commands need (simulator, the demo's broker, …) is in files of its own.
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensurePage } from "./page.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const src = join(root, "src");
const dist = join(root, "dist");
/** Built by itself. */
const page = join(src, "page");
/** Stays in node_modules: the one with native code, and what a bridge that runs by itself never loads. */
const OUTSIDE = [
  "better-sqlite3",
  "pino-pretty",
  "@fastify/ajv-compiler",
  "@fastify/fast-json-stringify-compiler",
  "light-my-request",
];
/** All that is asked and answered here is HTTP/1.1: undici and fastify loaded `node:http2` for nothing, which is 4 MB. */
const withoutHttp2 = {
  name: "without-http2",
  enforce: "pre",
  resolveId: (id) => (id === "node:http2" ? "\0no-http2" : null),
  load: (id) => (id === "\0no-http2" ? "export const constants = {};" : null),
};

if (!process.argv.includes("--if-stale") || isStale()) await build();
await ensurePage();

function isStale() {
  const built = modified(join(dist, "main.js"));
  const inputs = ["package-lock.json", "tsconfig.json"].map((file) => join(root, file));
  return [...inputs, fileURLToPath(import.meta.url), ...files(src)].some(
    (file) => !file.startsWith(page) && modified(file) > built,
  );
}

async function build() {
  rmSync(dist, { recursive: true, force: true });
  const vite = await import("vite");
  try {
    await vite.build({
      root,
      configFile: false,
      publicDir: false,
      logLevel: "warn",
      plugins: [withoutHttp2],
      ssr: { noExternal: true, external: OUTSIDE, target: "node" },
      build: {
        ssr: join(src, "main.ts"),
        outDir: dist,
        target: "node24",
        sourcemap: true,
        minify: false,
        rolldownOptions: {
          output: {
            entryFileNames: "[name].js",
            // One folder below main.js, as src/http is below src: what lies beside the program is found from both.
            chunkFileNames: "program/[name]-[hash].js",
            // Names stay: they stand in the stacks of logged errors.
            minify: { mangle: false, compress: true, codegen: true },
          },
        },
      },
    });
    for (const file of files(dist)) if (extname(file) === ".js") toAscii(file);
  } catch (error) {
    // A half-built dist would look up to date.
    rmSync(dist, { recursive: true, force: true });
    throw error;
  }
}

/** Node.js holds a source in ASCII once, any other one in two bytes a character. */
function toAscii(file) {
  const text = readFileSync(file, "utf8");
  const escaped = text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
  writeFileSync(file, escaped);
}

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function modified(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
