import { isDeepStrictEqual } from "node:util";
import type { JsonValue } from "../../src/lib/json.ts";
import type { CarView } from "../../src/simulator/car-view.ts";
import { CARS, type SoakWorld } from "./world.ts";

export interface Comparison {
  /** Topics that were looked at. */
  readonly compared: number;
  readonly wrong: readonly string[];
}

/** Readings that are nothing but the value of one signal. */
const READINGS = {
  battery: "tractionbattery-stateofcharge",
  charging: "charge-ischarging",
  charging_cable_plugged_in: "charge-ischargingcableconnected",
  odometer: "odometer-traveleddistance",
  fuel: "internalcombustionengine-amountremaining",
} as const;

/** Holds everything that is retained against what the cars are, after every car was read. */
export async function compareWithTruth(world: SoakWorld): Promise<Comparison> {
  const retained = await world.retained("#");
  const wrong: string[] = [];
  let compared = 0;
  const expect = (topic: string, wanted: JsonValue) => {
    compared++;
    const text = retained.get(topic);
    if (!isDeepStrictEqual(parse(text), wanted)) wrong.push(`${topic}: ${text}, not ${JSON.stringify(wanted)}`);
  };
  expect("smartcar/bridge/state", "online");
  for (const { topic, vehicleId } of CARS) {
    const car = world.simulator.cars().find((each) => each.vehicleId === vehicleId);
    if (car === undefined) throw new Error(`${vehicleId} is gone`);
    const root = `smartcar/${topic}`;
    expect(`${root}/availability`, "online");
    expect(`${root}/problem`, { active: false });
    for (const { code, status, body } of car.signals) {
      const told = parse(retained.get(`${root}/signals/${code}`)) as { status?: string; body?: JsonValue } | undefined;
      compared++;
      if (told?.status !== status) wrong.push(`${root}/signals/${code}: ${told?.status}, not ${status}`);
      else if (status === "SUCCESS" && !isDeepStrictEqual(told.body, body)) {
        wrong.push(`${root}/signals/${code}: ${JSON.stringify(told.body)}, not ${JSON.stringify(body)}`);
      }
    }
    for (const [reading, code] of Object.entries(READINGS)) {
      const value = scalarOf(car, code);
      if (value !== undefined) expect(`${root}/${reading}`, value);
    }
    const polling = parse(retained.get(`${root}/polling`)) as { calls_used?: number } | undefined;
    compared++;
    if (polling?.calls_used !== car.callsUsed) {
      wrong.push(`${root}/polling: ${polling?.calls_used} calls used, not ${car.callsUsed}`);
    }
    compared++;
    if (!retained.has(`homeassistant/device/smartcar_${vehicleId}/config`)) wrong.push(`${topic} is not announced`);
  }
  return { compared, wrong };
}

function scalarOf({ signals }: CarView, code: string): JsonValue | undefined {
  const signal = signals.find((each) => each.code === code);
  return signal?.status === "SUCCESS" ? signal.body?.["value"] : undefined;
}

/** Words stand without quotes on a topic. */
function parse(text: string | undefined): JsonValue | undefined {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
}
