import type { Row } from "./rows.ts";
import type { Measure } from "./staleness.ts";
import { ITEMS } from "./truth.ts";

/** The figures by one measure of staleness as a Markdown table. */
export function table(rows: readonly Row[], measure: Measure): string {
  const head = ["scenario", "webhook", "planner", "calls", ...ITEMS];
  const cells = rows.map((row) => [
    row.scenario,
    row.webhook,
    row.planner,
    `${Math.round(row.calls)} (${row.mostCalls})`,
    ...ITEMS.map((item) => {
      const { mean, p95 } = row.staleness[measure][item];
      return `${Math.round(mean * 10) / 10} / ${p95}`;
    }),
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n");
}
