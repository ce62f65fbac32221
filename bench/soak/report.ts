import type { Comparison } from "./truth.ts";

export interface MonthMark {
  readonly month: string;
  /** After a garbage collection, of everything in this process: bridge, simulator and broker. */
  readonly heapMb: number;
  readonly databaseMb: number;
}

export interface CallsOfMonth {
  readonly car: string;
  readonly month: string;
  /** What Smartcar billed, and what the bridge had booked for it. */
  readonly billed: number;
  readonly booked: number;
}

export interface SoakFacts {
  readonly from: string;
  readonly to: string;
  readonly days: number;
  readonly timers: number;
  readonly tokens: number;
  readonly requests: number;
  /** Requests that Smartcar refused, by method, path and status. */
  readonly refused: Readonly<Record<string, number>>;
  readonly calls: readonly CallsOfMonth[];
  readonly commands: { readonly given: number; readonly results: Readonly<Record<string, number>> };
  readonly restarts: number;
  readonly reconnects: number;
  readonly marks: readonly MonthMark[];
  /** Nights and turns of the month that were looked at, and what was wrong then. */
  readonly jobs: { readonly nights: number; readonly months: number; readonly wrong: readonly string[] };
  readonly database: {
    readonly rows: Readonly<Record<string, number>>;
    /** After everything from before the retention's horizon was to be forgotten; null when that was not played. */
    readonly later: {
      /** Rows that were to be forgotten, and those that were not. */
      readonly dueRows: number;
      readonly olderRows: number;
      readonly databaseMb: number;
      /** Over ten days of new rows in the space of the old ones. */
      readonly grownBytes: number;
    } | null;
  };
  readonly topics: Comparison;
  readonly errors: Readonly<Record<string, number>>;
  readonly warnings: Readonly<Record<string, number>>;
  readonly badStops: readonly string[];
  readonly timersLeft: number;
}

export interface SoakReport extends SoakFacts {
  /** Heap at the last month's mark against that of the second; the first still warms up. */
  readonly heapRatio: number | null;
  readonly broken: readonly string[];
  readonly ok: boolean;
}

const BUDGET = 500;
/** What a year may add to the heap: a twentieth at most, which is the noise of what V8 compiles. */
const MOST_HEAP_RATIO = 1.05;
/** Of three cars, with all that is kept for 400 days. */
const MOST_DATABASE_MB = 5;
/** So many of its first days are forgotten at the end, and ten others come into their space. */
const FORGOTTEN_DAYS = 60;
const MOST_GROWTH = 0.01;
/** Tokens live for an hour and are renewed a minute before their end. */
const TOKENS_PER_DAY = { least: 23, most: 26 };

/** Which promises hold. Pure. */
export function judge(facts: SoakFacts): SoakReport {
  const broken: string[] = [];
  const promise = (isKept: boolean, what: string) => {
    if (!isKept) broken.push(what);
  };
  const { marks, days } = facts;
  const early = marks[1];
  const late = marks.at(-1);
  const heapRatio = early === undefined || late === undefined || late === early ? null : late.heapMb / early.heapMb;
  promise(heapRatio === null || heapRatio <= MOST_HEAP_RATIO, `the heap grew to ${heapRatio?.toFixed(2)} of itself`);
  const largest = Math.max(0, ...marks.map(({ databaseMb }) => databaseMb));
  promise(largest <= MOST_DATABASE_MB, `the database grew to ${largest} MB`);
  const { later } = facts.database;
  promise(later === null || later.olderRows === 0, `${later?.olderRows} rows outlived their retention`);
  promise(later === null || later.dueRows > 0, "nothing was old enough to be forgotten");
  // Of less than two months, ten new days do not fit into the space of what was forgotten.
  const mayGrow = days < FORGOTTEN_DAYS || later === null || later.grownBytes <= later.databaseMb * MOST_GROWTH * 1e6;
  promise(mayGrow, `the database goes on growing, by ${later?.grownBytes} bytes in ten days`);
  const perDay = facts.tokens / days;
  promise(perDay >= TOKENS_PER_DAY.least && perDay <= TOKENS_PER_DAY.most, `${perDay.toFixed(1)} tokens a day`);
  for (const [request, count] of Object.entries(facts.refused))
    broken.push(`Smartcar refused ${request}, ${count} times`);
  for (const { car, month, billed, booked } of facts.calls) {
    promise(billed <= BUDGET, `${car} cost ${billed} calls in ${month}`);
    promise(booked >= billed, `${car}: ${booked} calls booked in ${month}, ${billed} billed`);
  }
  const { given, results } = facts.commands;
  const answered = Object.values(results).reduce((sum, count) => sum + count, 0);
  promise(answered === given, `${given} commands, ${answered} results`);
  promise(results["succeeded"] === given, `commands ended as ${JSON.stringify(results)}`);
  broken.push(...facts.jobs.wrong, ...facts.topics.wrong, ...facts.badStops);
  for (const [line, count] of Object.entries(facts.errors)) broken.push(`${count} times ${line}`);
  promise(facts.timersLeft === 0, `${facts.timersLeft} timers left`);
  return { ...facts, heapRatio, broken, ok: broken.length === 0 };
}
