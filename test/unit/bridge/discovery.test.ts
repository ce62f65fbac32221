import { describe, expect, it } from "vitest";
import {
  type AnnouncedCar,
  announcedOf,
  bridgeDocument,
  bridgeObjectId,
  carDocument,
  carObjectId,
  type DiscoverySettings,
  markers,
} from "../../../src/bridge/discovery.ts";
import { payloadOf } from "../../../src/bridge/payload.ts";
import { Topics } from "../../../src/bridge/topics.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { READINGS } from "../../../src/vehicle/catalogue.ts";
import { signalCode, userId, vehicleId } from "../../../src/vehicle/ids.ts";
import { readingsOf } from "../../../src/vehicle/readings.ts";
import type { UnitSystem } from "../../../src/vehicle/units.ts";
import fixtures from "../../fixtures/signals/catalogue.json" with { type: "json" };
import frozen from "../../fixtures/signals/entities.json" with { type: "json" };
import { checkDocument, wouldAccept } from "../../support/home-assistant-rules.ts";

const topics = new Topics({ base: "smartcar", discoveryPrefix: "homeassistant" });
const settings: DiscoverySettings = {
  baseTopic: "smartcar",
  units: "metric",
  version: "1.2.3",
  commandMaxAgeMs: 60_000,
};
const ALL_READINGS = new Set([...READINGS.keys(), "last_webhook_received", "energy_total"]);
const ALL_COMMANDS = new Set(["lock", "unlock", "charging", "charge_limit", "charge_port", "refresh"]);

function car(over: Partial<AnnouncedCar> = {}, vehicle: Partial<AnnouncedCar["vehicle"]> = {}): AnnouncedCar {
  return {
    vehicle: {
      id: vehicleId("36ab27d0-fd9d-4455-823a-ce30af709ffc"),
      topic: "volkswagen-id-4",
      name: "Mein Käfer",
      userId: userId("user-1"),
      make: "VOLKSWAGEN",
      model: "ID.4",
      year: 2023,
      powertrain: "BEV",
      mode: "live",
      permissions: [],
      connected: true,
      ...vehicle,
    },
    vin: "WVWZZZ00000000000",
    firmware: "4.2.13",
    unknown: [],
    readings: ALL_READINGS,
    commands: ALL_COMMANDS,
    ...over,
  };
}
const document = (over: Partial<AnnouncedCar> = {}, units: UnitSystem = "metric") =>
  carDocument({ ...settings, units }, topics, car(over));

const topic = topics.discovery(carObjectId(car().vehicle.id));

