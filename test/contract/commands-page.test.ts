import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/commands/catalogue.ts";
import type { FinalStatus } from "../../src/commands/execution.ts";
import { readPayload } from "../../src/commands/request.ts";
import { parseJson } from "../../src/lib/json.ts";
import { signalSpec } from "../../src/vehicle/catalogue.ts";
import { QUIRKS } from "../../src/vehicle/quirk.ts";
import { announcedComponents } from "../support/announced.ts";
import { ROOT, tableBelow } from "../support/documents.ts";

const PAGE = "docs/commands.md";
const table = (heading: string) => tableBelow(PAGE, `## ${heading}`);
const words = (text = ""): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);

describe("docs/commands.md", () => {
  it("has every command, with what it takes, whom it asks and what shows its effect", () => {
    const rows = table("The seven");
    expect(rows.map(([topic]) => words(topic)[0])).toEqual(Object.keys(COMMANDS).map((name) => `B/V/${name}/set`));
    for (const [index, spec] of Object.values(COMMANDS).entries()) {
      const [, payloads, allow, permission = "", shownBy = ""] = rows[index] ?? [];
      const complete = words(payloads).filter((payload) => !payload.includes("…"));
      expect(complete.length).toBeGreaterThan(0);
      const values = complete.map((text) => spec.parse(readPayload(Buffer.from(text)).value));
      expect(values).not.toContain(undefined);
      expect(words(allow)).toEqual([...new Set(values.map((value) => spec.allowance(value ?? null)))]);
      expect(words(permission)[0] ?? null).toBe(spec.permission);
      const shows = spec.confirmedBy === undefined ? [] : (signalSpec(spec.confirmedBy.code)?.readings ?? []);
      if (shows.length > 0) expect(shows.map(({ name }) => name)).toContain(words(shownBy)[0]);
      else expect(words(shownBy)).toEqual([]);
    }
  });

  it("has every status, and an example of a result as it is published", () => {
    const statuses: Record<FinalStatus, true> = {
      succeeded: true,
      failed: true,
      rejected: true,
      superseded: true,
      unknown: true,
    };
    expect(table("The result").map(([status]) => words(status)[0])).toEqual(Object.keys(statuses));
    const example = /```json\n(\{\n {2}"id"[\s\S]*?)```/.exec(readFileSync(join(ROOT, PAGE), "utf8"))?.[1] ?? "";
    expect(Object.keys((parseJson(example) ?? {}) as object)).toEqual([
      "id",
      "command",
      "value",
      "status",
      "confirmed",
      "error",
      "requested_at",
      "sent_at",
      "completed_at",
      "duration_ms",
      "calls",
    ]);
  });

  it("names the entities that each allowance brings", () => {
    for (const [allowed, entities = "", command] of table("Home Assistant")) {
      const all = Object.values(announcedComponents(["lock"], words(allowed)));
      const set = `smartcar/volkswagen-id-4/${words(command)[0]}/set`;
      const sending = all.filter((component) => component["command_topic"] === set);
      const ids = all.map((component) => String(component["default_entity_id"]));
      expect(words(entities).filter((id) => !ids.includes(id))).toEqual([]);
      for (const { default_entity_id: id } of sending) expect(words(entities)).toContain(id);
      expect(sending.length).toBeGreaterThan(0);
    }
  });

  it("has the ways of every make that the program knows", () => {
    const rows = table("Makes with ways of their own");
    const known = QUIRKS.filter(({ about }) => about.split(" ").some((name) => name in COMMANDS));
    expect(known.length).toBeGreaterThan(8);
    for (const { makes, about } of known) {
      const plain = (text = "") => text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
      const row = rows.find(([names, commands]) => {
        const same = plain(names).split(", ").sort().join(" ") === makes.split(" ").sort().join(" ");
        return same && words(commands).join(" ") === about;
      });
      expect(row, `${makes}: ${about}`).toBeDefined();
    }
  });
});
