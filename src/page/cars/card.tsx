import type { Reading, VehicleSummary } from "../../http/schema/vehicles.ts";
import { ago, hoursAndMinutes, isPlace, number, shown, useNow } from "../format.ts";

/** A car to be read from across the room. */
export function Card({ car, link = false }: { car: VehicleSummary; link?: boolean }) {
  const now = useNow();
  const by = (name: string): Reading | undefined => car.readings.find((reading) => reading.name === name);
  const level = by("battery") ?? by("fuel_percent");
  const range = by("battery") === undefined ? by("fuel_range") : by("range");
  const charging = by("charging")?.value === true;
  const percent = typeof level?.value === "number" ? level.value : null;
  return (
    <article class={`card ${car.available ? "" : "away"}`} aria-label={car.name}>
      <div class="row between">
        {link && (
          <h2>
            <a href={`#/cars/${encodeURIComponent(car.topic)}`}>{car.name}</a>
          </h2>
        )}
        {!car.available && <span class="chip bad">out of reach</span>}
        {car.available && by("asleep")?.value === true && <span class="chip">asleep</span>}
      </div>
      <p class="level">
        <span class="big" data-testid="level">
          {percent === null ? "–" : Math.round(percent)}
          <small>%</small>
        </span>
        {range !== undefined && typeof range.value === "number" && (
          <span class="range">
            {number(Math.round(range.value))} <small>{range.unit}</small>
          </span>
        )}
      </p>
      <Meter percent={percent} limit={by("charge_limit")?.value} charging={charging} label={level?.label ?? "Level"} />
      <ul class="facts">
        {by("charging") !== undefined && <li class={charging ? "good" : ""}>{chargingText(by, charging)}</li>}
        <Fact reading={by("lock")} text={lockText} />
        <Fact reading={by("location")} text={(value) => (isPlace(value) ? `at ${shown(value, null)}` : null)} />
        <Fact reading={by("odometer")} text={(value, unit) => shown(value, unit)} />
      </ul>
      {car.problem !== null && (
        <p class="problem">
          {car.problem.message}
          {car.problem.url !== null && (
            <>
              {" "}
              <a href={car.problem.url} target="_blank" rel="noopener noreferrer">
                Mend it
              </a>
            </>
          )}
        </p>
      )}
      <p class={level?.fresh === false ? "quiet stale" : "quiet"}>
        {car.updated_at === null ? "nothing heard yet" : `heard ${ago(car.updated_at, now)}`}
        {level?.fresh === false && " · older than usual"}
      </p>
    </article>
  );
}

function Fact({
  reading,
  text,
}: {
  reading: Reading | undefined;
  text: (value: unknown, unit: string | null) => string | null;
}) {
  const said = reading === undefined || reading.value === null ? null : text(reading.value, reading.unit);
  return said === null ? null : <li class={reading?.fresh === false ? "stale" : ""}>{said}</li>;
}

function lockText(value: unknown): string {
  const words: Record<string, string> = {
    LOCKED: "locked",
    UNLOCKED: "not locked",
    LOCKING: "locking …",
    UNLOCKING: "unlocking …",
  };
  return words[String(value)] ?? String(value).toLowerCase();
}

function chargingText(by: (name: string) => Reading | undefined, charging: boolean): string {
  if (!charging) return by("charging_cable_plugged_in")?.value === true ? "plugged in, not charging" : "not charging";
  const power = by("charging_power");
  const left = by("time_to_complete");
  const parts = ["charging"];
  if (typeof power?.value === "number" && power.value > 0) parts.push(`${number(power.value / 1_000)} kW`);
  if (typeof left?.value === "number" && left.value > 0) parts.push(`${hoursAndMinutes(left.value)} left`);
  return parts.join(" · ");
}

function Meter({
  percent,
  limit,
  charging,
  label,
}: {
  percent: number | null;
  limit: unknown;
  charging: boolean;
  label: string;
}) {
  const width = Math.max(0, Math.min(100, percent ?? 0));
  const kind = charging ? "charging" : width < 15 ? "low" : "";
  return (
    // biome-ignore lint/a11y/useSemanticElements: a <meter> looks different in every browser
    <div
      class={`meter ${kind}`}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={width}
      aria-valuetext={percent === null ? "unknown" : `${number(percent)} %`}
    >
      <span style={{ width: `${width}%` }} />
      {typeof limit === "number" && limit < 100 && (
        <i style={{ left: `${limit}%` }} title={`charge limit ${limit} %`} />
      )}
    </div>
  );
}
