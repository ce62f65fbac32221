import type { AuditList } from "../../http/schema/commands.ts";
import type { Traffic } from "../../http/schema/traffic.ts";
import { useResource } from "../api.ts";
import { Audit } from "../commands/audit.tsx";
import { Waiting } from "../parts.tsx";
import { Budgets } from "./budget.tsx";
import { Calls } from "./calls.tsx";
import { Deliveries } from "./deliveries.tsx";
import { Mqtt } from "./mqtt.tsx";
import { Polls } from "./polls.tsx";
import { FlightRecorder } from "./recorder.tsx";
import { ReportTool } from "./report.tsx";
import type { CarName } from "./rows.ts";

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
      <CommandsOfAll car={car} />
      <ReportTool />
      <FlightRecorder />
    </>
  );
}

function CommandsOfAll({ car }: { car: CarName }) {
  const audit = useResource<AuditList>("api/commands?limit=30", ["commands"]);
  const rows = audit.data?.commands ?? [];
  return (
    <section aria-labelledby="audit">
      <h2 id="audit">Commands</h2>
      {rows.length === 0 ? (
        <p class="quiet">None yet.</p>
      ) : (
        <Audit rows={rows} car={(row) => (row.vehicle_id === null ? row.vehicle : car(row.vehicle_id))} />
      )}
    </section>
  );
}
