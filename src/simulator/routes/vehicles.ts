import type { FastifyInstance } from "fastify";
import type { JsonObject } from "../../lib/json.ts";
import type { Call } from "../call.ts";
import type { Car } from "../car.ts";
import type { Exchange } from "../exchange.ts";
import type { Garage } from "../garage.ts";
import type { Guard } from "../guard.ts";
import { refuse } from "../refusal.ts";
import { restSignal } from "../signal-wire.ts";
import type { UnitSystem } from "../unit-system.ts";

export interface VehicleRoutesOptions {
  readonly exchange: Exchange;
  readonly guard: Guard;
  readonly garage: Garage;
  /** Whether the store holds anything of this car. */
  readonly hasStore: (car: Car) => boolean;
}

/** What is known of a car, and its signals. All of it is billed. */
export function vehicleRoutes(app: FastifyInstance, { exchange, guard, garage, hasStore }: VehicleRoutesOptions): void {
  exchange.serve(
    app,
    "GET",
    "/v3/vehicles/:vehicleId",
    guard.api((call) => {
      const car = garage.requireConnected(call.param("vehicleId"));
      guard.bill(call, car);
      return { status: 200, body: { data: vehicleResource(car, call) } };
    }),
  );
  exchange.serve(
    app,
    "GET",
    "/v3/vehicles/:vehicleId/signals",
    guard.api((call) => {
      const car = guard.ownedCar(call);
      guard.bill(call, car);
      const units = unitsOf(call);
      const signals = hasStore(car) ? car.signals() : [];
      const self = `${call.url.origin}${call.url.pathname}`;
      const data = signals.map((signal) => restSignal(signal, `${self}/${signal.code}`, units));
      const meta = { totalCount: data.length, pageSize: data.length, pageNumber: 1 };
      return {
        status: 200,
        headers: { "sc-unit-system": units },
        body: { data, meta, links: { self }, included: { vehicle: vehicleResource(car, call) } },
      };
    }),
  );
  exchange.serve(
    app,
    "GET",
    "/v3/vehicles/:vehicleId/signals/:code",
    guard.api((call) => {
      const car = guard.ownedCar(call);
      guard.bill(call, car);
      const units = unitsOf(call);
      const signal = hasStore(car) ? car.signal(call.param("code")) : undefined;
      if (signal === undefined) {
        throw refuse(404, "RESOURCE_NOT_FOUND", "SIGNAL_NOT_FOUND", "The signal was not found.");
      }
      const data = restSignal(signal, `${call.url.origin}${call.url.pathname}`, units);
      return {
        status: 200,
        headers: { "sc-unit-system": units },
        body: { data, included: { vehicle: vehicleResource(car, call) } },
      };
    }),
  );
}

function unitsOf(call: Call): UnitSystem {
  const wanted = call.header("sc-unit-system") ?? "metric";
  if (wanted === "metric" || wanted === "imperial") return wanted;
  throw refuse(400, "VALIDATION", "PARAMETER", "SC-Unit-System must be metric or imperial");
}

function vehicleResource(car: Car, call: Call): JsonObject {
  const { vehicleId, make, model, year, powertrainType, mode } = car.description;
  return {
    id: vehicleId,
    type: "vehicle",
    attributes: { make, model, year, powertrainType, mode },
    links: { self: `${call.url.origin}/v3/vehicles/${vehicleId}` },
  };
}
