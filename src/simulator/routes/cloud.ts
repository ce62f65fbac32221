import type { FastifyInstance } from "fastify";
import type { Random } from "../../lib/backoff.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Cloud } from "../cloud.ts";
import { Exchange } from "../exchange.ts";
import { Guard } from "../guard.ts";
import { refuse } from "../refusal.ts";
import { commandRoutes } from "./commands.ts";
import { connectRoutes } from "./connect.ts";
import { connectionRoutes } from "./connections.ts";
import { managementRoutes } from "./management.ts";
import { tokenRoutes } from "./token.ts";
import { vehicleRoutes } from "./vehicles.ts";

export interface CloudRoutesOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly applicationId: string;
  readonly emptyStoreWithoutWebhook: boolean;
  readonly stopping: AbortSignal;
  readonly onBug: (error: unknown) => void;
}

/** Everything that Smartcar serves under its own four host names, here under one. */
export function cloudRoutes(app: FastifyInstance, cloud: Cloud, options: CloudRoutesOptions): void {
  const { clock, random, applicationId, emptyStoreWithoutWebhook } = options;
  const { garage, book, stage, world, tokens, faults, requests } = cloud;
  const exchange = new Exchange({ ...options, faults, requests });
  const guard = new Guard(tokens, cloud.bucket, cloud.billing, garage);

  tokenRoutes(app, exchange, tokens);
  connectionRoutes(app, { exchange, guard, garage, onDisconnected: ({ car }) => stage.disconnect(car) });
  vehicleRoutes(app, {
    exchange,
    guard,
    garage,
    hasStore: (car) => !emptyStoreWithoutWebhook || book.deliveringFor(car.vehicleId).length > 0,
  });
  commandRoutes(app, { exchange, guard, clock, random, perform: (car, command) => world.perform(car, command) });
  managementRoutes(app, { exchange, guard, garage, book, onSubscribed: (subscription) => stage.opened(subscription) });
  connectRoutes(app, {
    exchange,
    garage,
    applicationId,
    onAllowed: (car, flow, scope) => stage.allow(car, flow, scope),
  });

  const unknown = () => {
    throw refuse(404, "RESOURCE_NOT_FOUND", "INVALID_PATH", "The requested path was not found.");
  };
  const unknownApi = guard.api(unknown);
  exchange.serveUnknown(app, (call) => (call.url.pathname.startsWith("/v3/") ? unknownApi(call) : unknown()));
}
