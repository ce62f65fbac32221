import type { SessionList, VehicleDetail } from "../../http/schema/vehicles.ts";
import { useResource } from "../api.ts";
import { dateTime, number } from "../format.ts";
import { Table } from "../parts.tsx";
import { PlaceLink } from "./place.tsx";

const SOURCES: Readonly<Record<string, string>> = {
  counter: "by the car's counter",
  power: "by power over time",
  battery: "by the battery's rise",
};

/** What was charged, session by session. */
export function Sessions({ path, car }: { path: string; car: VehicleDetail }) {
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
              <td>{session.at_home === true ? "at home" : <PlaceLink value={session.location} />}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}
