import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { hasMosquitto, startMosquitto } from "../support/brokers.ts";
import { type Watch, watch } from "../support/mqtt-watch.ts";

const ROOT = join(import.meta.dirname, "../..");
const text = readFileSync(join(ROOT, "docs/security.md"), "utf8");
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  dependencies: Record<string, string>;
  scripts: Record<string, string>;
};

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

describe("docs/security.md", () => {
  it("names files and commands that exist", () => {
    const files = [...text.matchAll(/`(?:npx vitest run )?((?:test|bench)\/[\w./-]+\.ts)`/g)].map(
      ([, file]) => file ?? "",
    );
    const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => join("docs", link ?? ""));
    expect(files.length).toBeGreaterThan(5);
    expect([...files, ...links].filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
    const scripts = [...text.matchAll(/`npm run ([\w:]+)/g)].map(([, script]) => script ?? "");
    expect(scripts.filter((script) => !(script in manifest.scripts))).toEqual([]);
  });

  it("gives a reason for every dependency, and for no other", () => {
    const table = text.slice(text.indexOf("| Package | For |"));
    const named = table
      .split("\n")
      .filter((line) => line.startsWith("| `"))
      .flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, name]) => name));
    expect(named.sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });
});

describe.skipIf(!hasMosquitto())("the access list in docs/security.md", () => {
  it("lets the bridge speak, Home Assistant command, and the dashboard see no place", async () => {
    const [, acl = ""] = /```text\n([\s\S]*?)```/.exec(text) ?? [];
    const users = { smartcar2mqtt: "a", homeassistant: "b", dashboard: "c" };
    const broker = await startMosquitto({ acl: acl.trim().split("\n"), users });
    cleanups.push(() => broker.stop());
    const as = async (username: keyof typeof users): Promise<Watch> => {
      const client = await watch(broker.url, "#", { username, password: users[username], clientId: username });
      cleanups.push(() => client.stop());
      return client;
    };
    const [bridge, home, dashboard] = [await as("smartcar2mqtt"), await as("homeassistant"), await as("dashboard")];
    const secret = ["location", "state", "info", "vin", "signals/location-preciselocation", "event"];
    for (const name of [...secret, "battery"]) await bridge.publish(`smartcar/car/${name}`, name);
    await bridge.publish("homeassistant/device/smartcar_x/config", "{}");
    await dashboard.publish("smartcar/car/lock/set", "forbidden");
    await dashboard.publish("smartcar/car/battery", "forbidden");
    await home.publish("smartcar/bridge/request/doctor", "{}");
    await home.publish("homeassistant/status", "online");
    await home.publish("smartcar/car/lock/set", "LOCK");
    await bridge.publish("smartcar/car/fence", "end");

    const topicsOf = ({ messages }: Watch) => messages.map(({ topic }) => topic);
    await dashboard.until(({ topic }) => topic === "smartcar/car/fence");
    await home.until(({ topic }) => topic === "smartcar/car/fence");
    await bridge.until(({ topic, payload }) => topic === "smartcar/car/lock/set" && payload === "LOCK");
    expect(topicsOf(bridge)).toEqual(
      expect.arrayContaining(["smartcar/bridge/request/doctor", "homeassistant/status"]),
    );
    expect(topicsOf(home)).toEqual(
      expect.arrayContaining([
        "homeassistant/device/smartcar_x/config",
        ...secret.map((name) => `smartcar/car/${name}`),
      ]),
    );
    expect(topicsOf(dashboard)).toContain("smartcar/car/battery");
    expect(topicsOf(dashboard).filter((topic) => secret.some((name) => topic === `smartcar/car/${name}`))).toEqual([]);
    for (const { messages } of [bridge, home, dashboard]) {
      expect(messages.filter(({ payload }) => payload === "forbidden")).toEqual([]);
    }
  });
});
