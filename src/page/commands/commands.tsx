import { useState } from "preact/hooks";
import type { AuditList, AuditRow } from "../../http/schema/commands.ts";
import type { CommandRow, VehicleDetail } from "../../http/schema/vehicles.ts";
import { post, useResource } from "../api.ts";
import { Confirm, type Question } from "../parts.tsx";
import { Audit, Progress, words } from "./audit.tsx";
import { DestinationForm } from "./destination.tsx";
import type { After, Give } from "./give.ts";
import { LimitForm } from "./limit.tsx";
import { Schedules } from "./schedule-form.tsx";

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
  const after: After = (variant, title, act) => {
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
        {button("refresh", "Ask now", "refresh", "PRESS")}
      </div>
      <LimitForm row={row("charge_limit")} car={car} give={give} />
      {row("destination")?.usable === true && (
        <details class="tool">
          <summary>Destination</summary>
          <DestinationForm give={give} />
        </details>
      )}
      {car.commands.some(({ command, usable }) => command === "charge_schedule" && usable) && (
        <details class="tool">
          <summary>Charge schedules</summary>
          <Schedules car={car} give={give} after={after} />
        </details>
      )}
      <p class="quiet">
        Each command is one billed call to Smartcar, and so is “Ask now”: it reads what Smartcar holds, which neither
        wakes the car nor uses its 12 V battery.
      </p>
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
