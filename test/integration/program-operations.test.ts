import { copyFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { backup } from "../../src/cli/backup.ts";
import { METRICS } from "../../src/telemetry/metric-table.ts";
import { hasMosquitto } from "../support/brokers.ts";
import { folder, own } from "../support/cleanups.ts";
import { besides, delivered, runCommand } from "../support/doctor.ts";
import { type Bench, openBench, startBench, stillCar } from "../support/e2e-bench.ts";
import { command } from "../support/e2e-commands.ts";
import { fence } from "../support/e2e-fence.ts";

const VIN = "WVWZZZE1ZMP000001";

async function metricsOf({ program }: Bench): Promise<Map<string, number>> {
  const response = await fetch(`${program.privateUrl}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toContain("text/plain");
  const text = await response.text();
  return new Map(
    [...text.matchAll(/^([a-z_0-9]+(?:\{.*\})?) (\S+)$/gm)].map(([, name = "", value]) => [name, Number(value)]),
  );
}

/** What stands on the car's topics; the polling plan and the times of the bridge are its own business. */
async function shownOf(bench: Bench): Promise<Map<string, string>> {
  const all = await bench.retained("smartcar/test-a/#");
  return new Map([...all].filter(([topic]) => !topic.endsWith("/polling")));
}

describe.skipIf(!hasMosquitto())("operating the program", () => {
  it("restores from a backup taken while it ran: every topic as it was", async () => {
    const bench = own(await startBench());
    await bench.shown();
    await delivered(bench);
    expect(await command(bench, "a", "charge_limit", 80)).toMatchObject({ status: "succeeded" });
    await bench.seen.until(({ topic, payload }) => topic === "smartcar/test-a/charge_limit" && payload === "80");
    await fence(bench);
    const before = await shownOf(bench);
    expect(before.size).toBeGreaterThan(8);

    const copy = join(folder(), "copy.db");
    const made = await runCommand(backup, { FILE: copy }, besides(bench));
    expect(made).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/copy\.db: \d+ bytes/) });
    await expect(runCommand(backup, { FILE: copy }, besides(bench))).rejects.toThrow("exists already");

    // The machine is lost, the broker's memory with it.
    await bench.end("SIGKILL");
    for (const name of readdirSync(bench.dataDir)) rmSync(join(bench.dataDir, name), { recursive: true });
    await bench.mosquitto.restart({ empty: true });
    copyFileSync(copy, join(bench.dataDir, "smartcar2mqtt.db"));
    const billed = () => bench.simulator.requests().filter((request) => request.billed).length;
    const billedBefore = billed();
    await bench.start();
    await bench.program.line(({ msg }) => msg === "connections listed");
    const watching = await bench.lateWatch("smartcar/test-a/#");
    const isAsBefore = ([topic, payload]: [string, string]) => watching.current().get(topic) === payload;
    await watching.untilAll(() => [...before].every(isAsBefore)).catch(() => undefined);
    expect(await shownOf(bench)).toEqual(before);
    expect(billed()).toBe(billedBefore);
  });

  it("begins anew when its database is broken, keeps it aside, and says so aloud", async () => {
    const bench = own(await openBench());
    writeFileSync(join(bench.dataDir, "smartcar2mqtt.db"), "not a database, but of some length. ".repeat(200));
    const program = await bench.start();
    const said = await program.line(({ part, level }) => part === "database" && String(level) === "error");
    expect(said["kept_as"]).toMatch(/smartcar2mqtt\.db\.corrupt-\d{8}T\d{6}Z$/);
    expect(readdirSync(bench.dataDir).some((name) => name.startsWith("smartcar2mqtt.db.corrupt-"))).toBe(true);
    const { payload } = await bench.seen.until(
      ({ topic, payload: body }) => topic === "smartcar/bridge/event" && body.includes("database_replaced"),
    );
    expect(JSON.parse(payload)).toMatchObject({ kept_as: said["kept_as"] });
    await bench.seen.until(
      ({ topic, payload: body }) => topic === "smartcar/bridge/info" && /"name":"disk","status":"failed"/.test(body),
    );
    await bench.shown();
  });

  it("counts what it does, without naming a car by anything but its topic", async () => {
    const cars = [stillCar("a", { signals: { "vehicleidentification-vin": { value: VIN } } })];
    const bench = own(await startBench({ cars }));
    await bench.shown();
    await delivered(bench);
    await bench.program.line(({ msg }) => msg === "vehicle read");
    expect(await command(bench, "a", "lock", "LOCK")).toMatchObject({ status: "succeeded" });
    const refused = await fetch(bench.program.webhookUrl, { method: "POST", body: "{}" });
    expect(refused.status).toBe(401);

    const metrics = await metricsOf(bench);
    const value = (name: string) => metrics.get(name) ?? Number.NaN;
    expect(value('smartcar2mqtt_webhook_deliveries_total{outcome="stored"}')).toBeGreaterThanOrEqual(1);
    expect(value('smartcar2mqtt_webhook_refused_total{cause="signature missing"}')).toBe(1);
    expect(value('smartcar2mqtt_webhook_verifications_total{outcome="answered"}')).toBe(1);
    expect(value('smartcar2mqtt_webhook_duration_seconds_count{status="200"}')).toBeGreaterThanOrEqual(2);
    expect(value('smartcar2mqtt_smartcar_calls_total{endpoint="token",status="200"}')).toBe(1);
    expect(value('smartcar2mqtt_smartcar_calls_total{endpoint="commands",status="200"}')).toBe(1);
    expect(value('smartcar2mqtt_commands_total{command="lock",status="succeeded"}')).toBe(1);
    expect(value("smartcar2mqtt_token_valid")).toBe(1);
    expect(value("smartcar2mqtt_token_age_seconds")).toBeGreaterThanOrEqual(0);
    expect(value("smartcar2mqtt_mqtt_connected")).toBe(1);
    expect(value("smartcar2mqtt_mqtt_taken_over")).toBe(0);
    expect(value("smartcar2mqtt_quarantined_deliveries")).toBe(0);
    expect(value('smartcar2mqtt_budget_calls_used{vehicle="test-a"}')).toBe(2);
    expect(value('smartcar2mqtt_budget_calls_remaining{vehicle="test-a"}')).toBe(498);
    expect(value('smartcar2mqtt_last_webhook_timestamp_seconds{vehicle="test-a"}')).toBeGreaterThan(1e9);
    expect(value('smartcar2mqtt_link_ok{link="broker"}')).toBe(1);
    expect(value("smartcar2mqtt_database_size_bytes")).toBeGreaterThan(0);
    for (const name of metrics.keys()) {
      for (const private_ of [VIN, "vehicle-a", "user-a"]) expect(name).not.toContain(private_);
    }
    // Everything in the table has a value by now, but for what must not happen.
    const shown = new Set([...metrics.keys()].map((name) => name.replace(/(_bucket|_sum|_count)?(\{.*)?$/, "")));
    expect(Object.keys(METRICS).filter((name) => !shown.has(name))).toEqual([]);
  });

  it("changes the log's level of one part while it runs", async () => {
    const bench = own(await startBench({ env: { LOG_LEVEL: "info" } }));
    const ask = async (id: string, body: object) => {
      await bench.seen.publish("smartcar/bridge/request/log_level", JSON.stringify({ id, ...body }));
      const answer = await bench.seen.until(
        ({ topic, payload }) => topic === "smartcar/bridge/response/log_level" && payload.includes(`"${id}"`),
      );
      return JSON.parse(answer.payload) as object;
    };
    expect(await ask("l1", { level: "debug", part: "smartcar" })).toMatchObject({
      status: "ok",
      data: { level: "debug", part: "smartcar" },
    });
    expect(await command(bench, "a", "lock", "LOCK")).toMatchObject({ status: "succeeded" });
    await bench.program.line(({ part, msg }) => part === "smartcar" && msg === "smartcar answered");
    expect(bench.program.lines.filter(({ level }) => String(level) === "debug").map(({ part }) => part)).not.toContain(
      "intake",
    );
    expect(await ask("l2", { level: "debug", part: "nonsense" })).toMatchObject({
      status: "error",
      error: expect.stringContaining("known are"),
    });
    expect(await ask("l4", { level: "loud" })).toMatchObject({
      status: "error",
      error: "level: must be one of trace, debug, info, warn, error, fatal, silent",
    });
    expect(await ask("l3", { level: "debug" })).toMatchObject({ status: "ok", data: { level: "debug" } });
    bench.simulator.setSignal("vehicle-a", "charge-ischarging", { body: { value: true } });
    await bench.program.line(({ part, level }) => part === "intake" && String(level) === "debug");
  });
});
