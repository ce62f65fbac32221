import { z } from "zod";
import { isObject, parseJson } from "../../src/lib/json.ts";
import { isNumeric, render } from "./home-assistant-templates.ts";

/**
 * What Home Assistant accepts of MQTT discovery, by core 2026.9. Stricter than Home Assistant where it only drops what
 * it does not know: a dropped key is a typo of ours.
 */

const TOTALS = ["total", "total_increasing"];
const ANY_STATE_CLASS = ["measurement", "measurement_angle", ...TOTALS];
const ENERGY = ["kWh", "Wh", "MWh", "mWh", "GWh", "TWh", "J", "kJ", "MJ", "GJ", "cal", "kcal", "Mcal", "Gcal"];
const VOLUME = ["L", "mL", "gal", "fl. oz.", "m³", "ft³", "CCF", "MCF"];

/** Sensor device class → units and state classes it allows. `null` units: none may be given. */
const SENSOR_CLASSES: Readonly<Record<string, { units: readonly string[] | null; states: readonly string[] }>> = {
  battery: { units: ["%"], states: ["measurement"] },
  distance: { units: ["km", "m", "cm", "mm", "mi", "nmi", "yd", "ft", "in"], states: ANY_STATE_CLASS },
  energy: { units: ENERGY, states: TOTALS },
  energy_storage: { units: ENERGY, states: ["measurement"] },
  power: { units: ["W", "kW", "mW", "MW", "GW", "TW"], states: ["measurement"] },
  voltage: { units: ["V", "mV", "kV", "MV", "μV"], states: ["measurement"] },
  current: { units: ["A", "mA", "μA"], states: ["measurement"] },
  temperature: { units: ["°C", "°F", "K"], states: ["measurement"] },
  pressure: { units: ["kPa", "Pa", "hPa", "bar", "mbar", "cbar", "psi", "mmHg", "inHg"], states: ["measurement"] },
  speed: { units: ["km/h", "mph", "m/s", "m/min", "ft/s", "kn"], states: ["measurement"] },
  duration: { units: ["s", "min", "h", "d", "ms", "μs"], states: ANY_STATE_CLASS },
  volume_storage: { units: VOLUME, states: ["measurement"] },
  volume: { units: VOLUME, states: TOTALS },
  timestamp: { units: null, states: [] },
  date: { units: null, states: [] },
  uptime: { units: null, states: [] },
  enum: { units: null, states: [] },
};
const WITHOUT_NUMBER = ["timestamp", "date", "uptime", "enum"];

const BINARY_CLASSES =
  "battery battery_charging carbon_monoxide cold connectivity door garage_door gas heat light lock moisture motion moving occupancy opening plug power presence problem running safety smoke sound tamper update vibration window";

/** Attribute names that Home Assistant keeps to itself. */
const BLOCKED_ATTRIBUTES =
  "state available device_class entity_category entity_picture extra_state_attributes force_update friendly_name icon should_poll supported_features unique_id unit_of_measurement assumed_state device_info entity_registry_enabled_default last_reset state_class";

