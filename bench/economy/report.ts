import type { Webhook } from "./cloud.ts";
import type { PlannerName } from "./planners.ts";
import type { Scenario } from "./scenarios.ts";
import { type Figures, ITEMS } from "./staleness.ts";

/** One scenario under one planner: mean of the months' calls, and staleness in minutes over all of them. */
export interface Row {
  readonly scenario: Scenario;
  readonly webhook: Webhook;
  readonly planner: PlannerName;
  readonly calls: number;
  /** The calls of the month that took most. */
  readonly mostCalls: number;
  readonly battery: Figures;
  readonly charging: Figures;
  readonly location: Figures;
}

export interface Verdict {
  readonly ok: boolean;
  readonly text: string;
}

const ALLOWED = 500;

/** Ours needs at most as many calls, is at most as stale in everything, and never goes above the month's allowance. */
export function judge(rows: readonly Row[]): Verdict[] {
  return rows
    .filter(({ planner }) => planner === "ours")
    .flatMap((ours) => {
      const fixed = rows.find((row) => row !== ours && row.scenario === ours.scenario && row.webhook === ours.webhook);
      if (fixed === undefined) return [];
      const name = `${ours.scenario}, webhook ${ours.webhook}`;
      const verdict = (what: string, mine: number, limit: number): Verdict => ({
        ok: mine <= limit,
        text: `${name}: ${what} ${mine} <= ${limit}`,
      });
      return [
        verdict("most calls in a month", ours.mostCalls, ALLOWED),
        verdict("calls", ours.calls, fixed.calls),
        ...ITEMS.flatMap((item) => [
          verdict(`${item} mean`, ours[item].mean, fixed[item].mean),
          verdict(`${item} p95`, ours[item].p95, fixed[item].p95),
        ]),
      ];
    });
}

/** The figures as a Markdown table. */
export function table(rows: readonly Row[]): string {
  const head = ["scenario", "webhook", "planner", "calls", "battery", "charging", "location"];
  const cells = rows.map((row) => [
    row.scenario,
    row.webhook,
    row.planner,
    row.calls === row.mostCalls ? `${row.calls}` : `${row.calls} (${row.mostCalls})`,
    ...ITEMS.map((item) => `${row[item].mean} / ${row[item].p95}`),
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) => `| ${row.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n");
}
