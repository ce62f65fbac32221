import { useState } from "preact/hooks";
import type { AuditList } from "../http/schema/commands.ts";
import type { Report, Traffic } from "../http/schema/traffic.ts";
import type { Polling } from "../http/schema/vehicles.ts";
import { get, useResource } from "./api.ts";
import { Chart, type Point } from "./chart.tsx";
import { Audit } from "./commands/audit.tsx";
import { ago, clockTime, date, span, until, useNow } from "./format.ts";
import { CopyField, Table, Waiting } from "./parts.tsx";

export function TrafficPage() {
  const traffic = useResource<Traffic>("api/traffic", ["traffic"]);
  return (
    <>
      <h1>Traffic</h1>
      {traffic.data === null ? <Waiting resource={traffic} /> : <Everything traffic={traffic.data} />}
    </>
  );
}

function Everything({ traffic }: { traffic: Traffic }) {
  const names = new Map(traffic.plans.map(({ id, name }) => [id, name]));
  const car = (id: string | null) => (id === null ? "" : (names.get(id) ?? id.slice(0, 8)));
  return (
    <>
      <Deliveries traffic={traffic} car={car} />
      <Budgets traffic={traffic} />
      <Polls traffic={traffic} car={car} />
      <Calls traffic={traffic} />
      <Mqtt traffic={traffic} />
      <CommandsOfAll />
      <ReportTool />
    </>
  );
}

type CarName = (id: string | null) => string;

function Tile({ value, label, kind = "" }: { value: number | string; label: string; kind?: string }) {
  return (
    <li class={kind}>
      <strong>{value}</strong>
      <span>{label}</span>
    </li>
  );
}

function Deliveries({ traffic, car }: { traffic: Traffic; car: CarName }) {
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

const ROWS = 100;

function Budgets({ traffic }: { traffic: Traffic }) {
  return (
    <section aria-labelledby="budget">
      <h2 id="budget">Budget of the month</h2>
      <div class="courses">
        {traffic.plans.map(({ id, name, polling }) => (
          <BudgetView key={id} name={name} polling={polling} />
        ))}
      </div>
      <p class="quiet">
        Billed calls per car: polls and commands. Webhooks cost nothing. Smartcar lets the application make{" "}
        {traffic.application_calls} more calls right now.
      </p>
    </section>
  );
}

function BudgetView({ name, polling }: { name: string; polling: Polling }) {
  const now = useNow();
  const to = Date.parse(polling.resets_at ?? new Date(now).toISOString());
  const from = startOfMonth(now);
  const points = cumulative(polling, from, now);
  const last = points.at(-1);
  const next = polling.next_poll_at === null ? "no poll is planned" : `next poll ${until(polling.next_poll_at, now)}`;
  return (
    <div>
      <h3>{name}</h3>
      <p>
        <strong>{polling.calls_used}</strong>
        {polling.budget > 0 && ` of ${polling.budget}`} calls used, {polling.forecast} expected by {date(to)}
        {polling.budget > 0 && `, ${polling.reserve} kept for commands`}.
      </p>
      <Chart
        label={`Calls of ${name} this month`}
        unit="calls"
        from={from}
        to={to}
        points={points}
        steps={false}
        least={[0, Math.max(10, polling.calls_used)]}
        expected={last === undefined ? [] : [last, [to, polling.forecast]]}
        {...(polling.budget > 0 ? { ceiling: { value: polling.budget, label: `budget ${polling.budget}` } } : {})}
      />
      <p class="quiet">
        {next}: {polling.reason}
      </p>
    </div>
  );
}

function startOfMonth(now: number): number {
  const day = new Date(now);
  return Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), 1);
}

const DAY_MS = 86_400_000;

function cumulative({ per_day, calls_used }: Polling, from: number, now: number): Point[] {
  const points: Point[] = [[from, 0]];
  let sum = 0;
  for (const { day, polls, commands } of per_day) {
    const start = Date.parse(`${day}T00:00:00Z`);
    if (start > from) points.push([start, sum]);
    sum += polls + commands;
    points.push([Math.min(now, start + DAY_MS), sum]);
  }
  // Smartcar's own count may be higher than ours.
  if ((points.at(-1)?.[0] ?? 0) < now || calls_used !== sum) points.push([now, calls_used]);
  return points;
}

function Polls({ traffic, car }: { traffic: Traffic; car: CarName }) {
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

function Calls({ traffic }: { traffic: Traffic }) {
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

function Mqtt({ traffic: { mqtt } }: { traffic: Traffic }) {
  const now = useNow();
  return (
    <section aria-labelledby="mqtt">
      <h2 id="mqtt">MQTT</h2>
      <p>
        <strong class={mqtt.state === "connected" ? "good" : "bad"}>{mqtt.state}</strong> to {mqtt.broker}, since{" "}
        {ago(mqtt.since, now)}. {mqtt.detail ?? ""}
      </p>
      <ul class="tiles">
        <Tile value={mqtt.topics} label="retained topics" />
        <Tile value={mqtt.pending} label="not yet confirmed" kind={mqtt.pending > 0 ? "warn" : ""} />
        <Tile value={mqtt.published} label="published" />
        <Tile value={mqtt.failed} label="failed" kind={mqtt.failed > 0 ? "warn" : ""} />
        <Tile value={mqtt.denied} label="refused by the broker" kind={mqtt.denied > 0 ? "warn" : ""} />
      </ul>
    </section>
  );
}

function CommandsOfAll() {
  const audit = useResource<AuditList>("api/commands?limit=30", ["commands"]);
  const rows = audit.data?.commands ?? [];
  return (
    <section aria-labelledby="audit">
      <h2 id="audit">Commands</h2>
      {rows.length === 0 ? <p class="quiet">None yet.</p> : <Audit rows={rows} />}
    </section>
  );
}

function ReportTool() {
  const [text, setText] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const make = () => {
    get<Report>("api/report").then(
      (report) => setText(report.text),
      (failure: unknown) => setError(failure instanceof Error ? failure.message : String(failure)),
    );
  };
  return (
    <section aria-labelledby="report">
      <h2 id="report">Report</h2>
      <p>For an issue: everything above in short, without secrets, ids, VINs or places. Read it before you send it.</p>
      <button type="button" onClick={make}>
        Make a report
      </button>
      <p class="error" role="alert">
        {error ?? ""}
      </p>
      {text !== null && <CopyField label="Report (Markdown)" text={text} rows={14} />}
    </section>
  );
}
