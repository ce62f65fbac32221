import { mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { OWNER_ONLY_FOLDER } from "./file-modes.ts";

/**
 * Makes a folder, and those above it that are missing, for their owner only. One by one, since Node's `recursive` never
 * ends where a folder cannot be made although the one above it is there, as below /proc.
 * @throws as node:fs does
 */
export function makeDataFolder(path: string): void {
  if (isFolder(path)) return;
  const above = dirname(path);
  if (above !== path) makeDataFolder(above);
  try {
    mkdirSync(path, { mode: OWNER_ONLY_FOLDER });
  } catch (error) {
    // Somebody else has made it in the same moment.
    if (!isFolder(path)) throw error;
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
