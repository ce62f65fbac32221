import { useState } from "preact/hooks";
import type { Setup } from "../http/schema/setup.ts";
import type { History, Reading, SessionList, SignalRow, VehicleDetail } from "../http/schema/vehicles.ts";
import { type Resource, useResource } from "./api.ts";
import { Card } from "./cars.tsx";
import { Chart } from "./chart.tsx";
import { Commands } from "./commands.tsx";
import { Connect } from "./connect.tsx";
import { ago, clockTime, dateTime, isPlace, number, shown, until, useNow } from "./format.ts";
import { Table, Waiting } from "./parts.tsx";

export function CarPage({ id }: { id: string }) {
  const path = `api/vehicles/${encodeURIComponent(id)}`;
  const [key, setKey] = useState(`vehicle:${id}`);
  const car = useResource<VehicleDetail>(path, [key]);
  // The address may hold the topic name; news come by id.
  if (car.data !== null && key !== `vehicle:${car.data.id}`) setKey(`vehicle:${car.data.id}`);
  return (
    <>
      <p class="back">
        <a href="#/cars">← All cars</a>
      </p>
      <h1>{car.data?.name ?? id}</h1>
      {car.data === null ? <Waiting resource={car} /> : <Detail car={car.data} path={path} />}
    </>
  );
}

function Detail({ car, path }: { car: VehicleDetail; path: string }) {
  return (
    <>
      <Card car={car} />
      <Problems car={car} />
      <Commands car={car} />
      <Courses path={path} car={car} />
      <Sessions path={path} car={car} />
      <Readings readings={car.readings} />
      <Missing signals={car.signals} />
      <Facts car={car} />
    </>
  );
}

