import type { Log } from "../lib/log.ts";
import type { StoreIncident } from "../store/database.ts";

interface BridgeEvent {
  readonly event_type: string;
  readonly [detail: string]: unknown;
}

export interface StoreIncidents {
  readonly note: (incident: StoreIncident) => void;
  /** Tells what was not told yet. */
  readonly tell: (tell: (event: BridgeEvent) => void) => void;
  /** Resolves when the database turned out to be broken while it was used. */
  readonly failed: Promise<void>;
}

/**
 * Says loudly what happened to the database file. The log hears it at once; MQTT only once there is a broker, since
 * the file is opened long before.
 */
export function storeIncidents(log: Log): StoreIncidents {
  const untold: BridgeEvent[] = [];
  const { promise: failed, resolve: fail } = Promise.withResolvers<void>();
  return {
    failed,
    note(incident) {
      switch (incident.kind) {
        case "corrupt": {
          const { keptAs, reason, saved } = incident;
          log.error(
            { kept_as: keptAs, reason, saved: saved.rows, fix: "restore a backup: docs/backup.md" },
            "the database could not be read: it was kept aside and a new one begun",
          );
          if (!saved.callsAreWhole) {
            log.error(
              { fix: "look up this month's calls at Smartcar; restore a backup to count from there" },
              "this month's billed calls could not all be read: as many count as an even pace would have made by now",
            );
          }
          const counted = saved.callsAreWhole;
          untold.push({ event_type: "database_replaced", kept_as: keptAs, reason, calls_counted: counted });
          return;
        }
        case "failed": {
          const { reason, fix } = incident;
          log.fatal({ reason, fix }, "the database cannot be used any longer: stopping, so that a new start mends it");
          untold.push({ event_type: "database_failed", reason });
          fail();
          return;
        }
        case "exposed":
          log.warn({ detail: incident.detail }, "the database holds positions and VINs, and is open to others");
          return;
        case "upgraded": {
          const { keptAs, from, to } = incident;
          log.info({ kept_as: keptAs, from, to }, "the database is upgraded; a copy of the old one was kept");
          untold.push({ event_type: "database_upgraded", kept_as: keptAs, from, to });
        }
      }
    },
    tell(tell) {
      for (const event of untold.splice(0)) tell(event);
    },
  };
}