describe("a car's document", () => {
  it.each<[string, Partial<AnnouncedCar>]>([
    ["everything", {}],
    ["nothing but the car", { vin: null, firmware: null, readings: new Set(), commands: new Set() }],
    ["readings only", { commands: new Set() }],
    ["commands only", { readings: new Set() }],
    ["locking only", { commands: new Set(["lock"]) }],
    ["unlocking only", { commands: new Set(["unlock"]) }],
  ])("passes Home Assistant's rules: %s", (_, over) => {
    expect(checkDocument(topic, document(over, "metric"))).toEqual([]);
    expect(checkDocument(topic, document(over, "imperial"))).toEqual([]);
  });

  it("describes the device, the origin and both availabilities", () => {
    const { components, ...root } = document();
    expect(Object.keys(components).length).toBeGreaterThan(100);
    expect(root).toEqual({
      device: {
        identifiers: ["smartcar_36ab27d0-fd9d-4455-823a-ce30af709ffc"],
        name: "Mein Käfer",
        manufacturer: "VOLKSWAGEN",
        model: "ID.4 (2023)",
        serial_number: "WVWZZZ00000000000",
        sw_version: "4.2.13",
        via_device: "smartcar2mqtt_smartcar",
      },
      origin: { name: "smartcar2mqtt", sw_version: "1.2.3" },
      availability: [{ topic: "smartcar/bridge/state" }, { topic: "smartcar/volkswagen-id-4/availability" }],
      availability_mode: "all",
      qos: 1,
    });
  });

  it("leaves out what is not known of the car", () => {
    const unknown = { make: null, model: null, year: null };
    const { device } = carDocument(settings, topics, car({ vin: null, firmware: null }, unknown));
    expect(Object.keys(device)).toEqual(["identifiers", "name", "via_device"]);
  });

  it("makes ids that are legal whatever the car is called", () => {
    const odd = { id: vehicleId("a/b+c#d é"), name: "小鵬 №1 ÄÖ!", topic: "xpeng-p7" };
    const made = carDocument(settings, topics, car({}, odd));
    expect(checkDocument(topics.discovery(carObjectId(odd.id)), made)).toEqual([]);
    expect(made.components["battery"]?.["unique_id"]).toBe("smartcar_a_b_c_d___battery");
    expect(made.components["battery"]?.["default_entity_id"]).toBe("sensor.no1_ao_battery");
    const nameless = carDocument(settings, topics, car({}, { name: "小鵬" }));
    expect(nameless.components["battery"]?.["default_entity_id"]).toBe("sensor.volkswagen_id_4_battery");
  });

  it("keeps every entity's key, platform and unique id for ever", () => {
    const { components } = document();
    const ids = Object.entries(components).map(([key, one]) => `${key} ${one.platform} ${String(one["unique_id"])}`);
    expect(frozen.filter((line) => !ids.includes(line))).toEqual([]);
  });

  it("names the entity of a reading after the reading, unless a command takes its place", () => {
    const { components } = document({ commands: new Set() });
    for (const name of READINGS.keys()) {
      expect(components[name]?.["unique_id"]).toBe(`smartcar_36ab27d0-fd9d-4455-823a-ce30af709ffc_${name}`);
      expect(components[name]?.["default_entity_id"]).toBe(`${components[name]?.platform}.mein_kafer_${name}`);
    }
  });

  it("announces readings that exist and no others", () => {
    const { components } = document({ readings: new Set(["battery", "nonsense"]), commands: new Set() });
    expect(Object.keys(components)).toEqual(["battery", "problem", "event", "calls_remaining", "next_poll"]);
  });

  it("keeps the car's own absence from hiding what is wrong with it", () => {
    const { components } = document();
    for (const key of ["problem", "event", "last_webhook_received", "energy_total", "calls_remaining", "next_poll"]) {
      expect(components[key]?.["availability"], key).toEqual([{ topic: "smartcar/bridge/state" }]);
    }
    expect(components["battery"]?.["availability"]).toBeUndefined();
  });

  it("fits a broker's usual packet", () => {
    expect(Buffer.byteLength(JSON.stringify(document()))).toBeLessThan(64 * 1024);
  });
});

