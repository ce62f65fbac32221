import { brokerLabel } from "../../bridge/session-options.ts";
import type { Cars } from "../../http/routes/vehicles.ts";
import type { Traffic } from "../../http/schema/traffic.ts";
import { iso } from "../../vehicle/shown.ts";
import type { ApiSource } from "./source.ts";

const QUARANTINE_SHOWN = 50;

/** What came in and went out lately. */
export function trafficOf({ frame, kept, account, broker }: ApiSource, cars: Cars): Traffic {
  const { webhook, trafficLog: log, bucket } = account;
  const { session, publisher } = broker;
  const { store } = kept;
  const stats = webhook.stats();
  const status = session.status();
  const { topics, pending, published, failed, denied } = publisher.stats();
  return {
    webhook: {
      accepted: stats.accepted,
      duplicates: stats.duplicates,
      quarantined: stats.quarantined,
      failed: stats.failed,
      verified: stats.verified,
      refused: stats.rejectedMissing + stats.rejectedWrong + stats.verifyRefused + stats.verifyLimited,
      last_accepted_at: iso(stats.lastAcceptedAt),
      last_verified_at: iso(stats.lastVerifiedAt),
      last_refusal: stats.lastRejection,
    },
    deliveries: log.deliveries(),
    quarantine: store.states.quarantine(QUARANTINE_SHOWN).map((entry) => ({
      at: new Date(entry.receivedAt).toISOString(),
      event_id: entry.eventId,
      vehicle_id: entry.vehicleId,
      reason: entry.reason,
    })),
    calls: log.calls(),
    polls: log.polls(),
    plans: cars.list().map(({ id, name }) => ({ id, name, polling: cars.polling(id) })),
    mqtt: {
      state: status.state,
      detail: status.detail,
      since: new Date(status.since).toISOString(),
      broker: brokerLabel(frame.config.mqtt.url),
      topics,
      pending,
      published,
      failed,
      denied,
    },
    application_calls: bucket.available(),
  };
}
