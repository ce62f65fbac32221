import { useState } from "preact/hooks";
import type { AuditList, AuditRow } from "../http/schema/commands.ts";
import type { CommandRow, VehicleDetail } from "../http/schema/vehicles.ts";
import { post, useResource } from "./api.ts";
import { ago, dateTime, span, useNow } from "./format.ts";
import { Confirm, type Question, Table } from "./parts.tsx";

type Give = (command: string, value: unknown) => void;

const DANGERS: Readonly<Record<string, string>> = {
  unlock: "The car will stand unlocked for whoever is near it.",
  charge_port_open: "The charge port will stand open.",
  charge_schedule_delete: "The schedule is deleted in the car.",
};

/** Everything that can be asked of a car, and what came of it. */
export function Commands({ car }: { car: VehicleDetail }) {
  const audit = useResource<AuditList>(`api/commands?vehicle=${encodeURIComponent(car.id)}&limit=20`, ["commands"]);
  const [asked, setAsked] = useState<Question | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const [newest, setNewest] = useState<AuditRow | null>(null);

  const give: Give = (command, value) => {
    setFailure(null);
    post<AuditRow>(`api/vehicles/${encodeURIComponent(car.id)}/commands`, { command, value }).then(
      (row) => {
        setNewest(row);
        audit.reload();
      },
      (error: unknown) => setFailure(error instanceof Error ? error.message : String(error)),
    );
  };
  const after = (variant: string, title: string, act: () => void) => {
    const danger = DANGERS[variant];
    if (danger === undefined) act();
    else setAsked({ title: `${title}?`, text: `${car.name}: ${danger}`, yes: title, act });
  };
  const row = (variant: string) => car.commands.find((each) => each.variant === variant);
  const button = (variant: string, title: string, command: string, value: unknown) => (
    <CommandButton row={row(variant)} title={title} onPress={() => after(variant, title, () => give(command, value))} />
  );
  const rows = audit.data?.commands ?? [];
  const latest = rows.find(({ id }) => id === newest?.id) ?? rows[0] ?? newest;
  const unusable = car.commands.filter(({ usable }) => !usable);

  return (
    <section aria-labelledby="commands">
      <h2 id="commands">Commands</h2>
      <div class="row">
        {button("lock", "Lock", "lock", "LOCK")}
        {button("unlock", "Unlock", "lock", "UNLOCK")}
        {button("charging_start", "Start charging", "charging", true)}
        {button("charging_stop", "Stop charging", "charging", false)}
        {button("charge_port_open", "Open charge port", "charge_port", "OPEN")}
        {button("charge_port_close", "Close charge port", "charge_port", "CLOSE")}
        {button("refresh", "Ask the car now", "refresh", "PRESS")}
      </div>
      <LimitForm row={row("charge_limit")} car={car} give={give} />
      <details class="tool">
        <summary>Destination and charge schedules</summary>
        <DestinationForm row={row("destination")} give={give} />
        <ScheduleForm row={row("charge_schedule_daily")} give={give} after={after} />
      </details>
      <p class="quiet">Each command is one billed call to Smartcar, and so is asking the car.</p>
      <p class="error" role="alert">
        {failure ?? ""}
      </p>
      <div role="status" class="progress" data-testid="progress">
        {latest !== null && latest !== undefined && <Progress row={latest} />}
      </div>
      {unusable.length > 0 && (
        <details class="tool">
          <summary>Why some are switched off</summary>
          <ul>
            {unusable.map(({ variant, reason }) => (
              <li key={variant}>
                <strong>{words(variant)}</strong> <span class="detail">{reason}</span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {rows.length > 0 && <Audit rows={rows} />}
      <Confirm question={asked} onClose={() => setAsked(null)} />
    </section>
  );
}

function CommandButton({ row, title, onPress }: { row: CommandRow | undefined; title: string; onPress: () => void }) {
  if (row === undefined) return null;
  return (
    <button type="button" disabled={!row.usable} title={row.reason ?? undefined} onClick={onPress}>
      {title}
    </button>
  );
}

function LimitForm({ row, car, give }: { row: CommandRow | undefined; car: VehicleDetail; give: Give }) {
  const held = car.readings.find(({ name }) => name === "charge_limit")?.value;
  const [limit, setLimit] = useState<number | null>(null);
  const value = limit ?? (typeof held === "number" ? held : 80);
  if (row?.usable !== true) return null;
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        give("charge_limit", value);
      }}
    >
      <label class="grow">
        <span>Charge limit: {value} %</span>
        <input
          type="range"
          min={50}
          max={100}
          step={5}
          value={value}
          onInput={({ currentTarget }) => setLimit(Number(currentTarget.value))}
        />
      </label>
      <button type="submit">Set limit</button>
    </form>
  );
}

function DestinationForm({ row, give }: { row: CommandRow | undefined; give: Give }) {
  const [text, setText] = useState("");
  const [latitude = Number.NaN, longitude = Number.NaN] = text.split(/[\s,;]+/).map(Number.parseFloat);
  const fits = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        if (fits) give("destination", { latitude, longitude });
      }}
    >
      <label class="grow">
        <span>Destination (latitude, longitude)</span>
        <input
          value={text}
          placeholder="48.137, 11.575"
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={row?.usable !== true || !fits}>
        Send to the car
      </button>
    </form>
  );
}

