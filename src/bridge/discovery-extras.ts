import type { JsonObject } from "../lib/json.ts";
import type { Draft } from "./discovery-component.ts";
import { member, PROBLEM_ACTIVE } from "./discovery-templates.ts";
import type { Topics } from "./topics.ts";

/** What `B/V/event` may say. */
export const CAR_EVENTS = [
  "charging_started",
  "charging_stopped",
  "charging_session",
  "plugged_in",
  "unplugged",
  "problem_raised",
  "problem_cleared",
] as const;

/** Readings that come from the bridge and not from a signal. */
const LAST_WEBHOOK = "last_webhook_received";
const ENERGY_TOTAL = "energy_total";

/**
 * Entities about what the bridge itself knows rather than the car. They have to speak when the car is unavailable, so
 * only the bridge's own state counts for them.
 */
export function extraDrafts(readings: ReadonlySet<string>, topics: Topics, vehicle: string): readonly Draft[] {
  const own: JsonObject = { availability: [{ topic: topics.bridgeState }] };
  const polling = (key: string, label: string, options: JsonObject): Draft => ({
    key,
    platform: "sensor",
    label,
    options: { ...own, state_topic: topics.polling(vehicle), ...HIDDEN, ...options },
  });
  const lastWebhook: Draft = {
    key: LAST_WEBHOOK,
    platform: "sensor",
    label: "Last webhook received",
    options: { ...own, state_topic: topics.reading(vehicle, LAST_WEBHOOK), device_class: "timestamp", ...HIDDEN },
  };
  const energyTotal: Draft = {
    key: ENERGY_TOTAL,
    platform: "sensor",
    label: "Energy charged",
    options: {
      ...own,
      state_topic: topics.reading(vehicle, ENERGY_TOTAL),
      unit_of_measurement: "kWh",
      device_class: "energy",
      // Never falls: what the energy dashboard asks for.
      state_class: "total_increasing",
      suggested_display_precision: 1,
    },
  };
  const problem: Draft = {
    key: "problem",
    platform: "binary_sensor",
    label: "Problem",
    options: {
      ...own,
      state_topic: topics.problem(vehicle),
      value_template: PROBLEM_ACTIVE,
      json_attributes_topic: topics.problem(vehicle),
      device_class: "problem",
      entity_category: "diagnostic",
    },
  };
  const event: Draft = {
    key: "event",
    platform: "event",
    label: "Event",
    options: { ...own, state_topic: topics.event(vehicle), event_types: CAR_EVENTS, icon: "mdi:car-info" },
  };
  return [
    problem,
    event,
    ...(readings.has(LAST_WEBHOOK) ? [lastWebhook] : []),
    ...(readings.has(ENERGY_TOTAL) ? [energyTotal] : []),
    polling("calls_remaining", "Calls remaining", {
      value_template: member("calls_remaining"),
      state_class: "measurement",
      icon: "mdi:counter",
    }),
    polling("next_poll", "Next poll", { value_template: member("next_poll_at"), device_class: "timestamp" }),
  ];
}

const HIDDEN: JsonObject = { entity_category: "diagnostic", enabled_by_default: false };

/** The bridge's own entities; without availability topics, for `connection` says just that. */
export function bridgeDrafts(topics: Topics): readonly Draft[] {
  return [
    {
      key: "connection",
      platform: "binary_sensor",
      label: "Connection",
      options: {
        state_topic: topics.bridgeState,
        payload_on: "online",
        payload_off: "offline",
        device_class: "connectivity",
        entity_category: "diagnostic",
      },
    },
    {
      key: "version",
      platform: "sensor",
      label: "Version",
      options: {
        state_topic: topics.bridgeInfo,
        value_template: member("version"),
        entity_category: "diagnostic",
        icon: "mdi:tag",
      },
    },
  ];
}
