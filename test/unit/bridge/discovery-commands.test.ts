import { describe, expect, it } from "vitest";
import { carDocument, carObjectId } from "../../../src/bridge/discovery.ts";
import { commandDrafts } from "../../../src/bridge/discovery-commands.ts";
import { Topics } from "../../../src/bridge/topics.ts";
import { userId, vehicleId } from "../../../src/vehicle/ids.ts";
import { checkDocument, wouldAccept } from "../../support/home-assistant-rules.ts";

const topics = new Topics({ base: "smartcar", discoveryPrefix: "homeassistant" });

/** Keys and platforms, in order. */
function entities(...available: string[]): string[] {
  return commandDrafts(new Set(available), topics, "car", 60_000).map(({ key, platform }) => `${platform} ${key}`);
}

describe("entities that command", () => {
  it("are none when nothing is allowed, or nothing an entity exists for", () => {
    expect(entities()).toEqual([]);
    expect(entities("destination", "charge_schedule")).toEqual([]);
  });

  it("make a lock only of locking and unlocking together", () => {
    expect(entities("lock", "unlock")).toEqual(["lock lock"]);
    expect(entities("lock")).toEqual(["button lock_button"]);
    expect(entities("unlock")).toEqual(["button unlock_button"]);
  });

  it("come one by one", () => {
    expect(entities("charging")).toEqual(["switch charging_switch"]);
    expect(entities("charge_limit")).toEqual(["number charge_limit"]);
    expect(entities("charge_port")).toEqual(["button charge_port_open", "button charge_port_close"]);
    expect(entities("refresh")).toEqual(["button refresh"]);
  });

  it("send to the command's topic what the command takes, with an end to its life", () => {
    const drafts = commandDrafts(new Set(["lock", "unlock", "charging", "charge_port"]), topics, "car", 90_500);
    const sent = drafts.map(({ key, options }) => [key, options["command_topic"], options["message_expiry_interval"]]);
    expect(sent).toEqual([
      ["lock", "smartcar/car/lock/set", 91],
      ["charging_switch", "smartcar/car/charging/set", 91],
      ["charge_port_open", "smartcar/car/charge_port/set", 91],
      ["charge_port_close", "smartcar/car/charge_port/set", 91],
    ]);
    const only = (press: string) => drafts.find(({ options }) => options["payload_press"] === press)?.key;
    expect([only("OPEN"), only("CLOSE")]).toEqual(["charge_port_open", "charge_port_close"]);
  });

  it("never retain, never pretend", () => {
    const all = new Set(["lock", "unlock", "charging", "charge_limit", "charge_port", "refresh"]);
    for (const { options } of commandDrafts(all, topics, "car", 60_000)) {
      expect(options).not.toHaveProperty("retain");
      expect(options).not.toHaveProperty("optimistic");
    }
  });
});

describe("the rules the documents are held against", () => {
  const id = vehicleId("veh-1");
  const topic = topics.discovery(carObjectId(id));
  const vehicle = {
    id,
    topic: "car",
    name: "Car",
    userId: userId("u"),
    make: null,
    model: null,
    year: null,
    powertrain: null,
    mode: null,
    permissions: [],
    connected: true,
  };
  const settings = { baseTopic: "smartcar", units: "metric", version: "1.0.0", commandMaxAgeMs: 60_000 } as const;
  const good = carDocument(settings, topics, {
    vehicle,
    vin: null,
    firmware: null,
    readings: new Set(["battery", "lock", "location", "odometer", "energy_added", "charging_status", "online"]),
    commands: new Set(["charging", "charge_limit"]),
    unknown: [],
  });
  const withBattery = (options: object) => ({
    ...good,
    components: { ...good.components, battery: { ...good.components["battery"], ...options } },
  });

  const withOnline = (options: object) => ({
    ...good,
    components: { ...good.components, online: { ...good.components["online"], ...options } },
  });

  it("let the good document pass", () => {
    expect(checkDocument(topic, good)).toEqual([]);
  });

  it.each<[string, unknown]>([
    ["an unknown root key", { ...good, "~": "x" }],
    ["a root state topic", { ...good, state_topic: "x" }],
    ["a null in the device", { ...good, device: { ...good.device, model: null } }],
    ["no origin name", { ...good, origin: { sw_version: "1" } }],
    ["a unit of another class", withBattery({ unit_of_measurement: "V" })],
    ["no unit", withBattery({ unit_of_measurement: undefined })],
    ["a wrong state class", withBattery({ state_class: "total" })],
    ["an unknown device class", withBattery({ device_class: "akku" })],
    ["options without enum", withBattery({ options: ["a"] })],
    ["the config category", withBattery({ entity_category: "config" })],
    ["the removed object_id", withBattery({ object_id: "battery" })],
    ["expire_after", withBattery({ expire_after: 60 })],
    ["a wildcard topic", withBattery({ state_topic: "smartcar/+/battery" })],
    ["a topic inside the prefix", withBattery({ state_topic: "homeassistant/car/battery" })],
    ["another device's unique id", withBattery({ unique_id: "other_battery" })],
    ["an entity id of another domain", withBattery({ default_entity_id: "binary_sensor.car_battery" })],
    ["the car's name in the name", withBattery({ name: "Car battery" })],
    ["a binary sensor that is always on", withOnline({ payload_off: "true" })],
  ])("refuse %s", (_, document) => {
    expect(checkDocument(topic, document)).not.toEqual([]);
  });

  it("refuse a topic with other characters", () => {
    expect(checkDocument("homeassistant/device/smart car/config", good)).not.toEqual([]);
  });

  it.each([
    ["battery", "battery", "unknown"],
    ["battery", "battery", ""],
    ["lock", "lock", ""],
    ["online", "online", "TRUE"],
    ["charging_switch", "charging", "ON"],
    ["charging_status", "charging_status", "x".repeat(256)],
    ["location", "location", '{"latitude":"50","longitude":8}'],
    ["location", "location", "[1]"],
    ["event", "event", '{"event_type":"exploded"}'],
    ["next_poll", "polling", '{"next_poll_at":"2026-05-01T08:00:00"}'],
    ["calls_remaining", "polling", "{}"],
  ])("refuse for %s on %s: %s", (key, name, payload) => {
    expect(wouldAccept(good.components[key], { [`smartcar/car/${name}`]: payload })).not.toEqual([]);
  });
});
