import { randomBytes } from "node:crypto";
import type { JsonValue } from "../../lib/json.ts";
import { Edges } from "../../recorder/edges.ts";
import { Pseudonyms } from "../../recorder/pseudonyms.ts";
import { Recorder } from "../../recorder/recorder.ts";
import { Redaction } from "../../recorder/redaction.ts";
import type { Frame } from "../frame.ts";
import type { ShownOf } from "./shown.ts";

const KEY_BYTES = 32;

/** The flight recorder, listening at every edge: webhook, calls to Smartcar, MQTT. */
export function recordingPart(
  frame: Frame,
  { kept, broker, cars }: Pick<ShownOf, "kept" | "broker" | "cars">,
): Recorder {
  const { config, clock, events, redactor, version, topics } = frame;
  const { directory } = cars;
  const { intake, store } = kept;
  // One car's rule holds for all of them: a file is not told apart by cars before it is sent.
  const places = [config.privacy.location, ...config.vehicles.map(({ location }) => location)];
  const redaction = new Redaction(new Pseudonyms(randomBytes(KEY_BYTES)), {
    callbackUrl: frame.callbackUrl,
    places: places.includes("off") ? "left out" : "moved",
  });
  const recorder = new Recorder({
    clock,
    settings: store.settings,
    redaction,
    clean: (text) => redactor.clean(text),
    version,
    configuration: configurationOf(frame),
    cars: () => directory.list().map((vehicle) => ({ vehicle, state: intake.state(vehicle.id) })),
    events: events.recorder,
  });

  const edges = new Edges(recorder, redaction, clock);
  events.smartcar.on("delivered", ({ record, raw }) => edges.delivery(record, raw));
  events.smartcar.on("answered", ({ call, answer }) => edges.call(call, answer));
  events.runner.on("answer", ({ execution, result }) => edges.result(execution.vehicleId, result));
  broker.session.events.on("status", ({ state }) => edges.mqtt(state));
  broker.session.events.on("message", (message) => {
    const inbound = recorder.on ? topics.parse(message.topic) : undefined;
    if (inbound?.kind === "request") edges.request(inbound.name, message.payload);
    if (inbound?.kind !== "command") return;
    edges.command(directory.byTopic(inbound.vehicle)?.id ?? null, inbound.command, message);
  });
  return recorder;
}

/** What decides how things go; nothing that names anybody or anything. */
function configurationOf({ config, callbackUrl }: Frame): Record<string, JsonValue> {
  const { smartcar, polling, commands, privacy, homeassistant, mqtt, units } = config;
  return {
    units,
    mode: smartcar.mode,
    auto_subscribe: smartcar.auto_subscribe,
    webhook_key: smartcar.management_token.length > 0,
    public_url: callbackUrl !== null,
    polling: {
      mode: polling.mode,
      charging_interval_s: polling.charging_interval / 1_000,
      idle_interval_s: polling.idle_interval / 1_000,
      monthly_budget: polling.monthly_budget,
      command_reserve: polling.command_reserve,
    },
    commands: [...commands.allow],
    location: privacy.location,
    homeassistant: homeassistant.enabled,
    mqtt_version: mqtt.version,
  };
}
