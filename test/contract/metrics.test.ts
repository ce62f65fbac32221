import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { METRICS } from "../../src/telemetry/metric-table.ts";
import { Metrics } from "../../src/telemetry/metrics.ts";
import { LOG_PARTS } from "../../src/telemetry/parts.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

/** Every name that `/metrics` can show. */
async function exposed(): Promise<Set<string>> {
  const text = await new Metrics().text();
  const names = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = "", type]) =>
    type === "histogram" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  );
  return new Set(names);
}

function named(text: string): string[] {
  return [...new Set(text.match(/\b(smartcar2mqtt|process|nodejs)_[a-z0-9_]+\b/g) ?? [])];
}

describe("metrics", () => {
  it("are all documented, and all that is documented exists", () => {
    const table = read("docs/metrics.md").split("<!-- metrics:start -->")[1]?.split("<!-- metrics:end -->")[0] ?? "";
    const documented = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(documented).toEqual(Object.keys(METRICS));
  });

  it("are all in the text that Prometheus gets", async () => {
    const text = await new Metrics().text();
    for (const name of Object.keys(METRICS)) expect(text).toContain(`# TYPE ${name} `);
  });

  it("of the dashboard and the alert rules exist", async () => {
    const known = await exposed();
    const dashboard = JSON.parse(read("examples/grafana/dashboard.json")) as {
      panels: { targets?: { expr: string }[] }[];
    };
    const rules = parse(read("examples/prometheus/alerts.yml")) as { groups: { rules: { expr: string }[] }[] };
    const expressions = [
      ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
      ...rules.groups.flatMap((group) => group.rules.map(({ expr }) => expr)),
    ];
    expect(expressions.length).toBeGreaterThan(25);
    const names = new Set(expressions.flatMap(named));
    expect([...names].filter((name) => !known.has(name))).toEqual([]);
    for (const expression of expressions) {
      for (const [, name = "", labels = ""] of expression.matchAll(/\b(smartcar2mqtt_\w+)\{([^}]*)\}/g)) {
        const spec = METRICS[name.replace(/_(bucket|sum|count)$/, "") as keyof typeof METRICS];
        for (const [, label = ""] of labels.matchAll(/(\w+)=/g)) expect(spec.labels).toContain(label);
      }
    }
  });

  it("are scraped by the example where the bridge serves them", () => {
    const { scrape_configs } = parse(read("examples/prometheus/prometheus.yml")) as {
      scrape_configs: { metrics_path: string; static_configs: { targets: string[] }[] }[];
    };
    expect(scrape_configs[0]?.metrics_path).toBe("/metrics");
    expect(scrape_configs[0]?.static_configs[0]?.targets[0]).toMatch(/:8080$/);
  });
});

describe("parts of the log", () => {
  it("are those that the sources write, and all in the documents", () => {
    const sources = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => read(join("src", file)))
      .join("\n");
    const written = [...sources.matchAll(/logOf\("([^"]+)"\)|child\(\{ part: "([^"]+)" \}\)/g)].map(
      ([, inApp, inObserver]) => inApp ?? inObserver,
    );
    expect([...new Set(written)].sort()).toEqual([...LOG_PARTS].sort());
    for (const part of LOG_PARTS) expect(read("docs/logging.md")).toContain(`| \`${part}\` |`);
  });
});
