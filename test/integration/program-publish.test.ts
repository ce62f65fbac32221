import { afterEach, describe, expect, it } from "vitest";
import { isObject, type JsonObject } from "../../src/lib/json.ts";
import type { CarView } from "../../src/simulator/car-view.ts";
import { hasMosquitto } from "../support/brokers.ts";
import { type Bench, startBench } from "../support/e2e-bench.ts";
import { frozenCar } from "../support/e2e-living.ts";
import { checkDocument, wouldAccept } from "../support/home-assistant-rules.ts";

let bench: Bench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});

const CARS = { "volkswagen-id-4": "battery", "volvo-xc60": "hybrid", "toyota-corolla": "petrol" } as const;
const TOPICS = Object.keys(CARS) as (keyof typeof CARS)[];
/** The readings of a car, by what its topics below `B/V/` are not. */
const DOCUMENTS = ["availability", "info", "state", "polling", "problem"];

function jsonAt(topics: ReadonlyMap<string, string>, topic: string): JsonObject {
  const json: unknown = JSON.parse(topics.get(topic) ?? "null");
  if (!isObject(json)) throw new Error(`${topic} = ${topics.get(topic)}`);
  return json as JsonObject;
}

/** A reading as `state` says it, in the form it has on a topic of its own. */
function plain(value: unknown): string {
  if (value === null) return "None";
  return typeof value === "string" ? value : JSON.stringify(value);
}

const cases = [
  { broker: "mosquitto", version: "5" },
  { broker: "aedes", version: "3.1.1" },
] as const;

describe.each(cases.filter(({ broker }) => broker === "aedes" || hasMosquitto()))(
  "the program against $broker (MQTT $version), with nothing but environment variables",
  ({ broker }) => {
    it("shows three cars and itself, to people and to Home Assistant, and says offline at the end", async () => {
      bench = await startBench({ broker, cars: Object.values(CARS).map(frozenCar) });
      const { seen, program, simulator } = bench;
      await seen.untilAll(() => isComplete(seen.current(), simulator.cars()));
      // Nothing is said twice for nothing.
      const said = new Map<string, string>();
      for (const { topic, payload } of seen.messages) {
        expect(payload, topic).not.toBe(said.get(topic));
        said.set(topic, payload);
      }
      const late = await bench.lateWatch();
      await late.untilAll(() => isComplete(late.current(), simulator.cars()));
      const shown = late.current();

      for (const topic of TOPICS) {
        const car = simulator.cars().find(({ make }) => topic.startsWith(make.toLowerCase()));
        if (car === undefined) throw new Error(`no car for ${topic}`);
        const at = (name: string) => `smartcar/${topic}/${name}`;
        expect(shown.get(at("availability"))).toBe("online");
        expect(jsonAt(shown, at("problem"))).toEqual({ active: false });
        expect(jsonAt(shown, at("info"))).toMatchObject({ id: car.vehicleId, user_id: car.userId, make: car.make });
        expect(jsonAt(shown, at("polling"))).toMatchObject({ mode: "auto", calls_used: 1, calls_remaining: 499 });

        const { updated_at, ...readings } = jsonAt(shown, at("state"));
        expect(Date.parse(String(updated_at))).toBeGreaterThan(0);
        expect(Object.keys(readings).length).toBeGreaterThan(15);
        const published = [...shown.keys()]
          .filter((name) => name.startsWith(at("")))
          .map((name) => name.slice(at("").length))
          .filter((name) => !name.includes("/") && !DOCUMENTS.includes(name));
        expect(published.sort()).toEqual(Object.keys(readings).sort());
        for (const [name, value] of Object.entries(readings)) expect(shown.get(at(name)), name).toBe(plain(value));

        for (const signal of car.signals) {
          const document = jsonAt(shown, at(`signals/${signal.code}`));
          expect(document, signal.code).toMatchObject({ code: signal.code, body: signal.body, status: signal.status });
        }
        expect([...shown.keys()].filter((name) => name.startsWith(at("signals/")))).toHaveLength(car.signals.length);
      }
      expect(shown.get("smartcar/volkswagen-id-4/battery")).toBe("55");
      expect(shown.get("smartcar/volkswagen-id-4/charge_limit")).toBe("80");
      expect(shown.get("smartcar/volkswagen-id-4/vin")).toBe("WVGZZZE2ZPP000001");
      expect(shown.get("smartcar/volvo-xc60/engine_oil_life")).toBe("64");

      // Only what is retained is there for somebody who comes late.
      const first = new Map(late.messages.toReversed().map(({ topic, retain }) => [topic, retain]));
      expect([...first].filter(([, retain]) => !retain)).toEqual([]);

      const configs = [...shown].filter(([topic]) => topic.startsWith("homeassistant/"));
      expect(configs).toHaveLength(TOPICS.length + 1);
      const listened = new Set<string>();
      for (const [topic, payload] of configs) {
        const document: unknown = JSON.parse(payload);
        expect(checkDocument(topic, document), topic).toEqual([]);
        const components = isObject(document) && isObject(document["components"]) ? document["components"] : {};
        expect(Object.keys(components)).not.toHaveLength(0);
        for (const [key, component] of Object.entries(components)) {
          expect(wouldAccept(component, Object.fromEntries(shown)), `${topic} ${key}`).toEqual([]);
          if (!isObject(component)) continue;
          for (const option of ["state_topic", "json_attributes_topic"]) listened.add(String(component[option]));
        }
      }
      // Every reading has an entity.
      for (const topic of TOPICS) {
        for (const name of Object.keys(jsonAt(shown, `smartcar/${topic}/state`))) {
          if (name !== "updated_at") expect(listened).toContain(`smartcar/${topic}/${name}`);
        }
      }

      expect(shown.get("smartcar/bridge/state")).toBe("online");
      const info = jsonAt(shown, "smartcar/bridge/info");
      expect(info).toMatchObject({ links: [] });
      expect((info["vehicles"] as JsonObject[]).map(({ topic }) => topic).sort()).toEqual([...TOPICS].sort());
      expect((await fetch(`${program.privateUrl}/readyz`)).status).toBe(200);

      seen.clear();
      const { code, ms } = await bench.end("SIGTERM");
      expect(code).toBe(0);
      expect(ms).toBeLessThan(8_000);
      await seen.until(({ topic, payload }) => topic === "smartcar/bridge/state" && payload === "offline");
      const after = await bench.lateWatch("smartcar/bridge/state");
      await after.until(({ payload, retain }) => payload === "offline" && retain);
    });
  },
);

/** Whether the cars have been read once, told their webhook's first delivery and announced with what came of both. */
function isComplete(topics: ReadonlyMap<string, string>, cars: readonly CarView[]): boolean {
  return (
    cars.every(({ vehicleId, signals }, index) => {
      const root = `smartcar/${TOPICS[index]}`;
      const config = topics.get(`homeassistant/device/smartcar_${vehicleId}/config`) ?? "";
      return (
        signals.every(({ code }) => topics.has(`${root}/signals/${code}`)) &&
        topics.get(`${root}/polling`)?.includes('"calls_used":1,') === true &&
        topics.has(`${root}/last_webhook_received`) &&
        Object.keys(JSON.parse(topics.get(`${root}/state`) ?? "{}")).every(
          (name) => name === "updated_at" || (topics.has(`${root}/${name}`) && config.includes(`"${root}/${name}"`)),
        )
      );
    }) && topics.get("smartcar/bridge/info")?.includes('"links":[]') === true
  );
}
