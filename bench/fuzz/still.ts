import type { CarDescription } from "../../src/simulator/car.ts";

export function stillCarOf(vehicleId: string): CarDescription {
  return {
    vehicleId,
    userId: "user-1",
    externalId: null,
    make: "VOLKSWAGEN",
    model: "ID.4",
    year: 2023,
    powertrainType: "BEV",
    mode: "live",
  };
}
