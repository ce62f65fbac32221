import { connectAsync } from "mqtt";
import { afterEach, expect, test } from "vitest";
import { type Program, startProgram } from "../support/program.ts";

const running: Program[] = [];

async function demo(host: string): Promise<Program> {
  const args = ["demo", "--port", "0", "--mqtt-port", "0", "--host", host];
  const program = await startProgram({ args, env: {}, dontWait: true });
  running.push(program);
  return program;
}

afterEach(async () => {
  for (const program of running.splice(0)) await program.close();
});

test("with --host the demo's page and broker are reached from elsewhere, as in a container", async () => {
  const program = await demo("0.0.0.0");
  // What it prints is for this machine.
  const [, port] = await program.printed(/Open\s+http:\/\/127\.0\.0\.1:(\d+)/);
  const [, mqttPort] = await program.printed(/mosquitto_sub -h 127\.0\.0\.1 -p (\d+)/);
  // Only who listens everywhere is reached under another address of loopback.
  expect((await fetch(`http://127.0.0.2:${port}/healthz`)).status).toBe(200);
  await (await connectAsync(`mqtt://127.0.0.2:${mqttPort}`)).endAsync();
});

test("an interface that is not there is named, with what to do", async () => {
  const program = await demo("192.0.2.1");
  await program.printed(/192\.0\.2\.1 is no address of this machine\. Leave --host out/);
  expect((await program.exit).code).toBe(1);
});