const EXAMPLE = '{"type": "daily"}';

function ScheduleForm({
  row,
  give,
  after,
}: {
  row: CommandRow | undefined;
  give: Give;
  after: (variant: string, title: string, act: () => void) => void;
}) {
  const [text, setText] = useState("");
  const value = parsed(text);
  const deletes = value !== null && "delete" in value;
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        if (value === null) return;
        after(deletes ? "charge_schedule_delete" : "", "Delete schedule", () => give("charge_schedule", value));
      }}
    >
      <label class="grow">
        <span>
          Charge schedule (JSON: type daily, weekly or workweek with Smartcar's attributes, or delete with an id)
        </span>
        <textarea
          rows={3}
          value={text}
          placeholder={EXAMPLE}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      <button type="submit" disabled={row?.usable !== true || value === null}>
        Send schedule
      </button>
    </form>
  );
}

function parsed(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

const STATES: Readonly<Record<AuditRow["status"], string>> = {
  waiting: "waits for its turn …",
  sent: "is on its way to the car …",
  succeeded: "succeeded",
  failed: "failed",
  rejected: "was not sent",
  superseded: "gave way to a newer one",
  unknown: "was sent; its outcome was never learnt",
};

function Progress({ row }: { row: AuditRow }) {
  const took = row.duration_ms === null ? "" : ` after ${span(row.duration_ms)}`;
  return (
    <p class={row.status === "failed" || row.status === "rejected" ? "bad" : ""}>
      <strong>{titleOf(row)}</strong> {STATES[row.status]}
      {took}
      {row.confirmed ? ", and the car shows it" : row.status === "succeeded" ? ", not yet shown by the car" : ""}.
      {row.error !== null && ` ${row.error.message}`}
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

/** The newest commands of one car, or of all. */
export function Audit({ rows }: { rows: readonly AuditRow[] }) {
  const now = useNow();
  return (
    <Table label="What was asked and what came of it" head={["When", "Command", "Outcome", "Took", "Calls"]}>
      {rows.map((row) => (
        <tr key={row.id + row.requested_at}>
          <td title={dateTime(row.requested_at)}>{ago(row.requested_at, now)}</td>
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

function words(name: string): string {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `Unlock`, `Charge limit 80 %` */
function titleOf(row: AuditRow): string {
  if (row.command === "lock" && typeof row.value === "string") return words(row.value.toLowerCase());
  return `${words(row.command)} ${valueText(row)}`.trim();
}

function valueText({ command, value }: AuditRow): string {
  if (command === "refresh") return "";
  if (command === "charging") return value === true ? "on" : "off";
  if (command === "charge_limit") return `${String(value)} %`;
  return typeof value === "string" ? value.toLowerCase() : JSON.stringify(value);
}
