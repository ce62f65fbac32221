import type { JsonObject } from "../lib/json.ts";
import type { Draft } from "./discovery-component.ts";
import { within } from "./discovery-templates.ts";
import type { Topics } from "./topics.ts";

/** What Smartcar accepts as a charge limit. */
const LIMIT = { min: 50, max: 100 };

/**
 * Entities that send commands. They come as soon as a command may be sent, with or without a reading beside it, and
 * are never optimistic: each has a state topic and shows only what the car or the bridge says.
 *
 * A draft with a reading's key takes the place of the reading's own entity.
 */
export function commandDrafts(
  available: ReadonlySet<string>,
  topics: Topics,
  vehicle: string,
  maxAgeMs: number,
): readonly Draft[] {
  const sending = (command: string): JsonObject => ({
    command_topic: topics.commandSet(vehicle, command),
    // Per component: an older Home Assistant refuses the whole document when it stands at the root.
    message_expiry_interval: Math.max(1, Math.round(maxAgeMs / 1000)),
  });
  const button = (key: string, label: string, command: string, press: string, icon: string): Draft => ({
    key,
    platform: "button",
    label,
    options: { ...sending(command), payload_press: press, icon },
  });

  const drafts: Draft[] = [];
  if (available.has("lock") && available.has("unlock")) {
    drafts.push(lock({ state_topic: topics.reading(vehicle, "lock"), ...sending("lock") }));
  } else if (available.has("lock")) {
    drafts.push({ ...button("lock_button", "Lock", "lock", "LOCK", "mdi:lock"), entityName: "lock" });
  } else if (available.has("unlock")) {
    drafts.push({
      ...button("unlock_button", "Unlock", "lock", "UNLOCK", "mdi:lock-open-variant"),
      entityName: "unlock",
    });
  }
  if (available.has("charging")) {
    drafts.push(chargingSwitch({ state_topic: topics.reading(vehicle, "charging"), ...sending("charging") }));
  }
  if (available.has("charge_limit")) {
    drafts.push(limitNumber({ state_topic: topics.reading(vehicle, "charge_limit"), ...sending("charge_limit") }));
  }
  if (available.has("charge_port")) {
    // Two buttons rather than a cover: few cars tell whether the port is open, and a cover needs to know.
    drafts.push(button("charge_port_open", "Open charge port", "charge_port", "OPEN", "mdi:ev-plug-type2"));
    drafts.push(button("charge_port_close", "Close charge port", "charge_port", "CLOSE", "mdi:ev-plug-type2"));
  }
  if (available.has("refresh")) {
    const refresh = button("refresh", "Refresh", "refresh", "PRESS", "mdi:refresh");
    drafts.push({ ...refresh, options: { ...refresh.options, entity_category: "diagnostic" } });
  }
  return drafts;
}

const lock = (wiring: JsonObject): Draft => ({
  key: "lock",
  platform: "lock",
  label: "Lock",
  options: {
    ...wiring,
    payload_lock: "LOCK",
    payload_unlock: "UNLOCK",
    state_locked: "LOCKED",
    state_unlocked: "UNLOCKED",
    state_locking: "LOCKING",
    state_unlocking: "UNLOCKING",
  },
});

const chargingSwitch = (wiring: JsonObject): Draft => ({
  // Beside the binary sensor of the same topic, hence a key of its own.
  key: "charging_switch",
  platform: "switch",
  label: "Charging",
  entityName: "charging",
  options: {
    ...wiring,
    payload_on: "true",
    payload_off: "false",
    state_on: "true",
    state_off: "false",
    icon: "mdi:ev-station",
  },
});

const limitNumber = (wiring: JsonObject): Draft => ({
  key: "charge_limit",
  platform: "number",
  label: "Charge limit",
  options: {
    ...wiring,
    value_template: within(LIMIT.min, LIMIT.max),
    ...LIMIT,
    step: 1,
    unit_of_measurement: "%",
    icon: "mdi:battery-charging-80",
  },
});
