import { WEBHOOK_PATH } from "../../http/public-server.ts";
import type { Box, Setup, SignalGroup } from "../../http/schema/setup.ts";
import { CATALOGUE } from "../../vehicle/catalogue.ts";
import type { Frame } from "../frame.ts";
import type { ApiSource } from "./source.ts";

/** Groups that Smartcar's free plan offers in a webhook (seen in the dashboard in September 2026). */
const FREE_GROUPS = new Set([
  "Closure",
  "ConnectivitySoftware",
  "ConnectivityStatus",
  "InternalCombustionEngine",
  "Odometer",
  "TractionBattery",
  "VehicleIdentification",
]);
/** Known to cause requests to sign in again where it is ticked. */
const HARMFUL_GROUPS = new Set(["VehicleUserAccount"]);
const TRIGGERS = [
  "TractionBattery StateOfCharge",
  "Charge IsCharging",
  "Charge IsChargingCableConnected",
  "Closure IsLocked",
  "Odometer TraveledDistance",
  "Location PreciseLocation",
];

/** What is configured, and what to enter where; secrets only as whether they are there. */
export function setupOf({ frame, isProtected, startedAt }: ApiSource): Setup {
  const { config, version, callbackUrl } = frame;
  const { application_id: applicationId, redirect_uri: redirectUri, mode } = config.smartcar;
  const groups = new Map<string, string[]>();
  for (const { group, name } of CATALOGUE) {
    if (!HARMFUL_GROUPS.has(group)) groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  const signals = [...groups].map(([group, names]): SignalGroup => ({ group, names, free: FREE_GROUPS.has(group) }));
  const connectFix =
    applicationId === undefined
      ? "Set smartcar.application_id to the application's id (a UUID, shown beside its name)."
      : redirectUri === undefined
        ? "Set http.public_url, or smartcar.redirect_uri, so that Connect can send the browser back."
        : null;
  return {
    version,
    started_at: new Date(startedAt).toISOString(),
    mode,
    units: config.units,
    password: isProtected,
    boxes: boxesOf(frame),
    webhook: {
      url: callbackUrl,
      path: WEBHOOK_PATH,
      public_port: config.http.public_port,
      triggers: TRIGGERS,
      signals: signals.sort((a, b) => Number(b.free) - Number(a.free) || (a.group < b.group ? -1 : 1)),
    },
    connect: { possible: connectFix === null, fix: connectFix, redirect_uri: redirectUri ?? null },
    homeassistant: config.homeassistant,
    base_topic: config.mqtt.base_topic,
    privacy: config.privacy.location,
  };
}

const BOXES = [
  { key: "client_id", looks: "begins with client_", where: "Configuration, API credentials" },
  { key: "client_secret", looks: "shown once, together with the client id", where: "API credentials" },
  { key: "application_id", looks: "a UUID", where: "Configuration, beside the application's name" },
  { key: "management_token", looks: "application management token", where: "Configuration, API keys" },
] as const;

function boxesOf({ config, slips }: Frame): Box[] {
  // Without client id and secret nothing starts, so they are there.
  const given = {
    client_id: true,
    client_secret: true,
    application_id: config.smartcar.application_id !== undefined,
    management_token: config.smartcar.management_token.length > 0,
  };
  return BOXES.map(({ key, looks, where }) => {
    const full = `smartcar.${key}`;
    const set = given[key];
    const slip = slips.find((each) => each.key === full);
    return {
      key: full,
      env: `SMARTCAR_${key.toUpperCase()}`,
      set,
      ok: set && slip === undefined,
      detail: slip !== undefined ? slip.what : set ? `is set, and looks right (${looks})` : `is not set yet (${looks})`,
      fix: slip !== undefined ? `${slip.mend}.` : set ? null : `Copy it from Smartcar's dashboard: ${where}.`,
    };
  });
}