describe("what the bridge publishes is what the entities accept", () => {
  const cases = fixtures.flatMap((fixture) =>
    (["metric", "imperial"] as const).map((units) => ({ ...fixture, units })),
  );
  const sets = [ALL_COMMANDS, new Set<string>()];

  it.each(cases)("$code, $units: $case", ({ code, body, units }) => {
    const readings = readingsOf(signalCode(code), body as unknown as JsonObject, units);
    expect(readings.length).toBeGreaterThan(0);
    for (const commands of sets) {
      const { components } = document({ commands }, units);
      for (const { name, value } of readings) {
        const payloads = { [topics.reading("volkswagen-id-4", name)]: payloadOf(value) };
        expect(wouldAccept(components[name], payloads), `${name} ${payloadOf(value)}`).toEqual([]);
        const none = { [topics.reading("volkswagen-id-4", name)]: "None" };
        expect(wouldAccept(components[name], none), `${name} None`).toEqual([]);
      }
    }
  });

  it.each([
    ["problem", "problem", '{"active":false}'],
    ["problem", "problem", '{"active":true,"type":"PERMISSION","code":null,"message":"…","action":null,"since":"x"}'],
    ["polling", "calls_remaining", '{"calls_remaining":null,"next_poll_at":null}'],
    ["polling", "calls_remaining", '{"calls_remaining":449,"next_poll_at":null}'],
    ["polling", "next_poll", '{"calls_remaining":449,"next_poll_at":"2026-05-01T08:00:00.000Z"}'],
    ["polling", "next_poll", '{"calls_remaining":449,"next_poll_at":null}'],
    ["event", "event", '{"event_type":"charging_session","energy_kwh":12}'],
    ["event", "event", '{"event_type":"problem_raised"}'],
    ["last_webhook_received", "last_webhook_received", "2026-05-01T08:00:00.000Z"],
    ["energy_total", "energy_total", "0"],
    ["energy_total", "energy_total", "1234.567"],
    ["lock", "lock", "LOCKING"],
    ["lock", "lock", "UNLOCKING"],
    ["charging", "charging_switch", "true"],
    ["charging", "charging_switch", "None"],
    ["charge_limit", "charge_limit", "40"],
  ])("%s for %s: %s", (name, key, payload) => {
    const payloads = { [`smartcar/volkswagen-id-4/${name}`]: payload };
    expect(wouldAccept(document().components[key], payloads)).toEqual([]);
    const readOnly = document({ commands: new Set() }).components[key];
    if (readOnly !== undefined) expect(wouldAccept(readOnly, payloads)).toEqual([]);
  });
});

describe("the bridge's document", () => {
  const made = bridgeDocument(settings, topics);

  it("passes Home Assistant's rules and is what the cars hang from", () => {
    expect(checkDocument(topics.discovery(bridgeObjectId("smartcar")), made)).toEqual([]);
    expect(made.device["identifiers"]).toEqual([document().device["via_device"]]);
    expect(made["availability"]).toBeUndefined();
  });

  it("accepts the bridge's own topics", () => {
    const payloads = { "smartcar/bridge/state": "offline", "smartcar/bridge/info": '{"version":"1.2.3"}' };
    expect(wouldAccept(made.components["connection"], payloads)).toEqual([]);
    expect(wouldAccept(made.components["version"], payloads)).toEqual([]);
  });

  it("does not mix up two bridges on one broker", () => {
    expect(bridgeObjectId("home/smartcar")).toBe("smartcar2mqtt_home_smartcar");
  });
});

describe("taking entities back", () => {
  it("publishes the document alone when nothing is gone", () => {
    const now = document();
    expect(markers(announcedOf(now), now)).toEqual([now]);
    expect(markers({}, now)).toEqual([now]);
  });

  it("first marks what is gone by its platform alone", () => {
    const now = document({ readings: new Set(["battery"]), commands: new Set() });
    const [marked, plain, ...more] = markers(announcedOf(document()), now);
    expect(more).toEqual([]);
    expect(plain).toEqual(now);
    expect(marked?.components["charging_switch"]).toEqual({ platform: "switch" });
    expect(marked?.components["location"]).toEqual({ platform: "device_tracker" });
    expect(marked?.components["battery"]).toEqual(now.components["battery"]);
    expect(checkDocument(topic, marked)).toEqual([]);
    expect(announcedOf(now)).not.toHaveProperty("location");
  });

  it("takes the old platform back before the same key comes as another", () => {
    const before = announcedOf(document({ commands: new Set(["lock", "unlock", "charge_limit"]) }));
    const [marked, plain] = markers(before, document({ commands: new Set() }));
    expect(marked?.components["lock"]).toEqual({ platform: "lock" });
    expect(marked?.components["charge_limit"]).toEqual({ platform: "number" });
    expect(plain?.components["lock"]?.platform).toBe("binary_sensor");
    expect(plain?.components["charge_limit"]?.platform).toBe("sensor");
  });
});
