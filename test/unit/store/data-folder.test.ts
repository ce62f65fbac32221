import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { makeDataFolder } from "../../../src/store/data-folder.ts";

const root = mkdtempSync(join(tmpdir(), "smartcar2mqtt-folder-"));
afterEach(() => rmSync(root, { recursive: true, force: true }));

it("makes every folder that is missing, for its owner only, and leaves one that is there", () => {
  const folder = join(root, "a/b");
  makeDataFolder(folder);
  for (const path of [folder, join(root, "a")]) expect(statSync(path).mode & 0o777).toBe(0o700);
  expect(() => makeDataFolder(folder)).not.toThrow();
});

it("fails where a file stands in the way", () => {
  makeDataFolder(root);
  writeFileSync(join(root, "file"), "");
  expect(() => makeDataFolder(join(root, "file"))).toThrow("EEXIST");
  expect(() => makeDataFolder(join(root, "file/data"))).toThrow();
});

// In a process of its own, which is ended: what never comes back could not be told by this one.
it.skipIf(process.platform !== "linux")("fails below /proc, where nothing can be made", () => {
  const module = new URL("../../../src/store/data-folder.ts", import.meta.url).href;
  const script = `import(${JSON.stringify(module)}).then(({ makeDataFolder }) => makeDataFolder("/proc/x/y"))`;
  const { status, signal, stderr } = spawnSync(process.execPath, ["-e", script], { encoding: "utf8", timeout: 30_000 });
  expect({ status, signal }).toEqual({ status: 1, signal: null });
  expect(stderr).toContain("ENOENT");
});
