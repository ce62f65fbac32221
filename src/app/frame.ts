import { carObjectId } from "../bridge/discovery.ts";
import type { BrokerSettings } from "../bridge/session-options.ts";
import { Topics } from "../bridge/topics.ts";
import type { Config } from "../config/schema.ts";
import { type WrongBox, wrongBoxes } from "../config/wrong-boxes.ts";
import { WEBHOOK_PATH } from "../http/public-server.ts";
import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Redactor } from "../lib/redact.ts";
import type { BudgetLimits } from "../scheduler/budget.ts";
import type { AccountSettings } from "../smartcar/gateway.ts";
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

/** What the configuration says to the parts, in their own words. */
export interface Settings {
  readonly account: AccountSettings;
  /** Whether webhooks can be checked at all. */
  readonly hasWebhookKey: boolean;
  readonly autoSubscribe: boolean;
  /** Where Smartcar is to deliver; null when `http.public_url` is not set. */
  readonly callbackUrl: string | null;
  readonly budget: BudgetLimits;
  readonly broker: BrokerSettings;
  readonly topics: Topics;
  /** Where a car is announced; null when it is not. */
  readonly discoveryTopic: ((id: VehicleId) => string) | null;
  /** Values that look as if they belonged into another box. */
  readonly slips: readonly WrongBox[];
}

/** What every group of parts is built with: the configuration, the edges, and the names derived from both. */
export interface Frame extends Seams, Settings {
  readonly config: Config;
  readonly logOf: (part: string) => Log;
  readonly events: AppEvents;
  /** Whether the owner takes values of this signal that seem impossible. */
  readonly accepts: (id: VehicleId, code: SignalCode) => boolean;
  /** How exactly places are kept and shown; without a vehicle the rule for all. */
  readonly privacyOf: (id: VehicleId | null) => Config["privacy"]["location"];
}

/** Also for whoever looks at the same things without running them, as the command `doctor` does. */
export function settingsOf({ smartcar, mqtt, http, homeassistant, polling }: Config): Settings {
  const topics = new Topics({ base: mqtt.base_topic, discoveryPrefix: homeassistant.discovery_prefix });
  return {
    account: {
      clientId: smartcar.client_id,
      clientSecrets: smartcar.client_secret,
      iamUrl: smartcar.iam_url,
      vehicleApiUrl: smartcar.vehicle_api_url,
      managementApiUrl: smartcar.management_api_url,
      mode: smartcar.mode,
    },
    hasWebhookKey: smartcar.management_token.length > 0,
    autoSubscribe: smartcar.auto_subscribe,
    callbackUrl: http.public_url === undefined ? null : http.public_url + WEBHOOK_PATH,
    budget: { monthly: polling.monthly_budget, reserve: polling.command_reserve },
    broker: {
      url: mqtt.url,
      username: mqtt.username,
      password: mqtt.password,
      caFile: mqtt.ca_file,
      certFile: mqtt.cert_file,
      keyFile: mqtt.key_file,
      servername: mqtt.servername,
      rejectUnauthorized: mqtt.reject_unauthorized,
      version: mqtt.version,
      clientId: mqtt.client_id,
    },
    topics,
    discoveryTopic: homeassistant.enabled ? (id) => topics.discovery(carObjectId(id)) : null,
    slips: wrongBoxes(smartcar),
  };
}

export function frameOf(config: Config, seams: Seams): Frame {
  const logOf = (part: string) => seams.log.child({ part });
  const override = new Map(config.vehicles.map((vehicle) => [vehicle.id, vehicle]));
  return {
    ...seams,
    ...settingsOf(config),
    config,
    logOf,
    events: createEvents(logOf("events")),
    accepts: (id, code) => override.get(id)?.accept.includes(code) === true,
    privacyOf: (id) => (id === null ? undefined : override.get(id)?.location) ?? config.privacy.location,
  };
}
