import { useState } from "preact/hooks";
import type { Reading } from "../../http/schema/vehicles.ts";
import { ago, clockTime, isPlace, shown, useNow } from "../format.ts";
import { Table } from "../parts.tsx";
import { PlaceLink } from "./place.tsx";

/** Every reading with its source, its times and its freshness. */
export function Readings({ readings }: { readings: readonly Reading[] }) {
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
