import { useRef, useState } from "preact/hooks";
import { date, dateTime, number } from "./format.ts";

export type Point = readonly [at: number, value: number];

export interface ChartProps {
  readonly label: string;
  readonly unit: string | null;
  readonly from: number;
  readonly to: number;
  readonly points: readonly Point[];
  /** A value holds until the next one, rather than sliding to it. */
  readonly steps?: boolean;
  /** Lowest and highest value always shown. */
  readonly least?: readonly [number, number];
  /** A second line, for what is expected. */
  readonly expected?: readonly Point[];
  /** A level not to be passed, with its name. */
  readonly ceiling?: { readonly value: number; readonly label: string };
}

const WIDTH = 440;
const HEIGHT = 180;
const PAD = { left: 60, right: 12, top: 12, bottom: 26 };

/** A line over time. Small on purpose; the numbers are read out below it, also by keyboard. */
export function Chart(props: ChartProps) {
  const { label, unit, from, to, points, steps = false, expected = [], ceiling } = props;
  const [at, setAt] = useState<number | null>(null);
  const svg = useRef<SVGSVGElement>(null);
  const [low, high] = bounds(props);
  const x = (time: number) => PAD.left + ((time - from) / Math.max(1, to - from)) * (WIDTH - PAD.left - PAD.right);
  const y = (value: number) =>
    HEIGHT - PAD.bottom - ((value - low) / Math.max(1e-9, high - low)) * (HEIGHT - PAD.top - PAD.bottom);
  const end: readonly Point[] = steps && points.length > 0 ? [[Math.min(to, Date.now()), points.at(-1)?.[1] ?? 0]] : [];
  const line = path([...points, ...end], x, y, steps);
  const picked = at === null ? points.at(-1) : nearest(points, at);
  const last = [...points, ...end].at(-1);

  const move = (event: PointerEvent) => {
    const box = svg.current?.getBoundingClientRect();
    if (box === undefined) return;
    const ratio = (event.clientX - box.left) / box.width;
    setAt(from + ((ratio * WIDTH - PAD.left) / (WIDTH - PAD.left - PAD.right)) * (to - from));
  };
  const step = (event: KeyboardEvent) => {
    const by = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (by === 0 || points.length === 0) return;
    event.preventDefault();
    const index = picked === undefined ? points.length - 1 : points.indexOf(picked);
    setAt(points[Math.max(0, Math.min(points.length - 1, index + by))]?.[0] ?? null);
  };

  if (points.length === 0) return <p class="quiet chart-empty">Nothing recorded in this time.</p>;
  return (
    <figure class="chart">
      <svg
        ref={svg}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${label}, arrow keys move`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move the reading
        tabIndex={0}
        onPointerMove={move}
        onPointerLeave={() => setAt(null)}
        onKeyDown={step}
      >
        {ticks(low, high).map((value) => (
          <g key={value}>
            <line class="grid" x1={PAD.left} x2={WIDTH - PAD.right} y1={y(value)} y2={y(value)} />
            <text x={PAD.left - 8} y={y(value) + 4} text-anchor="end">
              {number(value)}
            </text>
          </g>
        ))}
        {timeTicks(from, to).map(({ time, text }) => (
          <text key={time} x={x(time)} y={HEIGHT - 6} text-anchor="middle">
            {text}
          </text>
        ))}
        {ceiling !== undefined && (
          <g>
            <line class="ceiling" x1={PAD.left} x2={WIDTH - PAD.right} y1={y(ceiling.value)} y2={y(ceiling.value)} />
            <text class="ceiling-label" x={WIDTH - PAD.right} y={y(ceiling.value) - 5} text-anchor="end">
              {ceiling.label}
            </text>
          </g>
        )}
        {points.length > 1 || end.length > 0 ? (
          <path class="area" d={`${line} L${x(last?.[0] ?? to)} ${y(low)} L${x(points[0]?.[0] ?? from)} ${y(low)} Z`} />
        ) : null}
        <path class="line" d={line} />
        {expected.length > 1 && <path class="expected" d={path(expected, x, y, false)} />}
        {picked !== undefined && <circle cx={x(picked[0])} cy={y(picked[1])} r="4.5" />}
      </svg>
      <figcaption>
        {picked === undefined ? "" : `${number(picked[1])}${unit === null ? "" : ` ${unit}`} · ${dateTime(picked[0])}`}
      </figcaption>
    </figure>
  );
}

function bounds({ points, expected = [], least, ceiling }: ChartProps): [number, number] {
  const values = [...points, ...expected].map(([, value]) => value);
  if (ceiling !== undefined) values.push(ceiling.value);
  const low = Math.min(...values, least?.[0] ?? Number.POSITIVE_INFINITY);
  const high = Math.max(...values, least?.[1] ?? Number.NEGATIVE_INFINITY);
  const room = high - low || Math.max(1, Math.abs(high) * 0.01);
  return [least === undefined ? low - room * 0.08 : low, high + room * 0.08];
}

function path(points: readonly Point[], x: (time: number) => number, y: (value: number) => number, steps: boolean) {
  return points
    .map(([time, value], index) => {
      const [px, py] = [x(time).toFixed(1), y(value).toFixed(1)];
      if (index === 0) return `M${px} ${py}`;
      return steps ? `H${px} V${py}` : `L${px} ${py}`;
    })
    .join(" ");
}

function nearest(points: readonly Point[], at: number): Point | undefined {
  let best = points[0];
  for (const point of points) if (best === undefined || Math.abs(point[0] - at) < Math.abs(best[0] - at)) best = point;
  return best;
}

function ticks(low: number, high: number): number[] {
  const raw = (high - low) / 3;
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  const size = [1, 2, 2.5, 5, 10].map((factor) => factor * magnitude).find((each) => each >= raw) ?? raw;
  const first = Math.ceil(low / size) * size;
  return Array.from({ length: 6 }, (_, index) => Number((first + index * size).toFixed(6))).filter(
    (value) => value <= high,
  );
}

const HOUR = 3_600_000;
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });

function timeTicks(from: number, to: number): { time: number; text: string }[] {
  const long = to - from > 36 * HOUR;
  const parts = 4;
  return Array.from({ length: parts }, (_, index) => {
    const time = from + ((index + 0.5) / parts) * (to - from);
    return { time, text: long ? date(time) : CLOCK.format(time) };
  });
}
