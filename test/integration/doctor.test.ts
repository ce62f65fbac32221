import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { doctor } from "../../src/cli/doctor.ts";
import { LINK_NAMES } from "../../src/doctor/link.ts";
import { hasMosquitto, startMosquitto } from "../support/brokers.ts";
import { cleanups, folder } from "../support/cleanups.ts";
import { besides, delivered, diagnose, runCommand } from "../support/doctor.ts";
import { type Bench, type BenchOptions, openBench, stillCar } from "../support/e2e-bench.ts";
import { freePort } from "../support/free-port.ts";
import { createTestCa, hasOpenssl } from "../support/test-ca.ts";

const VIN = "WVWZZZE1ZMP000001";

/** The program with a webhook that works; its public address is known beforehand. */
async function running(options: BenchOptions = {}): Promise<Bench> {
  const publicPort = await freePort();
  const url = `http://127.0.0.1:${publicPort}`;
  const env = { HTTP_PUBLIC_PORT: String(publicPort), HTTP_PUBLIC_URL: url, ...options.env };
  const bench = await openBench({ ...options, webhook: false, env });
  try {
    await bench.start();
    await bench.simulator.setWebhook({ callbackUrl: `${url}/webhooks/smartcar`, subscribe: "all" });
    return bench;
  } catch (error) {
    await bench.close();
    throw error;
  }
}

describe.skipIf(!hasMosquitto())("doctor beside a bridge that works", () => {
  let bench: Bench;
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    bench = await running({
      cars: [stillCar("a", { signals: { "vehicleidentification-vin": { value: VIN } } })],
      // Only what a test sets up may mend itself.
      env: { SMARTCAR_AUTO_SUBSCRIBE: "false" },
    });
    env = besides(bench);
    await bench.shown();
    await bench.seen.until(({ topic }) => topic === "homeassistant/device/smartcar_vehicle-a/config");
    await delivered(bench);
    // From here on it asks nothing by itself.
    await bench.program.line(({ msg }) => msg === "vehicle read");
  });
  afterAll(() => bench.close());

  it("finds nothing wrong, and says what it does not know", async () => {
    const { exitCode, failed, links, link, stdout } = await diagnose(env);
    expect(failed).toEqual([]);
    expect(exitCode).toBe(0);
    expect(links.map(({ name }) => name)).toEqual(LINK_NAMES);
    const unknown = links.filter(({ status }) => status === "not_known").map(({ name }) => name);
    expect(unknown).toEqual(["public address"]);
    expect(link("public address").detail).toContain("answers as it should");
    expect(link("signatures").detail).toBe("right");
    expect(links.every(({ cost }) => cost === "free")).toBe(true);
    for (const secret of [env["SMARTCAR_CLIENT_SECRET"], env["SMARTCAR_MANAGEMENT_TOKEN"], VIN]) {
      expect(stdout).not.toContain(secret);
    }
  });

  it("does not disturb the bridge", async () => {
    await diagnose(env);
    await bench.mosquitto.logged(/smartcar2mqtt-doctor \S*disconnect|Received DISCONNECT from smartcar2mqtt-doctor/);
    expect(bench.mosquitto.log()).not.toMatch(/smartcar2mqtt-doctor \d \S+\/set/);
    expect(bench.program.lines.some(({ msg }) => msg === "lost the connection to the MQTT broker")).toBe(false);
    expect(bench.seen.current().get("smartcar/bridge/state")).toBe("online");
  });

  it("writes for people, one line a link", async () => {
    const { stdout, exitCode } = await runCommand(doctor, {}, env);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ok {9}token {12}free {4}Smartcar accepts the credentials$/m);
    expect(stdout).toMatch(/^Nothing failed\. 1 not known\.$/m);
  });

  it("shows the same links as the bridge itself", async () => {
    await bench.seen.publish("smartcar/bridge/request/doctor", JSON.stringify({ id: "d1" }));
    const { payload } = await bench.seen.until(({ topic }) => topic === "smartcar/bridge/response/doctor");
    const { data } = JSON.parse(payload) as { data: { links: { name: string; status: string }[] } };
    expect(data.links.map(({ name }) => name)).toEqual(LINK_NAMES);
    expect(data.links.filter(({ status }) => status === "failed")).toEqual([]);
  });

  it("reads one car for one billed call, booked where the bridge counts", async () => {
    const billed = () => bench.simulator.requests().filter((request) => request.billed).length;
    const before = billed();
    const used = async () => Number(/: (\d+) of 500/.exec((await diagnose(env)).link("budget").detail)?.[1]);
    const usedBefore = await used();
    const { link, exitCode } = await diagnose(env, { billed: true });
    expect(link("readings")).toMatchObject({ status: "ok", cost: "billed" });
    expect(link("readings").detail).toMatch(/^Test a: \d+ values/);
    expect(exitCode).toBe(0);
    expect(billed() - before).toBe(1);
    expect((await used()) - usedBefore).toBe(1);
  });

  it("tells credentials that are refused from a login that is away", async () => {
    const wrong = await diagnose({ ...env, SMARTCAR_CLIENT_SECRET: "not-the-secret-at-all" });
    expect(wrong.failed).toEqual(["token"]);
    expect(wrong.link("token").fix).toContain("smartcar.client_secret");
    expect(wrong.stdout).not.toContain("not-the-secret-at-all");
    expect(wrong.link("connections").detail).toBe('needs "token" first');

    const away = await diagnose({ ...env, SMARTCAR_IAM_URL: `http://127.0.0.1:${await freePort()}` });
    expect(away.failed).toEqual(["token"]);
    expect(away.link("token").detail).toContain("your credentials were not judged");
  });

  it("names a webhook without signals", async () => {
    await bench.simulator.setWebhook({ data: [] });
    cleanups.push(() => bench.simulator.setWebhook({ data: "all" }));
    const { failed, link } = await diagnose(env);
    expect(failed).toEqual(["signals"]);
    expect(link("signals").fix).toContain("under data");
  });

  it("names a broker that holds nothing of the bridge, and one without TLS", async () => {
    const guarded = await startMosquitto({ users: { car: "right-password" } });
    cleanups.push(() => guarded.stop());
    const at = { ...env, MQTT_URL: guarded.url, MQTT_USERNAME: "car" };
    const right = await diagnose({ ...at, MQTT_PASSWORD: "right-password" });
    expect(right.failed).toEqual(["discovery"]);

    const plain = await diagnose({ ...env, MQTT_URL: env["MQTT_URL"]?.replace("mqtt:", "mqtts:") });
    expect(plain.failed).toEqual(["broker"]);
    expect(plain.link("broker").fix).toContain("TLS");
  });

  it("names a database that is broken, and leaves it alone", async () => {
    const dir = folder();
    writeFileSync(join(dir, "smartcar2mqtt.db"), "no database at all, but long enough to be looked at".repeat(40));
    const { failed, link } = await diagnose({ ...env, DATA_DIR: dir });
    expect(failed).toEqual(["disk"]);
    expect(link("disk").fix).toContain("restore a backup");
  });

  it("names a budget that is spent, and then reads nothing", async () => {
    const spent = { ...env, POLLING_MONTHLY_BUDGET: "1", POLLING_COMMAND_RESERVE: "0" };
    const before = bench.simulator.requests().filter((request) => request.billed).length;
    const { failed, link } = await diagnose(spent, { billed: true });
    expect(failed).toEqual(["budget"]);
    expect(link("budget").fix).toContain("polling.monthly_budget");
    expect(link("readings").status).toBe("not_known");
    expect(bench.simulator.requests().filter((request) => request.billed)).toHaveLength(before);
  });
});

