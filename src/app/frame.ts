import { Topics } from "../bridge/topics.ts";
import type { Config } from "../config/schema.ts";
import { type WrongBox, wrongBoxes } from "../config/wrong-boxes.ts";
import { WEBHOOK_PATH } from "../http/public-server.ts";
import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Redactor } from "../lib/redact.ts";
import type { SignalCode, VehicleId } from "../vehicle/ids.ts";
import { type AppEvents, createEvents } from "./events.ts";

/** The edges that tests and the demo replace. */
export interface Seams {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly redactor: Redactor;
  /** @throws RangeError for a part that does not exist */
  readonly setLogLevel: (level: string, part?: string) => void;
  readonly version: string;
  /** What the configuration made suspicious, in words. */
  readonly warnings?: readonly string[];
}

/** What every group of parts is built with: the configuration, the edges, and the names derived from both. */
export interface Frame extends Seams {
  readonly config: Config;
  readonly logOf: (part: string) => Log;
  readonly events: AppEvents;
  readonly topics: Topics;
  /** Whether the owner takes values of this signal that seem impossible. */
  readonly accepts: (id: VehicleId, code: SignalCode) => boolean;
  /** How exactly places are kept and shown; without a vehicle the rule for all. */
  readonly privacyOf: (id: VehicleId | null) => Config["privacy"]["location"];
  /** Where Smartcar is to deliver; null when `http.public_url` is not set. */
  readonly callbackUrl: string | null;
  /** Values that look as if they belonged into another box. */
  readonly slips: readonly WrongBox[];
}

export function frameOf(config: Config, seams: Seams): Frame {
  const logOf = (part: string) => seams.log.child({ part });
  const override = new Map(config.vehicles.map((vehicle) => [vehicle.id, vehicle]));
  const { public_url } = config.http;
  return {
    ...seams,
    config,
    logOf,
    events: createEvents(logOf("events")),
    topics: new Topics({ base: config.mqtt.base_topic, discoveryPrefix: config.homeassistant.discovery_prefix }),
    accepts: (id, code) => override.get(id)?.accept.includes(code) === true,
    privacyOf: (id) => (id === null ? undefined : override.get(id)?.location) ?? config.privacy.location,
    callbackUrl: public_url === undefined ? null : public_url + WEBHOOK_PATH,
    slips: wrongBoxes(config.smartcar),
  };
}
