import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FREE_PLAN_GROUPS } from "../../src/simulator/signal-names.ts";
import { CATALOGUE } from "../../src/vehicle/catalogue.ts";
import { blockOf, ROOT } from "../support/documents.ts";
import { stillCar } from "../support/e2e-bench.ts";
import { type LiveApp, startLiveApp } from "../support/live-app.ts";

const PAGE = "docs/topics-and-entities.md";
const text = readFileSync(join(ROOT, PAGE), "utf8");

/** The words in code of the table row that begins with a topic. */
function named(topic: string): string[] {
  const row = text.split("\n").find((line) => line.startsWith(`| \`${topic}\` |`));
  if (row === undefined) throw new Error(`${PAGE} has no row for ${topic}`);
  return [...row.replace(`\`${topic}\``, "").matchAll(/`([a-z_]+)`/g)].map(([, word = ""]) => word);
}

describe("docs/topics-and-entities.md", () => {
  let live: LiveApp;
  beforeAll(async () => {
    live = await startLiveApp({ cars: [stillCar("a")] });
    await live.pass(120_000);
  });
  afterAll(() => live.close());

  it.each([
    ["B/V/info", "test-a/info"],
    ["B/V/signals/<code>", "test-a/signals/tractionbattery-stateofcharge"],
    ["B/V/state", "test-a/state"],
    ["B/bridge/info", "bridge/info"],
  ])("names in the row of %s what is published there", (topic, published) => {
    const document = live.retained(published) as object;
    const words = named(topic).filter((word) => !["webhook", "poll"].includes(word));
    expect(words.length).toBeGreaterThan(0);
    expect(words.filter((word) => !(word in document))).toEqual([]);
  });

  it("names every key of a result and of its error", async () => {
    const request = { id: "my-1", value: 80 };
    await live.seen.publish("smartcar/test-a/charge_limit/set", JSON.stringify(request));
    const { payload } = await live.until(({ topic }) => topic === "smartcar/test-a/charge_limit/result");
    const result = JSON.parse(payload) as Readonly<Record<string, unknown>>;
    const example = JSON.parse(blockOf(PAGE, "json")) as Readonly<Record<string, unknown>>;
    expect(Object.keys(example)).toEqual(Object.keys(result));
    expect(result).toMatchObject({ id: example["id"], command: example["command"], status: example["status"] });

    await live.seen.publish("smartcar/test-a/charge_limit/set", "10");
    const refused = await live.until(({ payload: other }) => other.includes('"rejected"'));
    const { error } = JSON.parse(refused.payload) as { error: object };
    const [, keys = ""] = /`error` is an object with ([^.]+)\./.exec(text) ?? [];
    expect([...keys.matchAll(/`(\w+)`/g)].map(([, key]) => key)).toEqual(Object.keys(error));
  });

  it("names every event of the bridge", () => {
    const folder = join(ROOT, "src/app");
    const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
    const told = sources.flatMap((name) =>
      [...readFileSync(join(folder, name), "utf8").matchAll(/event_type: "(\w+)"/g)].map(([, type]) => type),
    );
    expect(told.length).toBeGreaterThan(4);
    expect(
      named("B/bridge/event")
        .filter((word) => word !== "event_type")
        .toSorted(),
    ).toEqual(told.toSorted());
  });
});

describe("docs/smartcar-dashboard.md", () => {
  it("puts every group of signals on the right side of the free plan", () => {
    const page = readFileSync(join(ROOT, "docs/smartcar-dashboard.md"), "utf8");
    const row = page.split("\n").find((line) => line.startsWith("| Closure, "));
    const [free = "", locked = ""] = row?.slice(1).split("|") ?? [];
    const groups = [...new Set(CATALOGUE.map(({ group }) => group))].toSorted();
    const side = (cell: string) => groups.filter((group) => new RegExp(`\\b${group}\\b`).test(cell));
    expect(side(free)).toEqual(groups.filter((group) => FREE_PLAN_GROUPS.has(group)));
    expect(side(locked)).toEqual(groups.filter((group) => !FREE_PLAN_GROUPS.has(group)));
  });
});

describe("docs/public-port.md", () => {
  it("says what the public port answers", async () => {
    const live = await startLiveApp();
    try {
      const ask = async (method: string, path: string) =>
        (await fetch(`${live.app.addresses.publicUrl}${path}`, { method })).status;
      expect(await ask("POST", "/webhooks/smartcar")).toBe(401);
      expect(await ask("GET", "/webhooks/smartcar")).toBe(405);
      for (const path of ["/", "/metrics", "/api/vehicles", "/healthz"]) expect(await ask("GET", path)).toBe(404);
      const checks = blockOf("docs/public-port.md", "sh check");
      for (const [, line = "", status] of checks.matchAll(/^curl -i (.*?) +# (\d+)$/gm)) {
        const path = /https?:\/\/[^/]+(\/\S*)/.exec(line)?.[1] ?? "";
        expect(await ask(line.includes("-X POST") ? "POST" : "GET", path), line).toBe(Number(status));
      }
      expect(checks.match(/^curl/gm)).toHaveLength(3);
    } finally {
      await live.close();
    }
  });
});