describe.skipIf(!hasMosquitto() || !hasOpenssl())("doctor and a broker with TLS", () => {
  it("tells an unknown authority from a broker that is away", async () => {
    const ca = createTestCa();
    cleanups.push(() => ca.remove());
    const { certFile, keyFile } = ca.issue("ip:127.0.0.1");
    const config = [`cafile ${ca.caFile}`, `certfile ${certFile}`, `keyfile ${keyFile}`];
    const broker = await startMosquitto({ scheme: "mqtts", config });
    cleanups.push(() => broker.stop());
    const away = `http://127.0.0.1:${await freePort()}`;
    const env = { SMARTCAR_CLIENT_ID: "client_1", SMARTCAR_CLIENT_SECRET: "some-secret", SMARTCAR_IAM_URL: away };
    const strange = await diagnose({ ...env, MQTT_URL: broker.url, DATA_DIR: ca.dir });
    expect(strange.link("broker")).toMatchObject({ status: "failed", detail: expect.stringContaining("unknown CA") });
    expect(strange.link("broker").fix).toContain("mqtt.ca_file");
    const known = await diagnose({ ...env, MQTT_URL: broker.url, MQTT_CA_FILE: ca.caFile, DATA_DIR: ca.dir });
    expect(known.link("broker").status).toBe("ok");
  });
});

describe.skipIf(!hasMosquitto())("doctor", () => {
  it("says when Smartcar's store is empty", async () => {
    const bench = await openBench({ simulator: { emptyStoreWithoutWebhook: true } });
    cleanups.push(() => bench.close());
    const env = { ...bench.environment, DATA_DIR: bench.dataDir, HTTP_PORT: String(await freePort()) };
    const { link } = await diagnose(env, { billed: true });
    expect(link("readings")).toMatchObject({ status: "failed", cost: "billed" });
    expect(link("readings").detail).toContain("empty store");
    expect(link("budget").status).toBe("not_known");
    expect(link("webhook").status).toBe("not_known");
  });

  it("exits with 2 and says it in JSON too when the configuration is wrong", async () => {
    const { exitCode, failed, link } = await diagnose({ UNITS: "both" });
    expect(exitCode).toBe(2);
    expect(failed).toEqual(["configuration"]);
    expect(link("configuration").detail).toContain("smartcar.client_id: is missing");
    expect(link("disk").detail).toBe('needs "configuration" first');
  });
});
