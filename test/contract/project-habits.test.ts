import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { releaseNotes } from "../../scripts/release-notes.mjs";
import { REPOSITORY } from "../../src/lib/project.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const workflows = readdirSync(join(ROOT, ".github/workflows")).map((name) => `.github/workflows/${name}`);
const forms = readdirSync(join(ROOT, ".github/ISSUE_TEMPLATE")).map((name) => `.github/ISSUE_TEMPLATE/${name}`);

interface Step {
  readonly uses?: string;
  readonly run?: string;
}
interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly uses?: string; readonly steps?: readonly Step[] }>>;
}

describe.each(workflows)("%s", (path) => {
  const text = read(path);
  const workflow = parse(text) as Workflow;
  const jobs = Object.values(workflow.jobs);

  it("pins what it uses by hash, with the version beside it", () => {
    const uses = [...text.matchAll(/uses: (\S+)(.*)$/gm)].map(([, what = "", comment = ""]) => ({ what, comment }));
    expect(uses.length).toBeGreaterThan(0);
    for (const { what, comment } of uses) {
      if (what.startsWith("./")) expect(existsSync(join(ROOT, what)), what).toBe(true);
      else {
        expect(what).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
        expect(comment, what).toMatch(/^ # v\d+\.\d+\.\d+$/);
      }
    }
  });

  it("may only read unless a job says otherwise, and keeps no credentials for the steps", () => {
    expect(workflow.permissions).toEqual({ contents: "read" });
    const checkouts = jobs
      .flatMap(({ steps = [] }) => steps)
      .filter(({ uses }) => uses?.startsWith("actions/checkout@"));
    for (const step of checkouts) expect(step).toMatchObject({ with: { "persist-credentials": false } });
  });

  it("runs scripts that are there", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const commands = jobs.flatMap(({ steps = [] }) => steps).map(({ run = "" }) => run);
    for (const command of commands) {
      for (const [, name = ""] of command.matchAll(/npm run ([\w:-]+)/g)) expect(Object.keys(scripts)).toContain(name);
      for (const [file] of command.matchAll(/(?:scripts|\.ci)\/[\w.-]+/g))
        expect(existsSync(join(ROOT, file)), file).toBe(true);
    }
  });
});

describe("the same everywhere", () => {
  it("one version of each action", () => {
    const uses = new Set(
      workflows.flatMap((path) => [...read(path).matchAll(/uses: ([^.\s]\S+)/g)].map(([, what = ""]) => what)),
    );
    expect(uses.size).toBe(new Set([...uses].map((what) => what.split("@")[0])).size);
  });

  it("one address of the project", () => {
    const files = [...forms, "repository.yaml", "addon/CHANGELOG.md", "examples/systemd/smartcar2mqtt.service"];
    const named = files.flatMap((path) =>
      [...read(path).matchAll(/github\.com\/([\w-]+\/smartcar2mqtt)\b/g)].map(([, name]) => name),
    );
    expect(new Set(named)).toEqual(new Set([REPOSITORY]));
  });
});

describe("the issue forms", () => {
  it.each(forms)("%s is a form", (path) => {
    const form = parse(read(path)) as {
      name?: string;
      body?: { id?: string; type: string }[];
      blank_issues_enabled?: boolean;
    };
    if (path.endsWith("config.yml")) expect(form.blank_issues_enabled).toBe(false);
    else {
      expect(form.name).toBeTruthy();
      const ids = form.body?.flatMap(({ id }) => id ?? []) ?? [];
      expect(new Set(ids).size).toBe(ids.length);
      for (const { type } of form.body ?? [])
        expect(["markdown", "textarea", "input", "dropdown", "checkboxes"]).toContain(type);
    }
  });

  it("ask for the redacted report", () => {
    const bug = parse(read(".github/ISSUE_TEMPLATE/bug.yml")) as {
      body: { id?: string; validations?: { required: boolean } }[];
    };
    expect(bug.body.find(({ id }) => id === "report")?.validations).toEqual({ required: true });
  });
});

describe("docs/where-to-change-what.md", () => {
  it("leads from ten changes to their files", () => {
    expect(read("docs/where-to-change-what.md").match(/^## \d+\. /gm)).toHaveLength(10);
  });
});

describe("the text of a release", () => {
  const changelog =
    "# Changelog\n\n## [Unreleased]\n\n## [1.1.0] - 2026-02-01\n\n### Added\n\n- b\n\n## [1.0.0] - 2026-01-01\n\n- a\n\n[1.1.0]: https://x\n";

  it("is the changelog's section of the version", () => {
    expect(releaseNotes(changelog, "1.1.0")).toBe("### Added\n\n- b");
    expect(releaseNotes(changelog, "1.0.0")).toBe("- a");
  });

  it("is missing when nothing was written", () => {
    expect(releaseNotes(changelog, "1.2.0")).toBeNull();
    expect(releaseNotes(changelog, "Unreleased")).toBeNull();
  });
});
