/** One figure that a bench measured, beside what it is to reach. */
export interface Figure {
  readonly name: string;
  readonly measured: number;
  readonly unit: string;
  readonly target: number;
  readonly good: "at most" | "at least";
}

export interface JudgedFigure extends Figure {
  /** Measured to target; for what is to be at most its target, below 1 is good. Null when the target is 0. */
  readonly ratio: number | null;
  readonly met: boolean;
}

/** Compares a figure with its target. What could not be measured misses it. */
export function judge(figure: Figure): JudgedFigure {
  const { measured, target, good } = figure;
  const met = good === "at most" ? measured <= target : measured >= target;
  return { ...figure, ratio: target === 0 ? null : Math.round((measured / target) * 100) / 100, met };
}

/** The figures as a table in Markdown. */
export function table(figures: readonly JudgedFigure[]): string {
  const rows = figures.map(
    ({ name, measured, unit, target, good, met }) =>
      `| ${name} | ${good} ${amount(target, unit)} | ${amount(measured, unit)} | ${met ? "yes" : `no, ${miss(measured, target, good)}`} |`,
  );
  return ["| What | Target | Measured | Met |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

const BEGIN = "<!-- figures: written by `npm run bench -- --write` -->";
const END = "<!-- end of figures -->";

/**
 * Puts a table between the marks of a document.
 * @throws Error when the document has no such marks
 */
export function withTable(document: string, text: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the document lacks ${BEGIN} … ${END}`);
  return `${document.slice(0, begin + BEGIN.length)}\n${text}\n${document.slice(end)}`;
}

function amount(value: number, unit: string): string {
  return `${value.toLocaleString("en-US")}${unit === "" ? "" : ` ${unit}`}`;
}

function miss(measured: number, target: number, good: Figure["good"]): string {
  if (target === 0 || !Number.isFinite(measured)) return "missed";
  const percent = Math.round((Math.abs(measured - target) / target) * 100);
  return `${percent} % ${good === "at most" ? "above" : "below"}`;
}
