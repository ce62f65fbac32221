import type { JsonObject } from "../lib/json.ts";
import type { ReadingSpec } from "../vehicle/catalogue-row.ts";
import type { SignalCode } from "../vehicle/ids.ts";
import { publishedUnit, type UnitSystem } from "../vehicle/units.ts";
import type { Draft } from "./discovery-component.ts";
import { LIST_ATTRIBUTE, LIST_LENGTH, POSITION_ATTRIBUTES, SIGNAL_VALUE, UNLOCKED } from "./discovery-templates.ts";

/** The entity that shows a reading; `topic` is where the reading is published. */
export function readingDraft(spec: ReadingSpec, topic: string, units: UnitSystem): Draft {
  return {
    key: spec.name,
    platform: spec.entity.platform,
    label: spec.label,
    options: { ...platformOptions(spec, topic, units), ...commonOptions(spec) },
  };
}

/** A signal nobody here knows, as it stands on its raw topic: off until somebody wants it. */
export function unknownDraft(code: SignalCode, topic: string): Draft {
  return {
    key: `signal_${code.replace(/[^a-z0-9_]+/g, "_")}`,
    platform: "sensor",
    label: code,
    options: {
      state_topic: topic,
      value_template: SIGNAL_VALUE,
      entity_category: "diagnostic",
      enabled_by_default: false,
      icon: "mdi:help-circle-outline",
    },
  };
}

function platformOptions(spec: ReadingSpec, topic: string, units: UnitSystem): JsonObject {
  switch (spec.entity.platform) {
    case "sensor":
      return sensorOptions(spec, topic, units);
    case "binary_sensor":
      return { state_topic: topic, ...meaningOfOn(spec) };
    case "device_tracker":
      // No state topic: its value would override the coordinates.
      return { json_attributes_topic: topic, json_attributes_template: POSITION_ATTRIBUTES, source_type: "gps" };
  }
}

function sensorOptions({ entity, quantity }: ReadingSpec, topic: string, units: UnitSystem): JsonObject {
  const unit = publishedUnit(quantity, units);
  return {
    state_topic: topic,
    ...(unit === null ? {} : { unit_of_measurement: unit }),
    ...(entity.stateClass === undefined ? {} : { state_class: entity.stateClass }),
    ...(entity.precision === undefined ? {} : { suggested_display_precision: entity.precision }),
    ...(entity.list === undefined ? {} : { value_template: LIST_LENGTH, state_class: "measurement" }),
    ...(entity.list === "entries" ? { json_attributes_topic: topic, json_attributes_template: LIST_ATTRIBUTE } : {}),
  };
}

function meaningOfOn({ name, entity }: ReadingSpec): JsonObject {
  // The one topic that also carries words for "on its way".
  if (name === "lock") return { value_template: UNLOCKED };
  return { payload_on: entity.words?.on ?? "true", payload_off: entity.words?.off ?? "false" };
}

function commonOptions({ entity }: ReadingSpec): JsonObject {
  return {
    ...(entity.deviceClass === undefined ? {} : { device_class: entity.deviceClass }),
    ...(entity.icon === undefined ? {} : { icon: entity.icon }),
    ...(entity.diagnostic === undefined ? {} : { entity_category: "diagnostic" }),
    ...(entity.disabled === undefined ? {} : { enabled_by_default: false }),
  };
}
