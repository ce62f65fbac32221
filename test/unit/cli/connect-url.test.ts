import { expect, test } from "vitest";
import { UsageError } from "../../../src/cli/command.ts";
import { connectUrl } from "../../../src/cli/connect-url.ts";
import { ConnectStates } from "../../../src/smartcar/connect-states.ts";
import { REQUIRED } from "../../support/configuration.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeTerminal } from "../../support/fake-terminal.ts";
import { MemorySettings } from "../../support/memory-settings.ts";

const APPLICATION = "3f1c0e5a-0000-4000-8000-000000000000";
const ENV = {
  ...REQUIRED,
  SMARTCAR_APPLICATION_ID: APPLICATION,
  SMARTCAR_MANAGEMENT_TOKEN: "token-token",
  HTTP_PUBLIC_URL: "https://cars.example.org",
};

async function link(options: Record<string, string>): Promise<URL> {
  const terminal = new FakeTerminal(ENV);
  expect(await connectUrl.run(options, terminal)).toBe(0);
  expect(terminal.stdout).toMatch(/^https:\S+\n$/);
  return new URL(terminal.stdout.trim());
}

test("a link asks for no code and comes back to us", async () => {
  const url = await link({});
  expect(url.origin + url.pathname).toBe("https://connect.smartcar.com/oauth/authorize");
  const { state, ...rest } = Object.fromEntries(url.searchParams);
  expect(rest).toEqual({
    response_type: "none",
    application_id: APPLICATION,
    redirect_uri: "https://cars.example.org/connect/callback",
    mode: "live",
  });
  const states = new ConnectStates({
    secrets: [REQUIRED.SMARTCAR_CLIENT_SECRET],
    store: new MemorySettings(),
    clock: new FakeClock(),
  });
  expect(states.redeem(state ?? null)).toEqual({ reauthenticate: null });
  expect((await link({})).searchParams.get("state")).not.toBe(state);
});

test("make, country and VIN narrow it down", async () => {
  const { searchParams } = await link({ make: "Volkswagen", country: "de", vin: "WVWZZZE1ZMP000001" });
  expect(searchParams.get("make")).toBe("VOLKSWAGEN");
  expect(searchParams.get("flags")).toBe("country:DE");
  expect(searchParams.get("single_select_vin")).toBe("WVWZZZE1ZMP000001");
});

test("an owner signs in again", async () => {
  const url = await link({ reauthenticate: "vehicle-1" });
  expect(url.pathname).toBe("/oauth/reauthenticate");
  expect(url.searchParams.get("response_type")).toBe("vehicle_id");
  expect(url.searchParams.get("vehicle_id")).toBe("vehicle-1");
});

test("what a link cannot do without is named, with exit code 2", async () => {
  const terminal = new FakeTerminal(REQUIRED);
  expect(await connectUrl.run({}, terminal)).toBe(2);
  expect(terminal.stdout).toBe("");
  expect(terminal.stderr.trimEnd().split("\n")).toEqual([
    expect.stringMatching(/^smartcar\.application_id: is missing/),
    expect.stringMatching(/^smartcar\.redirect_uri: is missing, set it or http\.public_url/),
  ]);
});

test.each([{ country: "Germany" }, { vin: "short" }, { reauthenticate: "no id!" }])(
  "%o makes no sense",
  async (options) => {
    await expect(connectUrl.run(options, new FakeTerminal(ENV))).rejects.toThrow(UsageError);
  },
);
