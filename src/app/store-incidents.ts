import type { Log } from "../lib/log.ts";
import type { StoreIncident } from "../store/database.ts";

interface BridgeEvent {
  readonly event_type: string;
  readonly [detail: string]: unknown;
}

/**
 * Says loudly what happened to the database file. The log hears it at once; MQTT only once there is a broker, since
 * the file is opened long before.
 */
export function storeIncidents(log: Log): {
  readonly note: (incident: StoreIncident) => void;
  /** Tells what was not told yet. */
  readonly tell: (tell: (event: BridgeEvent) => void) => void;
} {
  const untold: BridgeEvent[] = [];
  return {
    note(incident) {
      if (incident.kind === "corrupt") {
        const { keptAs, reason } = incident;
        log.error(
          { kept_as: keptAs, reason, fix: "restore a backup: docs/backup.md" },
          "the database could not be read: it was kept aside and a new one begun",
        );
        untold.push({ event_type: "database_replaced", kept_as: keptAs, reason });
        return;
      }
      const { keptAs, from, to } = incident;
      log.info({ kept_as: keptAs, from, to }, "the database is upgraded; a copy of the old one was kept");
      untold.push({ event_type: "database_upgraded", kept_as: keptAs, from, to });
    },
    tell(tell) {
      for (const event of untold.splice(0)) tell(event);
    },
  };
}
