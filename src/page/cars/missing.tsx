import { useState } from "preact/hooks";
import type { SignalRow } from "../../http/schema/vehicles.ts";
import { Table } from "../parts.tsx";

const VERDICTS: Readonly<Record<SignalRow["verdict"], string>> = {
  here: "here",
  stale: "old",
  car: "not in this car",
  grant: "not granted",
  webhook: "not in the webhook",
  error: "no value",
  never: "never heard of",
};

/** Every signal of the catalogue, and which of car, grant and webhook keeps it away. */
export function Missing({ signals }: { signals: readonly SignalRow[] }) {
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
