import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

const SRC = join(import.meta.dirname, "../../src");

/** What each folder of src may import besides itself. A folder that is not listed here fails the test. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  telemetry: ["lib"],
  vehicle: ["lib"],
  smartcar: ["vehicle", "lib"],
  store: ["vehicle", "lib"],
  config: ["vehicle", "lib"],
  scheduler: ["vehicle", "lib"],
  commands: ["vehicle", "lib"],
  recorder: ["vehicle", "lib"],
  bridge: ["commands", "scheduler", "vehicle", "lib"],
  http: ["commands", "scheduler", "vehicle", "lib"],
  /** In the browser: knows the API's types and nothing else of the program. */
  page: ["http"],
  /** Walks the chain by the interfaces it declares itself. */
  doctor: ["bridge", "http", "scheduler", "smartcar", "store", "vehicle", "lib"],
  /** Shares the contract with smartcar/, never its code: a mistake must not cancel itself out. */
  simulator: ["vehicle", "lib"],
  /** Joins the parts. */
  app: [
    "recorder",
    "doctor",
    "bridge",
    "http",
    "commands",
    "scheduler",
    "smartcar",
    "store",
    "config",
    "telemetry",
    "vehicle",
    "lib",
  ],
  cli: ["app", "doctor", "simulator", "config", "telemetry", "smartcar", "store", "bridge", "http", "vehicle", "lib"],
  main: ["cli", "lib"],
};

/** Packages that reach the outside world, each behind one folder (and the simulator's or the demo's own doors). */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  mqtt: ["bridge"],
  "mqtt-packet": ["bridge"],
  aedes: ["cli"],
  undici: ["smartcar", "simulator"],
  "better-sqlite3": ["store"],
  fastify: ["http", "simulator"],
  pino: ["telemetry"],
  "pino-pretty": ["telemetry"],
  "prom-client": ["telemetry"],
  yaml: ["config"],
  croner: ["scheduler"],
};

interface Import {
  readonly from: string;
  /** A file below src, or the name of a package. */
  readonly to: string;
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => /\.tsx?$/.test(file));
const imports = files.flatMap((from): Import[] => {
  const text = readFileSync(join(SRC, from), "utf8");
  const specifiers = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^"';]*?from\s*"([^"]+)"|\bimport\(\s*"([^"]+)"|^import\s+"([^"]+)"/gm,
  );
  return [...specifiers].map(([, fixed, dynamic, bare]) => {
    const specifier = fixed ?? dynamic ?? bare ?? "";
    return { from, to: specifier.startsWith(".") ? normalize(join(dirname(from), specifier)) : packageOf(specifier) };
  });
});
/** Whatever of a package is imported. */
function packageOf(specifier: string): string {
  const parts = specifier.split("/");
  return parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

const inner = imports.filter(({ to }) => files.includes(to));

function layerOf(file: string): string {
  if (file === "main.ts") return "main";
  return file.split("/")[0] ?? "";
}
const told = ({ from, to }: Import) => `${from} → ${to}`;

describe("the import graph of src", () => {
  it("is read at all", () => {
    expect(files.length).toBeGreaterThan(150);
    expect(inner.length).toBeGreaterThan(500);
    expect(inner.map(told)).toContain("app/app.ts → app/wiring.ts");
    // A relative import that leads nowhere would escape every rule.
    expect(imports.filter(({ to }) => /\.[jt]sx?$/.test(to) && !files.includes(to)).map(told)).toEqual([]);
  });

  it("goes down the layers only, never to a sibling", () => {
    const wrong = inner.filter(({ from, to }) => {
      const [here, there] = [layerOf(from), layerOf(to)];
      return here !== there && LAYERS[here]?.includes(there) !== true;
    });
    expect(wrong.map(told)).toEqual([]);
    expect(files.map(layerOf).filter((layer) => !(layer in LAYERS))).toEqual([]);
  });

  it("leaves the composition root to the commands of the command line", () => {
    const users = inner.filter(({ from, to }) => layerOf(to) === "app" && !["app", "cli"].includes(layerOf(from)));
    expect(users.map(told)).toEqual([]);
  });

  it("shows the configuration to the composition root and the command line only", () => {
    const users = inner.filter(({ from, to }) => layerOf(to) === "config" && layerOf(from) !== "config");
    expect([...new Set(users.map(({ from }) => layerOf(from)))].sort()).toEqual(["app", "cli"]);
    const inApp = users.filter(({ from }) => layerOf(from) === "app").map(({ from }) => from);
    expect([...new Set(inApp)].sort()).toEqual(["app/app.ts", "app/frame.ts"]);
  });

  it("has no cycles", () => {
    const targets = new Map(files.map((file) => [file, inner.filter(({ from }) => from === file).map(({ to }) => to)]));
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
      if (done.has(file) || path.includes(file)) return;
      for (const target of targets.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it("keeps each package that reaches outside behind its own door", () => {
    const wrong = imports.filter(({ from, to }) => DOORS[to] !== undefined && !DOORS[to].includes(layerOf(from)));
    expect(wrong.map(told)).toEqual([]);
  });

  it("keeps files, sockets and processes out of lib, vehicle, scheduler and commands", () => {
    const pure = ["lib", "vehicle", "scheduler", "commands"];
    const impure = /^node:(fs|net|http|https|tls|dns|child_process|worker_threads|process|os)\b/;
    expect(imports.filter(({ from, to }) => pure.includes(layerOf(from)) && impure.test(to)).map(told)).toEqual([]);
  });
});

describe("the page", () => {
  it("knows of the program only what the API answers", () => {
    const outward = inner.filter(({ from, to }) => layerOf(from) === "page" && layerOf(to) !== "page");
    expect(outward.filter(({ to }) => !to.startsWith("http/schema/")).map(told)).toEqual([]);
    expect(outward.length).toBeGreaterThan(0);
  });
});

describe("the sources", () => {
  // The page runs in a browser, which has clocks of its own.
  const ours = files.filter((file) => layerOf(file) !== "page");
  const mentioning = (pattern: RegExp) => ours.filter((file) => pattern.test(readFileSync(join(SRC, file), "utf8")));

  it("end the process in main only", () => {
    expect(mentioning(/process\.exit\(/)).toEqual(["main.ts"]);
  });

  it("take time and timers from the clock only", () => {
    expect(mentioning(/\b(Date\.now\(\)|setTimeout\(|setInterval\(|performance\.now\(\))/)).toEqual(["lib/clock.ts"]);
  });
});
