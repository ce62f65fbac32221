import { afterEach, expect, it } from "vitest";
import { connectUrl } from "../../src/cli/connect-url.ts";
import { runCommand } from "../support/doctor.ts";
import { type Bench, startBench } from "../support/e2e-bench.ts";

const PUBLIC_URL = "http://127.0.0.1:9";
let bench: Bench | undefined;
afterEach(() => bench?.close());

it("the running bridge knows the links that connect-url prints beside it: once each, and no others", async () => {
  const env = { SMARTCAR_APPLICATION_ID: "11111111-2222-4333-8444-555555555555", HTTP_PUBLIC_URL: PUBLIC_URL };
  bench = await startBench({ broker: "aedes", env });
  await bench.shown();
  const { environment, program } = bench;
  const { stdout, exitCode } = await runCommand(connectUrl, {}, environment);
  expect(exitCode).toBe(0);
  const state = new URL(stdout.trim()).searchParams.get("state") ?? "";

  const visit = async (with_: string) => {
    const query = new URLSearchParams({ state: with_, user_id: "user-a" });
    const answer = await fetch(`${program.publicUrl}/connect/callback?${query}`);
    return { status: answer.status, text: await answer.text() };
  };
  const arrived = await visit(state);
  expect(arrived.status).toBe(200);
  expect(arrived.text).toContain("Test a");

  expect((await visit(state)).status).toBe(400);
  const others = await runCommand(connectUrl, {}, { ...environment, SMARTCAR_CLIENT_SECRET: "another-secret" });
  expect((await visit(new URL(others.stdout.trim()).searchParams.get("state") ?? "")).status).toBe(400);

  // Used is used, also after a restart.
  await bench.end("SIGTERM");
  await bench.start();
  expect((await visit(state)).status).toBe(400);
});
