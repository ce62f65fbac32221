import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { METRICS } from "../../src/telemetry/metric-table.ts";
import { readExample } from "../support/examples.ts";

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}
interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const { panels } = JSON.parse(readExample("grafana/dashboard.json")) as { panels: readonly Panel[] };
const { groups } = parse(readExample("prometheus/alerts.yml")) as { groups: readonly { rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const queries = [
  ...panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => ({ title, expr, text: legendFormat })),
  ),
  ...rules.map(({ alert, expr, annotations }) => ({ title: alert, expr, text: Object.values(annotations).join(" ") })),
];

/** What prom-client tells by itself, as far as it is used here. */
const OF_THE_PROCESS = [
  "process_resident_memory_bytes",
  "nodejs_heap_size_used_bytes",
  "nodejs_eventloop_lag_p99_seconds",
];

/** Names in a query that can be metrics of ours. */
function metricsIn(expr: string): string[] {
  return expr.match(/\b(?:smartcar2mqtt|process|nodejs)_\w+/g) ?? [];
}

/** The metric behind a series: a histogram has its own endings. */
function specOf(series: string) {
  const name = series.replace(/_(?:bucket|sum|count)$/, "");
  const specs: Readonly<Record<string, { readonly type: string; readonly labels: readonly string[] }>> = METRICS;
  return specs[series] ?? (specs[name]?.type === "histogram" ? specs[name] : undefined);
}

describe("dashboard and alerts", () => {
  it("ask for something", () => {
    expect(queries.length).toBeGreaterThan(25);
    expect(queries.flatMap(({ expr }) => metricsIn(expr)).length).toBeGreaterThan(25);
  });

  it.each(queries)("$title: $expr asks for metrics and labels that exist", ({ expr, text }) => {
    const names = metricsIn(expr).filter((name) => !OF_THE_PROCESS.includes(name));
    expect(names.filter((name) => specOf(name) === undefined)).toEqual([]);
    const labels = new Set([...names.flatMap((name) => specOf(name)?.labels ?? []), "le", "job"]);
    const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(/,\s*/));
    const matched = [...expr.matchAll(/[{,]\s*(\w+)\s*(?:=~?|!=|!~)/g)].map(([, label = ""]) => label);
    const shown = [...text.matchAll(/\{\{\s*(?:\$labels\.)?([a-z]\w*)\s*\}\}/g)].map(([, label = ""]) => label);
    expect([...grouped, ...matched, ...shown].filter((label) => !labels.has(label))).toEqual([]);
  });

  it.each(queries)("$title: $expr treats counters as counters", ({ expr }) => {
    for (const name of metricsIn(expr)) {
      const type = specOf(name)?.type;
      if (type === "counter") expect(expr).toMatch(new RegExp(`increase\\(${name}(?:\\{[^}]*\\})?\\[`));
      if (type === "histogram") expect(expr).toContain(`rate(${name}[`);
    }
  });

  it("have panels that do not overlap", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const [index, a] of panels.entries()) {
      expect(a.gridPos.x + a.gridPos.w).toBeLessThanOrEqual(24);
      for (const b of panels.slice(index + 1)) {
        const [p, q] = [a.gridPos, b.gridPos];
        const apart = p.x + p.w <= q.x || q.x + q.w <= p.x || p.y + p.h <= q.y || q.y + q.h <= p.y;
        expect(apart, `${a.title}, ${b.title}`).toBe(true);
      }
    }
  });
});
