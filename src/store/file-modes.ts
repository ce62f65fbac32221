import { statSync } from "node:fs";

/** Only the owner may read what holds positions and VINs. */
export const OWNER_ONLY = 0o600;
export const OWNER_ONLY_FOLDER = 0o700;
const OTHERS = 0o077;

/**
 * In words, that others on this machine may read a file, and how to end it; null when they may not. What the owner has
 * opened on purpose is not changed.
 */
export function exposure(path: string): string | null {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & OTHERS) === 0) return null;
  return `other users of this machine may open it (mode ${(mode & 0o777).toString(8)}): chmod 600 '${path}'*`;
}
