import type { FastifyInstance } from "fastify";
import type { JsonObject } from "../../lib/json.ts";
import type { Call } from "../call.ts";
import type { Exchange } from "../exchange.ts";
import type { ConnectedCar, Garage } from "../garage.ts";
import type { Guard } from "../guard.ts";
import { pageOf } from "../paging.ts";
import { refuse } from "../refusal.ts";

const PAGES = { defaultSize: 10, maxSize: 100 };

export interface ConnectionRoutesOptions {
  readonly exchange: Exchange;
  readonly guard: Guard;
  readonly garage: Garage;
  readonly onDisconnected: (connected: ConnectedCar) => void;
}

export function connectionRoutes(
  app: FastifyInstance,
  { exchange, guard, garage, onDisconnected }: ConnectionRoutesOptions,
): void {
  exchange.serve(
    app,
    "GET",
    "/v3/connections",
    guard.api((call) => {
      const found = garage
        .connected()
        .filter((connected) => isWanted(connected, call))
        .sort((a, b) => b.connection.createdAt - a.connection.createdAt);
      const resources = found.map((connected) => connectionResource(connected, call.url.origin));
      return { status: 200, body: pageOf(resources, call.url, PAGES) };
    }),
  );
  exchange.serve(
    app,
    "GET",
    "/v3/connections/:connectionId",
    guard.api((call) => ({
      status: 200,
      body: { data: connectionResource(requireConnection(garage, call), call.url.origin) },
    })),
  );
  exchange.serve(
    app,
    "DELETE",
    "/v3/connections/:connectionId",
    guard.api((call) => {
      onDisconnected(requireConnection(garage, call));
      return { status: 204, body: null };
    }),
  );
  exchange.serve(
    app,
    "DELETE",
    "/v3/users/:userId",
    guard.api((call) => {
      const owned = garage.connected().filter(({ car }) => car.userId === call.param("userId"));
      if (owned.length === 0) throw refuse(404, "RESOURCE_NOT_FOUND", "USER_NOT_FOUND", "The user was not found.");
      owned.forEach(onDisconnected);
      return { status: 204, body: null };
    }),
  );
}

function isWanted({ car }: ConnectedCar, call: Call): boolean {
  const { vehicleId, userId, externalId, mode } = car.description;
  const matches = (filter: string, value: string | null) => {
    const wanted = call.query(`filter[${filter}]`);
    return wanted === null || wanted === value;
  };
  return (
    matches("vehicleId", vehicleId) &&
    matches("userId", userId) &&
    matches("user.externalId", externalId) &&
    // Simulated cars stay invisible unless asked for.
    mode === (call.query("filter[vehicle.mode]") ?? "live")
  );
}

function requireConnection(garage: Garage, call: Call): ConnectedCar {
  const found = garage.connected().find(({ connection }) => connection.id === call.param("connectionId"));
  if (found === undefined) {
    throw refuse(404, "RESOURCE_NOT_FOUND", "CONNECTION_NOT_FOUND", "The connection was not found.");
  }
  return found;
}

function connectionResource({ car, connection }: ConnectedCar, origin: string): JsonObject {
  const { vehicleId, userId, externalId, make, model, year, mode, powertrainType } = car.description;
  return {
    id: connection.id,
    type: "connection",
    attributes: {
      permissions: car.permissions,
      vehicle: { make, model, year, mode, powertrainType },
      user: { id: userId, externalId },
    },
    relationships: {
      vehicle: { data: { id: vehicleId, type: "vehicle" }, links: { related: `${origin}/v3/vehicles/${vehicleId}` } },
      user: { data: { id: userId, type: "user" } },
    },
    meta: {
      createdAt: new Date(connection.createdAt).toISOString(),
      updatedAt: new Date(connection.updatedAt).toISOString(),
    },
    links: { self: `${origin}/v3/connections/${connection.id}` },
  };
}
