import { buildCar, type CarOptions } from "../../src/simulator/car-options.ts";
import type { ModelName } from "../../src/simulator/living/models.ts";
import { seededRandom } from "./seeded-random.ts";

/** A living car at the moment of its birth, with everything it tells, standing still from then on. */
export function frozenCar(model: ModelName): CarOptions {
  const car = buildCar({ living: model }, seededRandom(), Date.now());
  const told = car.signals();
  const { vehicleId, userId, make, model: name, year, powertrainType } = car.description;
  return {
    vehicleId,
    userId,
    make,
    model: name,
    year,
    powertrainType,
    permissions: car.permissions,
    effectDelayMs: 20,
    signals: Object.fromEntries(told.flatMap(({ code, body }) => (body === null ? [] : [[code, body]]))),
    signalErrors: Object.fromEntries(told.flatMap(({ code, error }) => (error === null ? [] : [[code, error]]))),
  };
}
