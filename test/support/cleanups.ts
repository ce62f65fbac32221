import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";

/** What undoes the things that a test of this file opened: run after it, the last one first. */
export const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** Closes or stops a thing after the test. */
export function own<T extends { close(): unknown } | { stop(): unknown }>(thing: T): T {
  cleanups.push(() => ("close" in thing ? thing.close() : thing.stop()));
  return thing;
}

/** An empty folder that is removed after the test. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "smartcar2mqtt-test-"));
  cleanups.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
