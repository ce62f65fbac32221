import type { VehicleDetail } from "../../http/schema/vehicles.ts";
import { ago, until, useNow } from "../format.ts";

/** What one needs when something is to be looked into. */
export function Facts({ car }: { car: VehicleDetail }) {
  const now = useNow();
  const { polling } = car;
  const limit = polling.budget === 0 ? "" : ` of ${polling.budget}`;
  return (
    <section aria-labelledby="facts">
      <h2 id="facts">Behind it</h2>
      <dl class="facts-list">
        <dt>Topic</dt>
        <dd>
          <code>{car.topic}</code>
        </dd>
        <dt>Vehicle id</dt>
        <dd>
          <code>{car.id}</code>
        </dd>
        <dt>Last webhook</dt>
        <dd>{ago(car.last_webhook_at, now)}</dd>
        <dt>Last poll</dt>
        <dd>{ago(polling.last_poll_at, now)}</dd>
        <dt>Next poll</dt>
        <dd>
          {polling.next_poll_at === null ? "none planned" : until(polling.next_poll_at, now)}: {polling.reason}
        </dd>
        <dt>Calls this month</dt>
        <dd>
          {polling.calls_used}
          {limit}, {polling.forecast} by its end if it goes on like this
        </dd>
      </dl>
    </section>
  );
}