function Problems({ car }: { car: VehicleDetail }) {
  const now = useNow();
  const setup = useResource<Setup>("api/setup", []);
  if (car.problems.length === 0) return null;
  return (
    <section aria-labelledby="problems">
      <h2 id="problems">Problems</h2>
      <ul class="problems">
        {car.problems.map((problem) => (
          <li key={`${problem.type}/${problem.code}`} class="problem">
            <p>{problem.message}</p>
            {problem.action === "REAUTHENTICATE" && setup.data !== null ? (
              <Connect setup={setup.data.connect} reauthenticate={car.id} />
            ) : (
              problem.url !== null && (
                <a class="button primary" href={problem.url} target="_blank" rel="noopener noreferrer">
                  Mend it
                </a>
              )
            )}
            <p class="quiet">
              since {ago(problem.since, now)} · {[problem.type, problem.code].filter(Boolean).join(" ")}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

const HOUR_MS = 3_600_000;
const SPANS = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS, month: 30 * 24 * HOUR_MS } as const;
const COURSES = [
  { code: "tractionbattery-stateofcharge", label: "Battery", least: [0, 100] as const, steps: false },
  { code: "internalcombustionengine-fuellevel", label: "Fuel", least: [0, 100] as const, steps: false },
  { code: "charge-wattage", label: "Charging power", least: [0, 1_000] as const, steps: true },
  { code: "odometer-traveleddistance", label: "Odometer", steps: false },
] as const;

function Courses({ path, car }: { path: string; car: VehicleDetail }) {
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

const SOURCES: Readonly<Record<string, string>> = {
  counter: "by the car's counter",
  power: "by power over time",
  battery: "by the battery's rise",
};

function Sessions({ path, car }: { path: string; car: VehicleDetail }) {
  const list = useResource<SessionList>(`${path}/sessions`, [`vehicle:${car.id}`]);
  const sessions = list.data?.sessions ?? [];
  const total = list.data?.energy_total_kwh ?? null;
  if (sessions.length === 0 && total === null) return null;
  return (
    <section aria-labelledby="sessions">
      <h2 id="sessions">Charging sessions</h2>
      {total !== null && <p>{number(total)} kWh in all since this bridge watches.</p>}
      {sessions.length > 0 && (
        <Table label="Charging sessions" head={["Began", "Ended", "Energy", "Battery", "Where"]}>
          {sessions.map((session) => (
            <tr key={session.start}>
              <td>
                {dateTime(session.start)}
                {session.partial && <span class="detail"> or before</span>}
              </td>
              <td>{dateTime(session.end)}</td>
              <td>
                {session.energy_kwh === null ? "unknown" : `${number(session.energy_kwh)} kWh`}{" "}
                <span class="detail">{SOURCES[session.energy_source ?? ""] ?? ""}</span>
              </td>
              <td>
                {session.soc_start ?? "?"} → {session.soc_end ?? "?"} %
              </td>
              <td>{session.at_home === true ? "at home" : shownPlace(session.location)}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

function shownPlace(value: unknown) {
  if (!isPlace(value)) return "";
  const { latitude, longitude } = value;
  const href = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=15/${latitude}/${longitude}`;
  return (
    <a href={href} target="_blank" rel="noopener noreferrer">
      {shown(value, null)}
    </a>
  );
}

function Readings({ readings }: { readings: readonly Reading[] }) {
  const now = useNow();
  const [filter, setFilter] = useState("");
  const wanted = filter.trim().toLowerCase();
  const rows = readings.filter(({ name, label }) => `${name} ${label}`.toLowerCase().includes(wanted));
  return (
    <section aria-labelledby="readings">
      <div class="row between">
        <h2 id="readings">All readings</h2>
        <label class="filter">
          <span class="hidden">Filter readings</span>
          <input
            type="search"
            placeholder="Filter"
            value={filter}
            onInput={({ currentTarget }) => setFilter(currentTarget.value)}
          />
        </label>
      </div>
      <Table stack label="All readings" head={["Reading", "Value", "Told by the car", "Came here", "By"]}>
        {rows.map((reading) => (
          <tr key={reading.name} class={reading.fresh ? "" : "stale"} data-reading={reading.name}>
            <th scope="row" title={`topic …/${reading.name}`}>
              {reading.label}
            </th>
            <td>
              {isPlace(reading.value) ? shownPlace(reading.value) : shown(reading.value, reading.unit)}
              {reading.error !== null && <span class="detail bad"> {reading.error}</span>}
            </td>
            <td title={reading.oem_updated_at ?? undefined}>
              {reading.oem_updated_at === null && reading.retrieved_at === null
                ? "–"
                : ago(reading.oem_updated_at ?? reading.retrieved_at, now)}
              {!reading.fresh && <span class="chip">old</span>}
            </td>
            <td title={reading.received_at ?? undefined}>
              {reading.received_at === null ? "–" : clockTime(reading.received_at)}
              <Delay reading={reading} />
            </td>
            <td>{reading.source ?? "–"}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

const WORTH_SAYING_MS = 60_000;

/** How long a value took from the car to here. */
function Delay({ reading }: { reading: Reading }) {
  if (reading.oem_updated_at === null || reading.received_at === null) return null;
  const ms = Date.parse(reading.received_at) - Date.parse(reading.oem_updated_at);
  return ms < WORTH_SAYING_MS ? null : <span class="detail"> {Math.round(ms / 60_000)} min late</span>;
}

const VERDICTS: Readonly<Record<SignalRow["verdict"], string>> = {
  here: "here",
  stale: "old",
  car: "not in this car",
  grant: "not granted",
  webhook: "not in the webhook",
  error: "no value",
  never: "never heard of",
};

function Missing({ signals }: { signals: readonly SignalRow[] }) {
  const [all, setAll] = useState(false);
  const missing = signals.filter(({ verdict }) => verdict !== "here");
  const rows = all ? signals : missing;
  return (
    <section aria-labelledby="missing">
      <h2 id="missing">Why is this missing?</h2>
      <details>
        <summary>
          {signals.length - missing.length} of {signals.length} signals are here; what each of the others lacks
        </summary>
        <label class="check">
          <input type="checkbox" checked={all} onChange={({ currentTarget }) => setAll(currentTarget.checked)} />
          Show those that are here, too
        </label>
        <Table label="Signals" head={["Signal", "Is", "Car", "Granted", "Webhook", "What to do"]}>
          {rows.map((row) => (
            <tr key={row.code}>
              <th scope="row">
                {row.group} · {row.label}
              </th>
              <td>{VERDICTS[row.verdict]}</td>
              <td>{known(row.car)}</td>
              <td>{known(row.granted)}</td>
              <td>{known(row.webhook)}</td>
              <td class="wide">{row.advice}</td>
            </tr>
          ))}
        </Table>
      </details>
    </section>
  );
}

function known(value: boolean | null): string {
  return value === null ? "?" : value ? "yes" : "no";
}

function Facts({ car }: { car: VehicleDetail }) {
  const now = useNow();
  const { polling } = car;
  const limit = polling.budget === 0 ? "" : ` of ${polling.budget}`;
  return (
    <section aria-labelledby="facts">
      <h2 id="facts">Behind it</h2>
      <dl class="facts-list">
        <dt>Topic</dt>
        <dd>
          <code>{car.topic}</code>
        </dd>
        <dt>Vehicle id</dt>
        <dd>
          <code>{car.id}</code>
        </dd>
        <dt>Last webhook</dt>
        <dd>{ago(car.last_webhook_at, now)}</dd>
        <dt>Last poll</dt>
        <dd>{ago(polling.last_poll_at, now)}</dd>
        <dt>Next poll</dt>
        <dd>
          {polling.next_poll_at === null ? "none planned" : until(polling.next_poll_at, now)}: {polling.reason}
        </dd>
        <dt>Calls this month</dt>
        <dd>
          {polling.calls_used}
          {limit}, {polling.forecast} by its end if it goes on like this
        </dd>
      </dl>
    </section>
  );
}
