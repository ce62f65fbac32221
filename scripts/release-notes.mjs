// Prints the changelog's section of a version: the text of its release.
//
//   node scripts/release-notes.mjs 1.2.3
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * @param {string} changelog text of CHANGELOG.md
 * @param {string} version
 * @returns {string | null} null when the changelog does not speak of it, or says nothing
 */
export function releaseNotes(changelog, version) {
  const lines = changelog.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`## [${version}]`));
  if (start < 0) return null;
  const length = lines.slice(start + 1).findIndex((line) => line.startsWith("## ") || /^\[[^\]]+\]: /.test(line));
  const section = lines.slice(start + 1, length < 0 ? undefined : start + 1 + length);
  return section.join("\n").trim() || null;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const version = process.argv[2] ?? "";
  const notes = releaseNotes(readFileSync(new URL("../CHANGELOG.md", import.meta.url), "utf8"), version);
  if (notes === null) {
    process.stderr.write(`CHANGELOG.md has nothing under ## [${version}]\n`);
    process.exit(1);
  }
  process.stdout.write(`${notes}\n`);
}
