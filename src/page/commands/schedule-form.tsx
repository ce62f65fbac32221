import { useState } from "preact/hooks";
import type { VehicleDetail } from "../../http/schema/vehicles.ts";
import { words } from "./audit.tsx";
import type { After, Give } from "./give.ts";
import { parsePlace } from "./place.ts";
import { PlaceInput } from "./place-input.tsx";
import { heldSchedules, NIGHT, SCHEDULES, type ScheduleType, type Span, scheduleValue } from "./schedule.ts";

const TYPES = Object.keys(SCHEDULES) as ScheduleType[];

/** Sets when the car charges at a place, and deletes what was set. */
export function Schedules({ car, give, after }: { car: VehicleDetail; give: Give; after: After }) {
  const usable = (variant: string) => car.commands.find((row) => row.variant === variant)?.usable === true;
  const types = TYPES.filter((type) => usable(`charge_schedule_${type}`));
  const reading = (name: string) => car.readings.find((each) => each.name === name)?.value;
  return (
    <div class="schedules">
      {types.length > 0 && <NewSchedule types={types} here={reading("location")} give={give} />}
      {usable("charge_schedule_delete") && (
        <HeldSchedules timers={reading("charge_timers")} give={give} after={after} />
      )}
    </div>
  );
}

function NewSchedule({ types, here, give }: { types: readonly ScheduleType[]; here: unknown; give: Give }) {
  const [chosen, setChosen] = useState<ScheduleType>(types[0] ?? "daily");
  const [place, setPlace] = useState("");
  const [spans, setSpans] = useState<ReadonlyMap<string, Span>>(new Map());
  const value = scheduleValue(chosen, parsePlace(place), spans);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (value !== null) give("charge_schedule", value);
      }}
    >
      <div class="row">
        <label>
          <span>Charge</span>
          <select value={chosen} onChange={({ currentTarget }) => setChosen(currentTarget.value as ScheduleType)}>
            {types.map((type) => (
              <option key={type} value={type}>
                {SCHEDULES[type].title}
              </option>
            ))}
          </select>
        </label>
        <PlaceInput label="At" text={place} onText={setPlace} here={here} />
      </div>
      {SCHEDULES[chosen].spans.map((name) => (
        <SpanRow
          key={name}
          name={name}
          span={spans.get(name) ?? NIGHT}
          alone={chosen === "daily"}
          onSpan={(span) => setSpans(new Map(spans).set(name, span))}
        />
      ))}
      <p class="row">
        <button type="submit" disabled={value === null}>
          Set schedule
        </button>
        <span class="quiet">In the car's own time; past midnight is the next day.</span>
      </p>
    </form>
  );
}

function SpanRow({
  name,
  span,
  alone,
  onSpan,
}: {
  name: string;
  span: Span;
  /** There is no other, so it cannot be left out. */
  alone: boolean;
  onSpan: (span: Span) => void;
}) {
  const time = (key: "start" | "stop", words: string) => (
    <label>
      <span class="hidden">
        {name}, {words}
      </span>
      <input
        type="time"
        required={span.on}
        disabled={!span.on}
        value={span[key]}
        onInput={({ currentTarget }) => onSpan({ ...span, [key]: currentTarget.value })}
      />
    </label>
  );
  return (
    <div class="span">
      {alone ? (
        <span>{words(name)}</span>
      ) : (
        <label class="check">
          <input
            type="checkbox"
            checked={span.on}
            onChange={({ currentTarget }) => onSpan({ ...span, on: currentTarget.checked })}
          />
          {words(name)}
        </label>
      )}
      {time("start", "from")}
      <span aria-hidden="true">–</span>
      {time("stop", "until")}
    </div>
  );
}

function HeldSchedules({ timers, give, after }: { timers: unknown; give: Give; after: After }) {
  const [id, setId] = useState("");
  const remove = (which: string) =>
    after("charge_schedule_delete", "Delete schedule", () => give("charge_schedule", { delete: which }));
  return (
    <>
      <ul class="held">
        {heldSchedules(timers).map((schedule) => (
          <li key={schedule.id}>
            <span>{schedule.text}</span>
            <button type="button" aria-label={`Delete: ${schedule.text}`} onClick={() => remove(schedule.id)}>
              Delete
            </button>
          </li>
        ))}
      </ul>
      <form
        class="row"
        onSubmit={(event) => {
          event.preventDefault();
          remove(id.trim());
        }}
      >
        <label class="grow">
          <span>Id of a schedule that is not listed</span>
          <input value={id} autocomplete="off" onInput={({ currentTarget }) => setId(currentTarget.value)} />
        </label>
        <button type="submit" disabled={!/^[\w-]{1,128}$/.test(id.trim())}>
          Delete schedule
        </button>
      </form>
    </>
  );
}
