import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { parseJson } from "../../src/lib/json.ts";
import { hasMosquitto } from "../support/brokers.ts";
import type { Bench } from "../support/e2e-bench.ts";
import {
  announced,
  entitiesIn,
  exampleFiles,
  exists,
  readExample,
  startExampleBench,
  topicsIn,
} from "../support/examples.ts";

const FILES = exampleFiles();

describe("the examples", () => {
  it("have a folder for each consumer, each with a page that the front page leads to", () => {
    const folders = [...new Set(FILES.filter((path) => path.includes("/")).map((path) => path.split("/")[0] ?? ""))];
    expect(folders).toEqual([
      "evcc",
      "grafana",
      "home-assistant",
      "iobroker",
      "node-red",
      "openhab",
      "prometheus",
      "systemd",
    ]);
    const front = readExample("README.md");
    for (const folder of folders) {
      expect(FILES).toContain(`${folder}/README.md`);
      expect(front).toContain(`(${folder}/README.md)`);
    }
  });

  it.each(FILES.filter((path) => path.endsWith(".yaml")))("%s is YAML", (path) => {
    for (const document of parseAllDocuments(readExample(path))) {
      if (!("errors" in document)) continue;
      expect([...document.errors, ...document.warnings]).toEqual([]);
    }
  });

  it.each(FILES.filter((path) => path.endsWith(".json")))("%s is JSON", (path) => {
    expect(parseJson(readExample(path))).toBeDefined();
  });

  it.each(FILES.filter((path) => !path.endsWith(".md")))("%s is spoken of on its folder's page", (path) => {
    const [folder, name] = path.split("/");
    expect(readExample(`${folder}/README.md`)).toContain(`\`${name}\``);
  });
});

describe.skipIf(!hasMosquitto())("what the examples name, in the running program", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startExampleBench();
  });
  afterAll(async () => {
    await bench.close();
  });

  it.each(FILES)("%s names topics that exist", (path) => {
    expect(topicsIn(readExample(path)).filter((topic) => !exists(bench, topic))).toEqual([]);
  });

  it.each(FILES)("%s names entities that are announced under just this id", (path) => {
    // Where unlocking is allowed, a lock takes the place of the binary sensor; the examples speak of both.
    const elsewhere = ["lock.volkswagen_id_4_lock"];
    const ids = [...announced(bench).keys(), ...elsewhere];
    expect(entitiesIn(readExample(path)).filter((id) => !ids.includes(id))).toEqual([]);
  });

  it("does find topics and entities in them", () => {
    const found = FILES.map(readExample);
    expect(new Set(found.flatMap(topicsIn)).size).toBeGreaterThan(20);
    expect(new Set(found.flatMap(entitiesIn)).size).toBeGreaterThan(20);
    expect(exists(bench, "smartcar/volkswagen-id-4/unheard_of")).toBe(false);
    expect(exists(bench, "smartcar/volkswagen-id-4/charge_port/set")).toBe(false);
  });
});
