import type { Traffic } from "../../http/schema/traffic.ts";
import { ago, clockTime, useNow } from "../format.ts";
import { Table } from "../parts.tsx";
import { type CarName, ROWS } from "./rows.ts";
import { Tile } from "./tile.tsx";

export function Deliveries({ traffic, car }: { traffic: Traffic; car: CarName }) {
  const now = useNow();
  const { webhook, deliveries, quarantine } = traffic;
  return (
    <section aria-labelledby="deliveries">
      <h2 id="deliveries">Webhook deliveries</h2>
      <ul class="tiles">
        <Tile value={webhook.accepted} label="accepted" />
        <Tile value={webhook.duplicates} label="of them told before" />
        <Tile value={webhook.quarantined} label="set aside" kind={webhook.quarantined > 0 ? "warn" : ""} />
        <Tile value={webhook.refused} label="refused" kind={webhook.refused > 0 ? "warn" : ""} />
        <Tile value={webhook.failed} label="not stored" kind={webhook.failed > 0 ? "warn" : ""} />
        <Tile value={webhook.verified} label="verifications answered" />
      </ul>
      <p class="quiet">
        Since the start. Last delivery {ago(webhook.last_accepted_at, now)}
        {webhook.last_refusal !== null && `; last refusal: ${webhook.last_refusal}`}.
      </p>
      {deliveries.length > 0 && (
        <Table tall label="Deliveries" head={["When", "Outcome", "Type", "Car", "Size"]}>
          {deliveries.slice(0, ROWS).map((row, index) => (
            <tr key={`${row.at}${index}`}>
              <td>{clockTime(row.at)}</td>
              <td>
                <span class={row.outcome === "refused" || row.outcome === "failed" ? "bad" : ""}>{row.outcome}</span>
                {row.cause !== null && <span class="detail"> {row.cause}</span>}
              </td>
              <td>{row.event_type}</td>
              <td>{car(row.vehicle_id)}</td>
              <td>{row.bytes} B</td>
            </tr>
          ))}
        </Table>
      )}
      {quarantine.length > 0 && (
        <details>
          <summary>Set aside, kept on disk ({quarantine.length})</summary>
          <Table tall label="Set aside" head={["When", "Why", "Event", "Car"]}>
            {quarantine.map((row) => (
              <tr key={row.event_id}>
                <td>{ago(row.at, now)}</td>
                <td>{row.reason}</td>
                <td>
                  <code>{row.event_id}</code>
                </td>
                <td>{car(row.vehicle_id)}</td>
              </tr>
            ))}
          </Table>
        </details>
      )}
    </section>
  );
}
