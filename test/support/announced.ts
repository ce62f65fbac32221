import { carDocument } from "../../src/bridge/discovery.ts";
import { Topics } from "../../src/bridge/topics.ts";
import { car } from "./cars.ts";

/** The entities by which Home Assistant is told of a car with these readings and commands. */
export function announcedComponents(
  readings: readonly string[],
  commands: readonly string[],
): ReturnType<typeof carDocument>["components"] {
  const { components } = carDocument(
    { baseTopic: "smartcar", units: "metric", version: "1.0.0", commandMaxAgeMs: 60_000 },
    new Topics({ base: "smartcar", discoveryPrefix: "homeassistant" }),
    {
      vehicle: car(),
      vin: null,
      firmware: null,
      readings: new Set(readings),
      commands: new Set(commands),
      unknown: [],
    },
  );
  return components;
}
