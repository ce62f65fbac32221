import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { RECORDING_LIMITS } from "../../src/recorder/recorder.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const page = read("docs/recording.md");

describe("docs/recording.md", () => {
  it("has every kind of line", () => {
    const kinds = [...read("src/recorder/format.ts").matchAll(/readonly kind: "(\w+)"/g)].map(([, kind]) => kind);
    const rows = page.split("\n").filter((line) => line.startsWith("| `") && !line.includes("`kind`"));
    const named = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, kind]) => kind));
    expect(kinds.length).toBeGreaterThan(5);
    expect(named.sort()).toEqual(kinds.sort());
  });

  it("says how much is kept at most, as the page on privacy does", () => {
    const { minutes, bytes } = RECORDING_LIMITS;
    const most = `at most ${minutes / 60} hours and ${bytes / 1024 / 1024} MB`;
    for (const text of [page, read("docs/privacy.md")]) expect(text).toContain(most);
  });
});
