import { useState } from "preact/hooks";
import type { VehicleDetail } from "../../http/schema/vehicles.ts";
import { ago, clockTime, isPlace, shown, useNow } from "../format.ts";
import { Table } from "../parts.tsx";
import { delayText } from "./delay.ts";
import { PlaceLink } from "./place.tsx";

/** Every reading with its source, its times and its freshness. */
export function Readings({ car }: { car: VehicleDetail }) {
  const now = useNow();
  const [filter, setFilter] = useState("");
  const wanted = filter.trim().toLowerCase();
  const rows = car.readings.filter(({ name, label }) => `${name} ${label}`.toLowerCase().includes(wanted));
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
      <p class="quiet">
        New data of {car.name} usually take up to {car.usual_delay_min} min while the car drives or charges. Parked or
        asleep, it tells little or nothing.
      </p>
      <Table stack label="All readings" head={["Reading", "Value", "Told by the car", "Came here", "By"]}>
        {rows.map((reading) => (
          <tr key={reading.name} class={reading.fresh ? "" : "stale"} data-reading={reading.name}>
            <th scope="row" title={`topic …/${reading.name}`}>
              {reading.label}
            </th>
            <td>
              {isPlace(reading.value) ? <PlaceLink value={reading.value} /> : shown(reading.value, reading.unit)}
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
              <span class="detail"> {delayText(reading)}</span>
            </td>
            <td>{reading.source ?? "–"}</td>
          </tr>
        ))}
      </Table>
    </section>
  );
}
