import { expect, test } from "vitest";
import { canInstall, chooseRuntime, pathWithoutOurs, whyInstall } from "../../../scripts/install-state.mjs";

const packages = (entries: Record<string, object>) => JSON.stringify({ packages: entries });
const lock = packages({
  "": { name: "smartcar2mqtt" },
  "node_modules/a": { version: "1.0.0" },
  "node_modules/only-mac": { version: "2.0.0", optional: true },
});

test.each([
  ["nothing installed", null, "the dependencies are not installed"],
  ["cut short", '{"packages": {', "the last installation is incomplete"],
  ["a package missing", packages({}), "the dependencies have changed"],
  ["another version", packages({ "node_modules/a": { version: "1.0.1" } }), "the dependencies have changed"],
  [
    "another version of an optional package",
    packages({ "node_modules/a": { version: "1.0.0" }, "node_modules/only-mac": { version: "1.0.0", optional: true } }),
    "the dependencies have changed",
  ],
  ["complete, without what other systems need", packages({ "node_modules/a": { version: "1.0.0" } }), null],
])("%s", (_state, installed, expected) => {
  expect(whyInstall(lock, installed)).toBe(expected);
});

const running = { running: "/usr/bin/node", required: 24 };

test.each([
  ["the project's own comes first", { installed: "/p/node", runningVersion: "v26.0.0" }, "/p/node"],
  ["a machine's own that is new enough will do", { installed: null, runningVersion: "v24.0.0" }, "/usr/bin/node"],
  ["an older one will not", { installed: null, runningVersion: "v20.20.2" }, null],
  ["nor does an old one stand in the way", { installed: "/p/node", runningVersion: "v20.20.2" }, "/p/node"],
])("%s", (_rule, state, expected) => {
  expect(chooseRuntime({ ...running, ...state })).toBe(expected);
});

test("npm is not run on the Node.js that it replaces", () => {
  const path = "/p/node_modules/.bin:/usr/bin:/p/node_modules/node/bin:/other/node_modules/.bin";
  expect(pathWithoutOurs(path, "/p", ":")).toBe("/usr/bin:/other/node_modules/.bin");
});

test.each([
  ["v18.20.8", false],
  ["v20.18.3", false],
  ["v20.19.0", true],
  ["v21.7.3", false],
  ["v22.12.0", false],
  ["v22.13.1", true],
  ["v24.0.0", true],
  ["v26.3.0", true],
])("%s can install: %s", (version, can) => {
  expect(canInstall(version)).toBe(can);
});
