import type { FinishedSession } from "../vehicle/charging-session.ts";
import { iso } from "../vehicle/shown.ts";

/** The JSON of a charging session on `B/V/event`. */
export function chargingDocument(session: FinishedSession): object {
  return {
    event_type: "charging_session",
    start: iso(session.start),
    end: iso(session.end),
    energy_kwh: session.energyKwh,
    energy_source: session.energySource,
    soc_start: session.socStart,
    soc_end: session.socEnd,
    location: session.location,
    ...(session.atHome === null ? {} : { at_home: session.atHome }),
    partial: session.partial,
  };
}
