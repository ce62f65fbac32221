import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPublishable, Topics, topicLevel } from "../../../src/bridge/topics.ts";
import { isVehicleTopic, vehicleTopic } from "../../../src/bridge/vehicle-topic.ts";

const topics = new Topics({ base: "home/smartcar", discoveryPrefix: "homeassistant" });
const none: ReadonlySet<string> = new Set();

describe("topics", () => {
  it("spells the contract", () => {
    expect(topics.bridgeState).toBe("home/smartcar/bridge/state");
    expect(topics.reading("polestar-2", "battery")).toBe("home/smartcar/polestar-2/battery");
    expect(topics.signal("polestar-2", "charge-ischarging")).toBe("home/smartcar/polestar-2/signals/charge-ischarging");
    expect(topics.discovery("smartcar_1")).toBe("homeassistant/device/smartcar_1/config");
    expect(topics.homeAssistantStatus).toBe("homeassistant/status");
  });

  it("subscribes to allowed commands only", () => {
    expect(topics.commandFilters(["lock", "charging"])).toEqual([
      "home/smartcar/+/lock/set",
      "home/smartcar/+/charging/set",
    ]);
  });

  it("reads back what it listens to", () => {
    expect(topics.parse(topics.commandSet("polestar-2", "lock"))).toEqual({
      kind: "command",
      vehicle: "polestar-2",
      command: "lock",
    });
    expect(topics.parse(topics.bridgeRequest("refresh"))).toEqual({ kind: "request", name: "refresh" });
  });

  it.each([
    "home/smartcar/polestar-2/lock",
    "home/smartcar/polestar-2/lock/set/now",
    "home/smartcar/polestar-2//set",
    "home/smartcar//lock/set",
    "home/smartcar/bridge/lock/set",
    "home/smartcar/bridge/state/set",
    "home/smartcars/polestar-2/lock/set",
    "polestar-2/lock/set",
    "homeassistant/status",
  ])("does not take %s for a command", (topic) => {
    expect(topics.parse(topic)).toBeUndefined();
  });

  it("keeps a code from outside on one level", () => {
    expect(topicLevel("a/b+#c")).toBe("a_b__c");
    expect(topicLevel("")).toBe("_");
    fc.assert(fc.property(fc.string(), (text) => isPublishable(topicLevel(text)) && !topicLevel(text).includes("/")));
  });

  it.each(["", "a/+", "#", "a\u0000b", "$SYS/x", "x".repeat(65_536)])("publishes nothing on %j", (topic) => {
    expect(isPublishable(topic)).toBe(false);
  });
});

describe("vehicle topic", () => {
  it.each([
    ["VOLKSWAGEN", "ID.4", "volkswagen-id-4"],
    ["POLESTAR", "Polestar 2", "polestar-2"],
    ["Polestar", "Polestar2", "polestar-2"],
    ["Mercedes-Benz", "Mercedes-Benz EQA", "mercedes-benz-eqa"],
    ["Mini", "Minivan", "mini-minivan"],
    ["Škoda", "Enyaq iV 80", "skoda-enyaq-iv-80"],
    ["Citroën", "ë-C4", "citroen-e-c4"],
    ["FORD", "Mustang  Mach-E!", "ford-mustang-mach-e"],
    ["TESLA", null, "tesla"],
    ["TESLA", "Tesla", "tesla"],
    [null, "Model 3", "model-3"],
    [null, null, "vehicle"],
    ["比亚迪", "汉", "vehicle"],
  ])("%s %s is %s", (make, model, expected) => {
    expect(vehicleTopic({ make, model, id: "36ab27d0-fd9d" }, none)).toBe(expected);
  });

  it("adds as much of the id as it takes", () => {
    const car = { make: "Kia", model: "EV6", id: "36ab27d0-fd9d-4455" };
    expect(vehicleTopic(car, new Set(["kia-ev6"]))).toBe("kia-ev6-36ab");
    expect(vehicleTopic(car, new Set(["kia-ev6", "kia-ev6-36ab"]))).toBe("kia-ev6-36ab2");
  });

  it("never takes the bridge's place", () => {
    expect(vehicleTopic({ make: null, model: "Bridge", id: "36ab27d0" }, none)).toBe("bridge-36ab");
    expect(isVehicleTopic("bridge")).toBe(false);
  });

  it("is always usable and free, whatever the car is called", () => {
    const text = fc.option(fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(text, text, fc.string(), fc.integer({ min: 0, max: 30 }), (make, model, id, others) => {
        const taken = new Set<string>();
        for (let i = 0; i <= others; i++) {
          const topic = vehicleTopic({ make, model, id }, taken);
          expect(taken.has(topic)).toBe(false);
          expect(isVehicleTopic(topic)).toBe(true);
          expect(topic).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
          taken.add(topic);
        }
      }),
      { numRuns: 200 },
    );
  });
});
