import { useState } from "preact/hooks";
import type { History, VehicleDetail } from "../../http/schema/vehicles.ts";
import { type Resource, useResource } from "../api.ts";
import { Chart } from "../chart.tsx";
import { useNow } from "../format.ts";

const HOUR_MS = 3_600_000;
const SPANS = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS, month: 30 * 24 * HOUR_MS } as const;
const COURSES = [
  { code: "tractionbattery-stateofcharge", label: "Battery", least: [0, 100] as const, steps: false },
  { code: "internalcombustionengine-fuellevel", label: "Fuel", least: [0, 100] as const, steps: false },
  { code: "charge-wattage", label: "Charging power", least: [0, 1_000] as const, steps: true },
  { code: "odometer-traveleddistance", label: "Odometer", steps: false },
] as const;

/** The courses of what changes slowly, over a time that the reader chooses. */
export function Courses({ path, car }: { path: string; car: VehicleDetail }) {
  const [chosen, setChosen] = useState<keyof typeof SPANS>("day");
  const here = COURSES.filter(({ code }) => car.signals.some((row) => row.code === code && row.last_seen !== null));
  return (
    <section aria-labelledby="history">
      <div class="row between">
        <h2 id="history">History</h2>
        <fieldset class="choice">
          <legend class="hidden">Time shown</legend>
          {(Object.keys(SPANS) as (keyof typeof SPANS)[]).map((span) => (
            <label key={span}>
              <input type="radio" name="span" checked={span === chosen} onChange={() => setChosen(span)} />
              <span>{span}</span>
            </label>
          ))}
        </fieldset>
      </div>
      {here.length === 0 && <p class="quiet">Nothing recorded yet.</p>}
      <div class="courses">
        {here.map((course) => (
          <Course key={course.code} path={path} course={course} spanMs={SPANS[chosen]} car={car} />
        ))}
      </div>
    </section>
  );
}

function Course({
  path,
  course,
  spanMs,
  car,
}: {
  path: string;
  course: (typeof COURSES)[number];
  spanMs: number;
  car: VehicleDetail;
}) {
  // In whole minutes, so that the address does not change with every look.
  const to = Math.ceil(useNow() / 60_000) * 60_000;
  const from = to - spanMs;
  const query = new URLSearchParams({ code: course.code, from: iso(from), to: iso(to) });
  const history = useSteady(useResource<History>(`${path}/history?${query}`, [`vehicle:${car.id}`]), course.code);
  return (
    <div>
      <h3>{course.label}</h3>
      {history === null ? (
        <p class="quiet">One moment …</p>
      ) : (
        <Chart
          label={course.label}
          unit={history.unit}
          from={from}
          to={to}
          points={history.points}
          steps={course.steps}
          {...("least" in course ? { least: course.least } : {})}
        />
      )}
    </div>
  );
}

const iso = (time: number) => new Date(time).toISOString();

/** The last good answer, while the next one is on its way. */
function useSteady(resource: Resource<History>, code: string): History | null {
  const [held, setHeld] = useState<History | null>(null);
  if (resource.data !== null && resource.data !== held) setHeld(resource.data);
  const best = resource.data ?? held;
  return best?.code === code ? best : null;
}
