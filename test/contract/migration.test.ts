import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { READINGS } from "../../src/vehicle/catalogue.ts";
import { announcedComponents } from "../support/announced.ts";
import { tableBelow } from "../support/documents.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/migration.md"), "utf8");
const BEGINNING = /^(\w+)\.volkswagen_id_4_/;

interface Entity {
  readonly unit: string;
  readonly disabled: boolean;
}

/** Every entity of a car that tells everything, under what follows the beginning that all ids share. */
function announced(commands: readonly string[]): Map<string, Entity> {
  const readings = [...READINGS.keys(), "last_webhook_received", "energy_total"];
  const components = announcedComponents(readings, commands);
  return new Map(
    Object.values(components).map((component) => [
      String(component["default_entity_id"]).replace(BEGINNING, "$1."),
      { unit: String(component["unit_of_measurement"] ?? "–"), disabled: component["enabled_by_default"] === false },
    ]),
  );
}

const OTHERS = ["lock", "charging", "charge_limit", "charge_port", "refresh"];
const withoutUnlock = announced(OTHERS);
const all = new Map([...withoutUnlock, ...announced([...OTHERS, "unlock"])]);

const table = (heading: string) => tableBelow("docs/migration.md", heading);
const entities = (text: string): string[] =>
  [...text.matchAll(/`(\w+)\.<car>_(\w+)`/g)].map(([, domain, name]) => `${domain}.${name}`);
const words = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
const nameOf = (id: string): string => id.split(".")[1] ?? "";

const SAME = table("### The same id");
const OTHER = table("### Another id, another meaning, or gone");

describe("docs/migration.md", () => {
  it("says the same id of entities that exist, with their unit", () => {
    expect(SAME.flatMap(([ids = ""]) => entities(ids)).length).toBeGreaterThan(45);
    for (const [ids = "", unit] of SAME) {
      for (const id of entities(ids)) expect({ id, unit: all.get(id)?.unit }).toEqual({ id, unit });
    }
  });

  it("leads from every other entity to one that exists, with its unit", () => {
    expect(OTHER.length).toBeGreaterThan(15);
    for (const [theirs = "", ours = "", unit] of OTHER) {
      expect(entities(theirs).length, theirs).toBe(1);
      const [id] = entities(ours);
      if (id === undefined) expect(ours).toBe("none");
      else expect({ id, unit: all.get(id)?.unit }).toEqual({ id, unit });
    }
  });

  it("names no entity of ours that does not exist", () => {
    const theirs = new Set(OTHER.flatMap(([cell = ""]) => entities(cell)));
    expect(entities(page).filter((id) => !all.has(id) && !theirs.has(id))).toEqual([]);
    // The lock is one entity or two, as the page says.
    expect(["button.lock", "binary_sensor.lock"].every((id) => withoutUnlock.has(id))).toBe(true);
    expect(withoutUnlock.has("lock.lock")).toBe(false);
  });

  it("says of all that it names which are disabled at first", () => {
    const sentence = page.split("\n").find((line) => line.includes("disabled from the start")) ?? "";
    const alerts = OTHER.filter((cells) => cells.includes("on: alert")).flatMap(([, ours = ""]) => entities(ours));
    const disabled = [...new Set(entities(page))].filter((id) => all.get(id)?.disabled === true);
    const said = [...words(sentence), ...alerts.map(nameOf)];
    expect(said.sort()).toEqual([...new Set(disabled.map(nameOf))].sort());
  });

  it("translates another bridge's topics into readings", () => {
    const rows = table("## From another car bridge on MQTT");
    expect(rows.length).toBeGreaterThan(10);
    const unknown = rows.flatMap(([, ours = ""]) => words(ours)).filter((name) => !READINGS.has(name));
    expect(unknown).toEqual([]);
  });
});
