import type { Announced } from "../../bridge/discovery.ts";
import type { Execution } from "../../commands/execution.ts";
import type { Plan } from "../../scheduler/plan.ts";
import { PrivacySweep } from "../../store/privacy-sweep.ts";
import { openStore, type Store } from "../../store/store.ts";
import { ChargingLog } from "../../vehicle/charging-log.ts";
import { Intake, type IntakeOptions } from "../../vehicle/intake.ts";
import type { Frame } from "../frame.ts";
import { storeIncidents } from "../store-incidents.ts";

/** What is known, and how it is kept. */
export interface Kept {
  readonly store: Store<Plan, Execution, Announced>;
  readonly incidents: ReturnType<typeof storeIncidents>;
  readonly sweep: PrivacySweep;
  readonly intake: Intake;
  readonly charging: ChargingLog;
}

export function keptParts(frame: Frame, vehicles: Pick<IntakeOptions, "isKnown" | "isIgnored">): Kept {
  const { config, clock, events, logOf, privacyOf } = frame;
  const incidents = storeIncidents(logOf("database"));
  const store = openStore<Plan, Execution, Announced>(config.data_dir, { clock, onIncident: incidents.note });
  const privacyRule = JSON.stringify([
    config.privacy.location,
    config.vehicles.map(({ id, location }) => [id, location]),
  ]);
  const sweep = new PrivacySweep(store.database, store.settings, privacyRule, privacyOf);
  const intake = new Intake({
    store: store.states,
    events: events.intake,
    ...vehicles,
    accepts: frame.accepts,
    privacyOf,
  });
  const charging = new ChargingLog({
    store: store.charging,
    events: events.charging,
    stateOf: (id) => intake.state(id),
    privacyOf,
  });
  return { store, incidents, sweep, intake, charging };
}
