import type { Traffic } from "../../http/schema/traffic.ts";
import { clockTime } from "../format.ts";
import { Table } from "../parts.tsx";
import { type CarName, ROWS } from "./rows.ts";

export function Polls({ traffic, car }: { traffic: Traffic; car: CarName }) {
  return (
    <section aria-labelledby="polls">
      <h2 id="polls">Polls</h2>
      {traffic.polls.length === 0 ? (
        <p class="quiet">None since the start.</p>
      ) : (
        <Table tall label="Polls" head={["When", "Car", "Why", "Outcome"]}>
          {traffic.polls.slice(0, ROWS).map((row, index) => (
            <tr key={`${row.at}${index}`}>
              <td>{clockTime(row.at)}</td>
              <td>{car(row.vehicle_id)}</td>
              <td>
                {row.kind === "confirm" ? "to confirm a command" : row.kind === "command" ? "asked for" : "planned"}
              </td>
              <td>
                <span class={row.outcome === "failed" ? "bad" : ""}>{row.outcome}</span>
                {row.error !== null && <span class="detail"> {row.error}</span>}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}
