import type { AuditRow } from "../../http/schema/commands.ts";
import { ago, dateTime, sentence, span, useNow } from "../format.ts";
import { Table } from "../parts.tsx";

const STATES: Readonly<Record<AuditRow["status"], string>> = {
  waiting: "waits for its turn …",
  sent: "is on its way to the car …",
  succeeded: "succeeded",
  failed: "failed",
  rejected: "was not sent",
  superseded: "gave way to a newer one",
  unknown: "was sent; its outcome was never learnt",
};

/** What became of the newest command. */
export function Progress({ row }: { row: AuditRow }) {
  const took = row.duration_ms === null ? "" : ` after ${span(row.duration_ms)}`;
  return (
    <p class={row.status === "failed" || row.status === "rejected" ? "bad" : ""}>
      <strong>{titleOf(row)}</strong> {STATES[row.status]}
      {took}
      {row.confirmed ? ", and the car shows it" : row.status === "succeeded" ? ", not yet shown by the car" : ""}.
      {row.error !== null && ` ${sentence(row.error.message)}`}
      <Action action={row.error?.action ?? null} />
    </p>
  );
}

function Action({ action }: { action: string | null }) {
  if (action === null) return null;
  if (!action.startsWith("https://")) return <> To do: {action}.</>;
  return (
    <>
      {" "}
      <a href={action} target="_blank" rel="noopener noreferrer">
        Mend it
      </a>
    </>
  );
}

/** The newest commands of one car, or of all: then `car` names whose a row is. */
export function Audit({ rows, car }: { rows: readonly AuditRow[]; car?: (row: AuditRow) => string }) {
  const now = useNow();
  const head = ["When", ...(car === undefined ? [] : ["Car"]), "Command", "Outcome", "Took", "Calls"];
  return (
    <Table label="What was asked and what came of it" head={head}>
      {rows.map((row) => (
        <tr key={row.id + row.requested_at}>
          <td title={dateTime(row.requested_at)}>{ago(row.requested_at, now)}</td>
          {car !== undefined && <td>{car(row)}</td>}
          <td>{titleOf(row)}</td>
          <td>
            <span
              class={
                row.status === "succeeded" ? "good" : row.status === "failed" || row.status === "rejected" ? "bad" : ""
              }
            >
              {row.status}
              {row.confirmed ? ", confirmed" : ""}
            </span>
            {row.error !== null && <span class="detail"> {row.error.message}</span>}
          </td>
          <td>{row.duration_ms === null ? "" : span(row.duration_ms)}</td>
          <td>{row.calls}</td>
        </tr>
      ))}
    </Table>
  );
}

/** `charge_port_open` → `Charge port open` */
export function words(name: string): string {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `Unlock`, `Charge limit 80 %` */
function titleOf(row: AuditRow): string {
  if (row.command === "lock" && typeof row.value === "string") return words(row.value.toLowerCase());
  return `${words(row.command)} ${valueText(row)}`.trim();
}

function valueText({ command, value }: AuditRow): string {
  if (command === "refresh" || value === null) return "";
  if (command === "charging" && typeof value === "boolean") return value ? "on" : "off";
  if (command === "charge_limit" && typeof value === "number") return `${value} %`;
  // What was refused for its value is shown as it came.
  return typeof value === "string" ? value.toLowerCase() : JSON.stringify(value);
}
