// Builds the page (src/page) into dist/page, unless what is there was built from the same sources: then it takes some
// milliseconds. The files are compressed here, once, and listed in manifest.json for src/http/page.ts.
import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, extname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync as brotli, constants, gzipSync } from "node:zlib";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, "src", "page");
const target = join(root, "dist", "page");

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

if (import.meta.main ?? process.argv[1] === fileURLToPath(import.meta.url)) await ensurePage();

/** Brings dist/page up to date. Two at the same time do not harm each other: the first one to finish stays. */
export async function ensurePage() {
  const stamp = stampOf();
  if (built() === stamp) return;
  const { build } = await import("vite");
  mkdirSync(join(root, "dist"), { recursive: true });
  const folder = mkdtempSync(join(root, "dist", "page-"));
  try {
    await build({
      root: source,
      configFile: false,
      // Every address in the page is relative: it also runs under a sub-path.
      base: "./",
      publicDir: false,
      logLevel: "warn",
      oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
      build: {
        outDir: folder,
        emptyOutDir: false,
        target: "es2022",
        modulePreload: { polyfill: false },
        // An image inside a style sheet would be a data: address, which the page's own policy forbids.
        assetsInlineLimit: 0,
      },
    });
    prepare(folder);
    writeFileSync(join(folder, "stamp"), stamp);
    // Temporary folders are for their owner only; in the image another user reads this one.
    chmodSync(folder, 0o755);
    // Unless another build of the same sources was quicker: somebody may be reading that by now.
    if (built() !== stamp) putInPlace(folder);
  } catch (error) {
    if (built() !== stamp) throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** By renaming only: deleting takes time, in which another build may put its own there. */
function putInPlace(folder) {
  const old = `${folder}-old`;
  try {
    renameSync(target, old);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  try {
    renameSync(folder, target);
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

function prepare(folder) {
  const manifest = files(folder).map((path) => {
    const file = relative(folder, path).replaceAll("\\", "/");
    const bytes = readFileSync(path);
    writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
    writeFileSync(`${path}.br`, brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
    return {
      path: file === "index.html" ? "/" : `/${file}`,
      file,
      type: TYPES[extname(file)] ?? "application/octet-stream",
      etag: createHash("sha256").update(bytes).digest("base64url").slice(0, 20),
      immutable: file.startsWith("assets/"),
    };
  });
  writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

function built() {
  try {
    return readFileSync(join(target, "stamp"), "utf8");
  } catch {
    return null;
  }
}

/** A digest of everything that the built page is made of. */
function stampOf() {
  const hash = createHash("sha256");
  for (const file of [...files(source), join(root, "package-lock.json"), fileURLToPath(import.meta.url)].sort()) {
    hash.update(relative(root, file)).update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

function files(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}
