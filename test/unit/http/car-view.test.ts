import { expect, it } from "vitest";
import { type CarFacts, readingRows } from "../../../src/http/car-view.ts";
import { signalCode } from "../../../src/vehicle/ids.ts";
import { EMPTY_STATE } from "../../../src/vehicle/state.ts";
import { car } from "../../support/cars.ts";
import { observation } from "../../support/observations.ts";

const CODE = signalCode("tractionbattery-stateofcharge");

/** A car that claims 255 %. */
function facts(accepts: boolean): CarFacts {
  const value = observation({ code: CODE, body: { value: 255, unit: "percent" } });
  const signals = new Map([[CODE, { code: CODE, value, complaint: null, refused: null }]]);
  return {
    vehicle: car(),
    state: { ...EMPTY_STATE, signals },
    units: "metric",
    stale: new Set(),
    accepts: () => accepts,
    webhookCarries: () => null,
    lockEcho: null,
    energyTotal: null,
  };
}

it("a value that is not believed is no value, with the reason and what to do about it", () => {
  const [row] = readingRows(facts(false));
  expect(row).toMatchObject({ name: "battery", value: null });
  expect(row?.error).toMatch(
    /^not believed: battery: .*255.* add tractionbattery-stateofcharge to the car's accept\.$/,
  );
});

it("what the owner accepts needs no excuse", () => {
  expect(readingRows(facts(true))[0]).toMatchObject({ name: "battery", value: 255, error: null });
});
