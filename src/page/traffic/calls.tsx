import type { Traffic } from "../../http/schema/traffic.ts";
import { clockTime, span } from "../format.ts";
import { Table } from "../parts.tsx";
import { ROWS } from "./rows.ts";

export function Calls({ traffic }: { traffic: Traffic }) {
  return (
    <section aria-labelledby="calls">
      <h2 id="calls">Calls to Smartcar</h2>
      {traffic.calls.length === 0 ? (
        <p class="quiet">None since the start.</p>
      ) : (
        <Table tall label="Calls to Smartcar" head={["When", "Call", "Status", "Took", "Request id"]}>
          {traffic.calls.slice(0, ROWS).map((row, index) => (
            <tr key={`${row.at}${index}`}>
              <td>{clockTime(row.at)}</td>
              <td>
                <code>
                  {row.method} {row.path}
                </code>
              </td>
              <td>
                <span class={row.status !== null && row.status < 400 ? "good" : "bad"}>{row.status ?? row.error}</span>
              </td>
              <td>{span(row.duration_ms)}</td>
              <td>
                <code>{row.request_id}</code>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}
