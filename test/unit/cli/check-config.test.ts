import { expect, test } from "vitest";
import { checkConfig } from "../../../src/cli/check-config.ts";
import { REQUIRED } from "../../support/configuration.ts";
import { FakeTerminal } from "../../support/fake-terminal.ts";

test("a good configuration is printed with its sources and without secrets", async () => {
  const terminal = new FakeTerminal({ ...REQUIRED, HTTP_HOST: "0.0.0.0" });
  expect(await checkConfig.run({}, terminal)).toBe(0);
  expect(terminal.stdout).toMatch(/^smartcar\.client_id = client_01 +\(env SMARTCAR_CLIENT_ID\)$/m);
  expect(terminal.stdout).toMatch(/^smartcar\.client_secret = \[\*\*\*\] +\(env SMARTCAR_CLIENT_SECRET\)$/m);
  expect(terminal.stdout).not.toContain(REQUIRED.SMARTCAR_CLIENT_SECRET);
  expect(terminal.stderr).toMatch(/^warning: http.password: /);
});

test("a wrong configuration is explained on the error output, with exit code 2", async () => {
  const terminal = new FakeTerminal({ UNITS: "both" });
  expect(await checkConfig.run({}, terminal)).toBe(2);
  expect(terminal.stdout).toBe("");
  expect(terminal.stderr.trimEnd().split("\n")).toEqual([
    expect.stringMatching(/^smartcar.client_id: is missing/),
    expect.stringMatching(/^smartcar.client_secret: is missing/),
    expect.stringMatching(/^units: must be one of/),
  ]);
});

test("a file that is named must exist", async () => {
  const terminal = new FakeTerminal(REQUIRED);
  expect(await checkConfig.run({ config: "missing.yaml" }, terminal)).toBe(2);
  expect(terminal.stderr).toBe("missing.yaml: does not exist, name an existing file\n");
});