const text = z.string().min(1);
const subscribeTopic = text.refine((topic) => Buffer.byteLength(topic) <= 65_535 && !topic.includes("\u0000"), "topic");
// Ours are never filters.
const topic = subscribeTopic.refine((value) => !/[+#]/.test(value), "wildcard in a topic");
const url = text.regex(/^(https?|homeassistant):\/\//);
const icon = z.string().regex(/^[a-z0-9-]+:[a-z0-9-]+$/);
const availability = z
  .array(z.strictObject({ topic, payload_available: text.optional(), payload_not_available: text.optional() }))
  .min(1);

const common = {
  unique_id: z.string().regex(/^[A-Za-z0-9_-]+$/),
  default_entity_id: text,
  name: text.nullable(),
  availability: availability.optional(),
  availability_mode: z.enum(["all", "any", "latest"]).optional(),
  enabled_by_default: z.boolean().optional(),
  entity_category: z.enum(["diagnostic", "config"]).optional(),
  icon: icon.optional(),
  json_attributes_topic: topic.optional(),
  json_attributes_template: text.optional(),
  qos: z.union([z.literal(0), z.literal(1), z.literal(2)]).optional(),
};
/** Never `retain` or `optimistic`, never without an end to the command's life. */
const commanding = { command_topic: topic, message_expiry_interval: z.int().positive() };
const template = { value_template: text.optional() };
// HA refuses these two at the time the entity is added.
const sensorCategory = { entity_category: z.literal("diagnostic").optional() };

const PLATFORMS = {
  sensor: z
    .strictObject({
      platform: z.literal("sensor"),
      ...common,
      ...sensorCategory,
      ...template,
      state_topic: topic,
      device_class: z.enum(Object.keys(SENSOR_CLASSES)).optional(),
      unit_of_measurement: text.optional(),
      state_class: z.enum(ANY_STATE_CLASS).optional(),
      options: z.array(text).min(1).optional(),
      suggested_display_precision: z.int().min(0).optional(),
    })
    .superRefine((sensor, context) => {
      for (const message of sensorFaults(sensor)) context.addIssue({ code: "custom", message });
    }),
  binary_sensor: z
    .strictObject({
      platform: z.literal("binary_sensor"),
      ...common,
      ...sensorCategory,
      ...template,
      state_topic: topic,
      device_class: z.enum(BINARY_CLASSES.split(" ")).optional(),
      payload_on: text.default("ON"),
      payload_off: text.default("OFF"),
    })
    .refine((sensor) => sensor.payload_on !== sensor.payload_off, "payload_on equals payload_off"),
  device_tracker: z.strictObject({
    platform: z.literal("device_tracker"),
    ...common,
    json_attributes_topic: topic,
    source_type: z.enum(["gps", "router", "bluetooth", "bluetooth_le"]).optional(),
  }),
  lock: z.strictObject({
    platform: z.literal("lock"),
    ...common,
    ...commanding,
    ...template,
    state_topic: topic,
    payload_lock: text,
    payload_unlock: text,
    state_locked: text,
    state_unlocked: text,
    state_locking: text,
    state_unlocking: text,
  }),
  switch: z
    .strictObject({
      platform: z.literal("switch"),
      ...common,
      ...commanding,
      ...template,
      state_topic: topic,
      payload_on: text,
      payload_off: text,
      state_on: text,
      state_off: text,
      device_class: z.enum(["outlet", "switch"]).optional(),
    })
    .refine((one) => one.payload_on !== one.payload_off && one.state_on !== one.state_off, "on equals off"),
  number: z
    .strictObject({
      platform: z.literal("number"),
      ...common,
      ...commanding,
      ...template,
      state_topic: topic,
      min: z.number(),
      max: z.number(),
      step: z.number().min(0.001),
      mode: z.enum(["auto", "box", "slider"]).optional(),
      unit_of_measurement: text.optional(),
      device_class: text.optional(),
    })
    .refine((number) => number.min < number.max, "min is not below max"),
  button: z.strictObject({
    platform: z.literal("button"),
    ...common,
    ...commanding,
    payload_press: text,
    device_class: z.enum(["identify", "restart", "update"]).optional(),
  }),
  event: z.strictObject({
    platform: z.literal("event"),
    ...common,
    ...template,
    state_topic: topic,
    event_types: z.array(text).min(1),
    device_class: z.enum(["button", "doorbell", "motion"]).optional(),
  }),
} as const;
type Platform = keyof typeof PLATFORMS;

const component = z.discriminatedUnion("platform", [
  PLATFORMS.sensor,
  PLATFORMS.binary_sensor,
  PLATFORMS.device_tracker,
  PLATFORMS.lock,
  PLATFORMS.switch,
  PLATFORMS.number,
  PLATFORMS.button,
  PLATFORMS.event,
]);
/** A component on its way out. */
const marker = z.strictObject({ platform: z.enum(Object.keys(PLATFORMS) as Platform[]) });

/** Root options that would be inherited by every component (`state_topic`) or refused by older cores are left out. */
const deviceDocument = z.strictObject({
  device: z.strictObject({
    identifiers: z.array(text).min(1),
    name: text,
    manufacturer: text.optional(),
    model: text.optional(),
    model_id: text.optional(),
    serial_number: text.optional(),
    hw_version: text.optional(),
    sw_version: text.optional(),
    via_device: text.optional(),
    suggested_area: text.optional(),
    configuration_url: url.optional(),
  }),
  origin: z.strictObject({ name: text, sw_version: text.optional(), support_url: url.optional() }),
  availability: availability.optional(),
  availability_mode: z.enum(["all", "any", "latest"]).optional(),
  qos: common.qos,
  components: z.record(z.string(), z.union([marker, component])),
});

const MAX_DOCUMENT_BYTES = 64 * 1024;

/** Everything Home Assistant, or we ourselves, would object to in a document. Empty: nothing. */
export function checkDocument(configTopic: string, document: unknown): string[] {
  const problems: string[] = [];
  if (!/^[^+#]+\/device\/([A-Za-z0-9_-]+\/)?[A-Za-z0-9_-]+\/config$/.test(configTopic)) {
    problems.push(`topic ${configTopic}`);
  }
  const parsed = deviceDocument.safeParse(document);
  if (!parsed.success) return [...problems, z.prettifyError(parsed.error)];
  const { device, components } = parsed.data;
  if (Buffer.byteLength(JSON.stringify(document)) > MAX_DOCUMENT_BYTES) problems.push("document over 64 KiB");
  const prefix = configTopic.split("/")[0] ?? "";
  const seen = new Set<string>();
  for (const [key, one] of Object.entries(components)) {
    if (!/^[A-Za-z0-9_-]+$/.test(key)) problems.push(`key ${key}`);
    if (!("unique_id" in one)) continue;
    const identity = `${one.platform} ${one.unique_id}`;
    if (seen.has(identity)) problems.push(`${key}: unique_id twice on ${one.platform}`);
    seen.add(identity);
    if (!device.identifiers.some((identifier) => one.unique_id.startsWith(`${identifier}_`))) {
      problems.push(`${key}: unique_id ${one.unique_id} is not the device's`);
    }
    if (!new RegExp(`^${one.platform}\\.[a-z0-9]+(_[a-z0-9]+)*$`).test(one.default_entity_id)) {
      problems.push(`${key}: default_entity_id ${one.default_entity_id}`);
    }
    if (one.name?.startsWith(device.name)) problems.push(`${key}: name begins with the device's`);
    if (device.serial_number !== undefined && one.name?.includes(device.serial_number)) {
      problems.push(`${key}: VIN in the name`);
    }
    for (const [option, value] of Object.entries(one)) {
      if (option.endsWith("topic") && String(value).startsWith(`${prefix}/`)) {
        problems.push(`${key}: ${option} lies inside the discovery prefix`);
      }
    }
  }
  return problems;
}

interface SensorOptions {
  readonly device_class?: string | undefined;
  readonly unit_of_measurement?: string | undefined;
  readonly state_class?: string | undefined;
  readonly options?: readonly string[] | undefined;
  readonly suggested_display_precision?: number | undefined;
}

function sensorFaults(sensor: SensorOptions): string[] {
  const { device_class: deviceClass, unit_of_measurement: unit, state_class: stateClass, options } = sensor;
  const faults: string[] = [];
  if ((deviceClass === "enum") !== (options !== undefined)) faults.push("enum and options go together");
  if (stateClass === "measurement_angle" && unit !== "°") faults.push("measurement_angle without °");
  const allowed = deviceClass === undefined ? undefined : SENSOR_CLASSES[deviceClass];
  if (allowed === undefined) return faults;
  if (unit !== undefined && !allowed.units?.includes(unit)) faults.push(`unit ${unit} for ${deviceClass}`);
  if (unit === undefined && allowed.units !== null) faults.push(`no unit for ${deviceClass}`);
  if (stateClass !== undefined && !allowed.states.includes(stateClass)) {
    faults.push(`state_class ${stateClass} for ${deviceClass}`);
  }
  if (allowed.units === null && sensor.suggested_display_precision !== undefined) {
    faults.push(`precision for ${deviceClass}`);
  }
  return faults;
}

/**
 * Would Home Assistant take these payloads for this component, without a warning and without keeping a stale state?
 * `payloads` are by topic; topics the component does not listen to are passed over.
 */
export function wouldAccept(candidate: unknown, payloads: Readonly<Record<string, string>>): string[] {
  const parsed = component.safeParse(candidate);
  if (!parsed.success) return [z.prettifyError(parsed.error)];
  const one = parsed.data;
  const problems: string[] = [];
  const attributes = one.json_attributes_topic === undefined ? undefined : payloads[one.json_attributes_topic];
  if (attributes !== undefined) problems.push(...attributeFaults(one, attributes));
  if (!("state_topic" in one)) return problems;
  const payload = payloads[one.state_topic];
  if (payload === undefined) return problems;
  if (payload === "") return [...problems, "an empty payload erases the topic"];
  const state = render("value_template" in one ? one.value_template : undefined, payload);
  return state instanceof Error ? [...problems, state.message] : [...problems, ...stateFaults(one, state)];
}

function stateFaults(one: z.infer<typeof component>, state: string): string[] {
  if (state === "None" && one.platform !== "event") return [];
  const among = (...words: readonly string[]): string[] =>
    words.includes(state) ? [] : [`${state} is none of ${words.join(", ")}`];
  switch (one.platform) {
    case "sensor":
      return sensorStateFaults(one, state);
    case "binary_sensor":
      return among(one.payload_on, one.payload_off);
    case "lock":
      return among(one.state_locked, one.state_unlocked, one.state_locking, one.state_unlocking);
    case "switch":
      return among(one.state_on, one.state_off);
    case "number":
      return isNumeric(state) && Number(state) >= one.min && Number(state) <= one.max
        ? []
        : [`${state} is out of range`];
    case "event": {
      const event = parseJson(state);
      const type = isObject(event) ? event["event_type"] : undefined;
      return typeof type === "string" && one.event_types.includes(type) ? [] : [`event_type ${String(type)}`];
    }
    default:
      return [];
  }
}

function sensorStateFaults(sensor: SensorOptions, state: string): string[] {
  const { device_class: deviceClass, options } = sensor;
  if (deviceClass === "timestamp") {
    const iso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;
    return iso.test(state) && !Number.isNaN(Date.parse(state)) ? [] : [`${state} is no time with a zone`];
  }
  if (options !== undefined) return options.includes(state) ? [] : [`${state} is no option`];
  const numeric =
    sensor.unit_of_measurement !== undefined ||
    sensor.state_class !== undefined ||
    sensor.suggested_display_precision !== undefined ||
    (deviceClass !== undefined && !WITHOUT_NUMBER.includes(deviceClass));
  if (numeric) return isNumeric(state) ? [] : [`${state} is no number`];
  return [...state].length <= 255 ? [] : ["longer than 255 characters"];
}

function attributeFaults(one: z.infer<typeof component>, payload: string): string[] {
  const rendered = render(one.json_attributes_template, payload);
  if (rendered instanceof Error) return [rendered.message];
  const attributes = parseJson(rendered);
  if (!isObject(attributes)) return [`attributes are no object: ${rendered}`];
  const blocked = Object.keys(attributes).filter((key) => BLOCKED_ATTRIBUTES.split(" ").includes(key));
  const problems = blocked.map((key) => `attribute ${key} is blocked`);
  if (one.platform === "device_tracker" && ("latitude" in attributes || "longitude" in attributes)) {
    const { latitude, longitude } = attributes;
    if (typeof latitude !== "number" || typeof longitude !== "number") problems.push("incomplete coordinates");
  }
  return problems;
}
