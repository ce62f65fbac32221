import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Topics } from "../../src/bridge/topics.ts";
import { hasMosquitto, type MosquittoOptions, startMosquitto } from "../support/brokers.ts";
import { cleanups, folder } from "../support/cleanups.ts";
import { diagnose } from "../support/doctor.ts";
import { blockOf, ROOT, readDocument } from "../support/documents.ts";
import { type Bench, type BenchOptions, startBench, stillCar } from "../support/e2e-bench.ts";
import { freePort } from "../support/free-port.ts";
import { startProgram } from "../support/program.ts";
import { hasOpenssl } from "../support/test-ca.ts";

const PAGE = "docs/mosquitto.md";
const acl = blockOf(PAGE, "text acl").trim().split("\n");
const rules = acl.filter((line) => line !== "" && !line.startsWith("#"));
const ofTheBridge = rules.slice(1, rules.indexOf("user homeassistant"));
const users = { smartcar: "its password", homeassistant: "another", dashboard: "a third" };
const account = { MQTT_USERNAME: "smartcar", MQTT_PASSWORD: users.smartcar };

/** The real program at a broker with these rules. Whoever only watches the test has no name, and may see all. */
async function benchUnder(list: readonly string[], more: MosquittoOptions = {}): Promise<Bench> {
  const position = { latitude: 48.1, longitude: 11.6 };
  const options: BenchOptions = {
    cars: [stillCar("a", { signals: { "location-preciselocation": position } })],
    mosquitto: { acl: ["topic readwrite #", ...list], users, config: ["allow_anonymous true"], ...more },
    env: account,
  };
  const bench = await startBench(options);
  cleanups.push(() => bench.close());
  return bench;
}

describe("the access list of docs/mosquitto.md", () => {
  it("is the one that Compose hands to its broker", () => {
    const shipped = readFileSync(join(ROOT, "config/mosquitto/acl"), "utf8");
    expect(shipped.split("\n").filter((line) => line !== "" && !line.startsWith("#"))).toEqual(rules);
  });

  it("gives the bridge what it publishes and subscribes to, and nothing else", () => {
    const topics = new Topics({ base: "smartcar", discoveryPrefix: "homeassistant" });
    expect(ofTheBridge).toEqual([
      `topic write ${topics.vehicleRoot("#").replace(/\/$/, "")}`,
      ...topics.commandFilters(["+"]).map((filter) => `topic read ${filter}`),
      `topic read ${topics.requestFilter}`,
      `topic read ${topics.homeAssistantStatus}`,
      `topic readwrite ${topics.discovery("+")}`,
    ]);
  });
});

describe.skipIf(!hasMosquitto())("under the access list of docs/mosquitto.md", () => {
  const as = (bench: Bench, username: keyof typeof users) =>
    bench.lateWatch("#", { username, password: users[username], clientId: username });

  it("the program does all it does, Home Assistant commands, a dashboard sees neither place nor VIN", async () => {
    const bench = await benchUnder(acl);
    await bench.shown();
    const [home, dashboard] = [await as(bench, "homeassistant"), await as(bench, "dashboard")];
    const discovery = "homeassistant/device/smartcar_vehicle-a/config";
    await home.until(({ topic }) => topic === discovery);
    await home.until(({ topic }) => topic === "smartcar/test-a/location");

    await dashboard.publish("smartcar/test-a/charge_limit/set", "60");
    await dashboard.publish("smartcar/test-a/battery", "1");
    await home.publish("smartcar/test-a/charge_limit/set", "70");
    const result = await home.until(({ topic }) => topic === "smartcar/test-a/charge_limit/result");
    expect(JSON.parse(result.payload)).toMatchObject({ value: 70, status: "succeeded" });
    await home.publish("smartcar/bridge/request/republish", "{}");
    await home.until(({ topic }) => topic === "smartcar/bridge/response/republish");
    await home.publish("homeassistant/status", "online");
    await bench.program.line(({ msg }) => msg.includes("Home Assistant"));

    const seen = dashboard.messages.map(({ topic }) => topic);
    expect(seen).toContain("smartcar/test-a/battery");
    const hidden = ["location", "state", "info", "vin", "signals/location-preciselocation", "event"];
    expect(seen.filter((topic) => hidden.includes(topic.replace("smartcar/test-a/", "")))).toEqual([]);
    expect(home.messages.filter(({ payload }) => payload === "1" || payload === "60")).toEqual([]);
    expect(bench.requests("vehicle-a", "set-limit")).toHaveLength(1);

    expect(bench.program.lines.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
    const { failed } = await diagnose({ ...bench.environment, DATA_DIR: bench.dataDir });
    expect(failed.filter((name) => name === "broker" || name === "discovery")).toEqual([]);
  });

  it("the program says what it lacks when a rule is taken out", async () => {
    const discovery = ofTheBridge.at(-1);
    const bench = await benchUnder(acl.filter((line) => line !== discovery));
    const { topic } = await bench.program.line(({ level, topic }) => level === "warn" && topic !== undefined);
    expect(topic).toMatch(/^homeassistant\/device\//);
  });
});

describe.skipIf(![hasMosquitto(), hasOpenssl()].every(Boolean))("TLS as in docs/mosquitto.md", () => {
  const [authority = "", client = ""] = readDocument(PAGE)
    .blocks.filter(({ language, text }) => language === "sh" && text.includes("openssl"))
    .map(({ text }) => text);

  /** The documented certificates, a broker with the documented listener, and the program at it. */
  async function connected(blocks: readonly string[], named: (dir: string) => Readonly<Record<string, string>>) {
    const dir = folder();
    for (const script of [authority, client]) execFileSync("bash", ["-ec", script], { cwd: dir, stdio: "ignore" });
    const config = blocks
      .flatMap((kind) => blockOf(PAGE, kind).trim().split("\n"))
      .filter((line) => !line.startsWith("listener "))
      .map((line) => line.replace("/etc/mosquitto/tls", dir));
    const withPasswords = blocks.length === 1 ? { users } : {};
    const broker = await startMosquitto({ scheme: "mqtts", config, acl, ...withPasswords });
    cleanups.push(() => broker.stop());
    const env = {
      SMARTCAR_CLIENT_ID: "client_1",
      SMARTCAR_CLIENT_SECRET: "some-secret",
      SMARTCAR_IAM_URL: `http://127.0.0.1:${await freePort()}`,
      MQTT_URL: broker.url,
      MQTT_CA_FILE: join(dir, "ca.pem"),
      // The test's broker has an address in place of a name.
      MQTT_SERVERNAME: "broker.home.arpa",
      ...named(dir),
    };
    const program = await startProgram({ env });
    cleanups.push(() => program.close());
    await program.line(({ msg }) => msg === "connected to the MQTT broker");
    return broker;
  }

  it("leads to the broker with its authority and a password", async () => {
    const broker = await connected(["text mosquitto-tls.conf"], () => account);
    await broker.logged(/u'smartcar'/);
  });

  it("leads to it with a certificate in place of the password", async () => {
    const broker = await connected(["text mosquitto-tls.conf", "text mosquitto-clients.conf"], (dir) => ({
      MQTT_CERT_FILE: join(dir, "smartcar.pem"),
      MQTT_KEY_FILE: join(dir, "smartcar.key"),
    }));
    await broker.logged(/u'smartcar'/);
  });
});
