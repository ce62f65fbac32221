import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { failed, LINK_NAMES, type LinkName, ok } from "../../src/doctor/link.ts";
import { furtherReading } from "../../src/doctor/report.ts";
import { problemView } from "../../src/http/car-view.ts";
import { helpAbout, REPOSITORY } from "../../src/lib/project.ts";
import { SMARTCAR_ERRORS } from "../../src/smartcar/error-catalogue.ts";
import { TAXONOMY } from "../../src/smartcar/taxonomy.ts";
import { EXPLAINED } from "../../src/vehicle/problem.ts";

const ROOT = join(import.meta.dirname, "../..");
const page = readFileSync(join(ROOT, "docs/troubleshooting.md"), "utf8");
const rows = page.split("\n").filter((line) => line.startsWith('| <a id="'));
const anchors = rows.map((row) => /<a id="([^"]+)">/.exec(row)?.[1] ?? "");
const fragment = (url: string | null) => url?.split("#")[1] ?? "";

/** Every code that the sources of commands give a request that was not sent, or whose outcome a stop left open. */
function refusals(): string[] {
  const folder = join(ROOT, "src/commands");
  const files = [...readdirSync(folder).map((name) => join(folder, name)), join(ROOT, "src/bridge/command-inbox.ts")];
  const text = files.map((file) => readFileSync(file, "utf8")).join("\n");
  const codes = [...text.matchAll(/\b(?:refuse\(|code:)\s*"([A-Z_]+)"/g)].map(([, code = ""]) => code);
  return [...new Set(codes)];
}

describe("docs/troubleshooting.md", () => {
  it("explains every link, problem, refusal and code, each once, and none that is not", () => {
    const links = LINK_NAMES.map((name) => fragment(helpAbout("link", name)));
    const problems = EXPLAINED.map((key) => fragment(helpAbout("problem", key)));
    const rejected = refusals().map((code) => `rejected-${code.toLowerCase()}`);
    const codes = Object.keys(SMARTCAR_ERRORS).map((code) => code.toLowerCase());
    expect(rejected.length).toBeGreaterThan(12);
    expect([...anchors].sort()).toEqual([...links, ...problems, ...rejected, ...codes].sort());
  });

  it("shows each under its own name, with a cause and a fix", () => {
    for (const row of rows) {
      const [, first = "", ...cells] = row.split("|").map((cell) => cell.trim());
      const [, id = "", shown = ""] = /^<a id="([^"]+)"><\/a>(.+)$/.exec(first) ?? [];
      const plain = shown.replaceAll("`", "").replaceAll(", ", "-").replaceAll(" ", "-").toLowerCase();
      expect(id.replace(/^(link|problem|rejected)-/, "")).toBe(plain);
      expect(cells.filter((cell) => cell !== "").length, row).toBe(2);
    }
  });

  it("names the types and codes of Smartcar that a code stands for", () => {
    for (const { type, codes, error } of TAXONOMY) {
      const row = rows.find((each) => each.includes(`id="${error.toLowerCase()}"`)) ?? "";
      const named = [type, ...(codes ?? [])].some((word) => word !== null && row.includes(`\`${word}\``));
      expect(named, `${error}: ${type} ${codes?.join(", ") ?? ""}`).toBe(true);
    }
  });
});

describe("the way there", () => {
  const failure = (name: LinkName) => furtherReading([ok("token", "fine"), failed(name, "broken", null)]);

  it("leads from the doctor to the first link that failed", () => {
    for (const name of LINK_NAMES) expect(anchors).toContain(fragment(failure(name)));
    expect(failure("callback URL")).toBe(
      `https://github.com/${REPOSITORY}/blob/main/docs/troubleshooting.md#link-callback-url`,
    );
    expect(furtherReading([ok("token", "fine")])).toBeNull();
  });

  it("leads from a problem to its entry, from a code nobody knows to that of its type", () => {
    const view = (type: string, code: string | null) => {
      const problem = {
        type,
        code,
        message: "",
        action: null,
        url: null,
        since: 0,
        origin: "poll",
        whole: true,
      } as const;
      return problemView(problem, null).help;
    };
    expect(fragment(view("VEHICLE_STATE", "ASLEEP"))).toBe("problem-vehicle_state-asleep");
    expect(fragment(view("PERMISSION", "UNKNOWN"))).toBe("problem-permission");
    expect(fragment(view("BILLING", "VEHICLE_LIMIT"))).toBe("problem-billing");
    expect(fragment(view("NO_DATA", "EMPTY_STORE"))).toBe("problem-no_data");
    expect(view("VEHICLE_STATE", "ON_THE_MOON")).toBeNull();
  });
});
