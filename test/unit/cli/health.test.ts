import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { health } from "../../../src/cli/health.ts";
import { FakeTerminal } from "../../support/fake-terminal.ts";
import { freePort } from "../../support/free-port.ts";

const running: Server[] = [];

/** A private port that answers /healthz with a status. */
async function listener(status: number): Promise<number> {
  const server = createServer((request, response) => {
    response.writeHead(request.url === "/healthz" ? status : 404).end();
  });
  running.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

afterEach(async () => {
  for (const server of running.splice(0)) await new Promise((resolve) => server.close(resolve));
});

test.each([["127.0.0.1"], ["0.0.0.0"], ["::"]])("a bridge on %s that answers is well", async (host) => {
  const terminal = new FakeTerminal({ HTTP_PORT: String(await listener(200)), HTTP_HOST: host });
  expect(await health.run({}, terminal)).toBe(0);
  expect(terminal.stdout + terminal.stderr).toBe("");
});

test("what else is wrong with the configuration does not matter: the demo needs none", async () => {
  const terminal = new FakeTerminal({ HTTP_PORT: String(await listener(200)), UNITS: "both", MQTT_URL: "nonsense" });
  expect(await health.run({}, terminal)).toBe(0);
});

test("another answer is not well", async () => {
  const port = await listener(500);
  const terminal = new FakeTerminal({ HTTP_PORT: String(port) });
  expect(await health.run({}, terminal)).toBe(1);
  expect(terminal.stderr).toBe(`smartcar2mqtt: http://127.0.0.1:${port}/healthz answers 500\n`);
});

test("no answer is not well, and says why", async () => {
  const port = await freePort();
  const terminal = new FakeTerminal({ HTTP_PORT: String(port) });
  expect(await health.run({}, terminal)).toBe(1);
  expect(terminal.stderr).toMatch(/^smartcar2mqtt: .* does not answer: .*ECONNREFUSED/);
});
