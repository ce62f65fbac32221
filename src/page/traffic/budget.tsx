import type { Traffic } from "../../http/schema/traffic.ts";
import type { Polling } from "../../http/schema/vehicles.ts";
import { Chart, type Point } from "../chart.tsx";
import { date, until, useNow } from "../format.ts";

export function Budgets({ traffic }: { traffic: Traffic }) {
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
