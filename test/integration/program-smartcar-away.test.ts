import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { hasMosquitto } from "../support/brokers.ts";
import { cleanups, own } from "../support/cleanups.ts";
import { type Bench, openBench, startBench, stillCar } from "../support/e2e-bench.ts";
import { command, give, resultOf } from "../support/e2e-commands.ts";
import { readiness } from "../support/e2e-readiness.ts";

const tokenRequests = ({ simulator }: Bench) => simulator.requests().filter(({ path }) => path === "/oauth2/token");

describe.skipIf(!hasMosquitto())("the program and Smartcar", () => {
  it("costs no billed call to restart while what it knows is fresh", async () => {
    const bench = own(await startBench({ cars: ["a", "b", "c"].map((name) => stillCar(name)), webhook: false }));
    await bench.shown();
    for (const name of ["a", "b", "c"]) {
      await bench.program.line(({ msg, vehicle }) => msg === "vehicle read" && vehicle === `vehicle-${name}`);
    }
    const billed = () => bench.simulator.requests().filter((request) => request.billed).length;
    expect(billed()).toBe(3);
    for (const signal of ["SIGTERM", "SIGKILL"] as const) {
      await bench.end(signal);
      bench.seen.clear();
      const program = await bench.start();
      await program.line(({ msg }) => msg === "connections listed");
      await bench.shown();
      for (const name of ["a", "b", "c"]) {
        const { payload } = await bench.seen.until(({ topic }) => topic === `smartcar/test-${name}/polling`);
        const plan = JSON.parse(payload);
        expect(Date.parse(plan.next_poll_at) - Date.now()).toBeGreaterThan(3_600_000);
        expect(plan).toMatchObject({ calls_used: 1, calls_remaining: 499 });
      }
      expect(billed()).toBe(3);
    }
    // It would have read by now if it wanted to: a read on demand is through.
    expect(await command(bench, "a", "refresh", "PRESS")).toMatchObject({ status: "succeeded" });
    expect(billed()).toBe(4);
  });

  it("comes back from a storm of 401 with one new token", async () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    const bench = own(await startBench({ cars: names.map((name) => stillCar(name)) }));
    await bench.shown();
    expect(tokenRequests(bench)).toHaveLength(1);
    bench.simulator.revokeTokens();
    const ids = await Promise.all(names.map((name) => give(bench, name, "charge_limit", 80)));
    for (const id of ids) expect(await resultOf(bench, id)).toMatchObject({ status: "succeeded" });
    expect(tokenRequests(bench)).toHaveLength(2);
    for (const name of names) {
      const sent = bench.requests(`vehicle-${name}`, "set-limit").map(({ status }) => status);
      expect(sent.filter((status) => status === 200)).toEqual([200]);
      expect(sent.length).toBeLessThanOrEqual(2);
    }
  });

  it("runs without Smartcar, says so, and goes on when it is there", async () => {
    const bench = own(await openBench({ smartcar: "down", webhook: false }));
    const program = await bench.start();
    await program.line(({ msg }) => msg === "smartcar login failed");
    const down = await readiness(bench);
    expect(down).toMatchObject({ status: 503, parts: { mqtt: { ok: true }, smartcar: { ok: false } } });
    expect(down.parts["smartcar"]?.detail).toMatch(/smartcar/i);
    expect((await fetch(`${program.privateUrl}/healthz`)).status).toBe(200);

    await bench.openSimulator();
    await bench.shown();
    await program.line(({ msg }) => msg === "smartcar login works again");
    expect((await readiness(bench)).status).toBe(200);
    expect(await command(bench, "a", "charge_limit", 80)).toMatchObject({ status: "succeeded" });
  });

  it("waits for a Smartcar that accepts connections and says nothing, and stops in time", async () => {
    const silent = createServer((socket) => socket.on("error", () => undefined));
    const called = new Promise<void>((resolve) => silent.once("connection", () => resolve()));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    cleanups.push(() => silent.close());
    const { port } = silent.address() as { port: number };
    const url = `http://127.0.0.1:${port}`;
    const env = {
      SMARTCAR_IAM_URL: url,
      SMARTCAR_VEHICLE_API_URL: `${url}/v3`,
      SMARTCAR_MANAGEMENT_API_URL: `${url}/v3`,
    };
    const bench = own(await startBench({ env, webhook: false }));
    await called;
    expect((await readiness(bench)).status).toBe(503);
    const { code, ms } = await bench.end("SIGTERM");
    expect(code).toBe(0);
    expect(ms).toBeLessThan(8_000);
  });
});
