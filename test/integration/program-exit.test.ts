import { createHmac } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Chain } from "../../src/http/schema/chain.ts";
import { hasMosquitto } from "../support/brokers.ts";
import { cleanups, folder } from "../support/cleanups.ts";
import { type Bench, startBench } from "../support/e2e-bench.ts";
import { give } from "../support/e2e-commands.ts";
import { freePort } from "../support/free-port.ts";
import { type Program, startProgram } from "../support/program.ts";

const CREDENTIALS = { SMARTCAR_CLIENT_ID: "client_x", SMARTCAR_CLIENT_SECRET: "secret-of-the-test" };

/** Somewhere on loopback where nobody is: these programs never get as far as to care. */
async function failing(env: Record<string, string>, dataDir?: string): Promise<Program> {
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const program = await startProgram({
    dontWait: true,
    ...(dataDir === undefined ? {} : { dataDir }),
    env: {
      ...CREDENTIALS,
      MQTT_URL: `mqtt://127.0.0.1:${await freePort()}`,
      SMARTCAR_IAM_URL: nobody,
      SMARTCAR_VEHICLE_API_URL: `${nobody}/v3`,
      SMARTCAR_MANAGEMENT_API_URL: `${nobody}/v3`,
      LOG_LEVEL: "warn",
      ...env,
    },
  });
  cleanups.push(() => program.close());
  return program;
}

describe("a program that cannot run", () => {
  it("names everything that is wrong with its configuration, one line each, and ends with 2", async () => {
    const config = join(folder(), "config.yaml");
    writeFileSync(config, "mqtt:\n  base_topik: cars\npolling:\n  idle_interval: 1m\n");
    const program = await failing({
      CONFIG_FILE: config,
      SMARTCAR_CLIENT_ID: "",
      MQTT_VERSION: "4",
      COMMANDS_ALLOW: "lock, opn",
      HTTP_PORT: "eighty",
    });
    expect(await program.exit).toEqual({ code: 2, signal: null });
    const lines = program.said.filter((line) => !line.startsWith("warning:"));
    for (const key of [
      "mqtt.base_topik",
      "polling.idle_interval",
      "smartcar.client_id",
      "mqtt.version",
      "commands.allow",
      "http.port",
    ]) {
      expect(lines.filter((line) => line.startsWith(`${key}`)).length, `${key} in\n${lines.join("\n")}`).toBe(1);
    }
    expect(lines).toHaveLength(6);
    expect(lines.find((line) => line.startsWith("mqtt.base_topik"))).toContain("mqtt.base_topic");
    expect(program.output()).not.toContain(CREDENTIALS.SMARTCAR_CLIENT_SECRET);
  });

  it("says in one line that its data directory cannot be used, shows it on its page, and goes on once it can", async () => {
    const taken = join(folder(), "data");
    writeFileSync(taken, "a file where the folder should be");
    const program = await failing({ DATA_DIR: taken, LOG_LEVEL: "info" }, folder());
    await program.line(({ msg }) => msg.startsWith("waiting for the data directory"));
    // Another pipe than the log's, so that it may come later.
    const [line] = await program.printed(/^[^{\n]+$/m);
    expect(line).toContain(taken);
    expect(line).toContain(`uid ${process.getuid?.()}`);
    expect(line).toMatch(/chown|mkdir/);
    const { links } = (await (await fetch(`${program.privateUrl}/api/chain`)).json()) as Chain;
    expect(links.find(({ name }) => name === "disk")).toMatchObject({
      status: "failed",
      detail: expect.stringContaining(taken),
      fix: expect.stringContaining("chown"),
    });
    expect((await fetch(`${program.privateUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${program.privateUrl}/api/traffic`)).status).toBe(503);

    rmSync(taken);
    await program.line(({ msg }) => msg === "started");
    program.kill("SIGTERM");
    expect(await program.exit).toEqual({ code: 0, signal: null });
    expect(program.said).toHaveLength(1);
  });

  it.each([
    { key: "http.port", name: "HTTP_PORT" },
    { key: "http.public_port", name: "HTTP_PUBLIC_PORT" },
  ])("ends with 1 and one line when $key is in use", async ({ key, name }) => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => new Promise((resolve) => other.close(resolve)));
    const { port } = other.address() as { port: number };
    const program = await failing({ [name]: String(port) });
    expect(await program.exit).toEqual({ code: 1, signal: null });
    expect(program.said).toEqual([expect.stringContaining(`${key}: port ${port}`)]);
  });
});

describe.skipIf(!hasMosquitto())("a program that stops slowly", () => {
  /** A command that Smartcar holds open keeps the program for some seconds. */
  async function withCommandUnderWay(): Promise<Bench> {
    const bench = await startBench();
    cleanups.push(() => bench.close());
    await bench.shown();
    const path = "/v3/vehicles/vehicle-a/commands/security/lock";
    bench.simulator.addFault({ kind: "stream", bodyAfterMs: 60_000, path });
    await give(bench, "a", "lock", "LOCK");
    await bench.seen.until(({ topic, payload }) => topic === "smartcar/test-a/lock" && payload === "LOCKING");
    return bench;
  }

  it("ends at once at a second signal", async () => {
    const bench = await withCommandUnderWay();
    const { program } = bench;
    program.kill("SIGTERM");
    await program.line(({ msg }) => msg === "stopping");
    const startedAt = performance.now();
    // Somebody presses Ctrl-C again and again.
    const impatience = setInterval(() => program.kill("SIGINT"), 50);
    cleanups.push(() => clearInterval(impatience));
    expect((await program.exit).code).toBe(1);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(program.output()).toContain("ended at once");
    await bench.seen.until(({ topic, payload }) => topic === "smartcar/bridge/state" && payload === "offline");
  });

  it("answers the delivery that is coming in, and then does not wait for the next on its connection", async () => {
    const bench = await startBench();
    cleanups.push(() => bench.close());
    await bench.shown();
    const { program } = bench;
    const body = JSON.stringify({ eventId: "last", eventType: "VEHICLE_STATE", data: {} });
    const signature = createHmac("sha256", bench.environment["SMARTCAR_MANAGEMENT_TOKEN"] ?? "").update(body);
    const socket = connect(Number(new URL(program.publicUrl).port), "127.0.0.1");
    cleanups.push(() => socket.destroy());
    const answer = new Promise<string>((resolve) => socket.once("data", (chunk) => resolve(chunk.toString())));
    const head = ["POST /webhooks/smartcar HTTP/1.1", "Host: localhost", "Expect: 100-continue"];
    head.push(`SC-Signature: ${signature.digest("hex")}`, `Content-Length: ${body.length}`);
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
    // The program has begun to read it.
    expect(await answer).toContain("100 Continue");
    const verdict = new Promise<string>((resolve) => socket.once("data", (chunk) => resolve(chunk.toString())));
    const end = bench.end("SIGTERM");
    await program.line(({ msg }) => msg === "stopping");
    socket.write(body);
    expect(await verdict).toContain("200 OK");
    const { code, ms } = await end;
    expect(code).toBe(0);
    // It would wait for the connection no longer than this.
    expect(ms).toBeLessThan(5_000);
  });

  it("ends by itself within 8 seconds, with 0 and offline on the broker", async () => {
    const bench = await withCommandUnderWay();
    const { code, ms } = await bench.end("SIGTERM");
    expect(code).toBe(0);
    expect(ms).toBeLessThan(8_000);
    await bench.seen.until(({ topic, payload }) => topic === "smartcar/bridge/state" && payload === "offline");
  });
});
