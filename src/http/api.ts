import type { FastifyInstance } from "fastify";
import type { Access } from "./access.ts";
import { Endpoints } from "./endpoints.ts";
import type { LiveEvents } from "./live-events.ts";
import { registerPage } from "./page.ts";
import { type ChainView, chainRoutes } from "./routes/chain.ts";
import { commandRoutes, type Orders } from "./routes/commands.ts";
import { type RecordingView, recordingRoutes } from "./routes/recording.ts";
import { type SetupView, setupRoutes } from "./routes/setup.ts";
import { type TrafficView, trafficRoutes } from "./routes/traffic.ts";
import { type Cars, vehicleRoutes } from "./routes/vehicles.ts";

export interface ApiOptions {
  readonly version: string;
  readonly now: () => number;
  readonly access: Access;
  readonly live: LiveEvents;
  readonly chain: ChainView;
  readonly cars: Cars;
  readonly orders: Orders;
  readonly traffic: TrafficView;
  readonly recording: RecordingView;
  readonly setup: SetupView;
}

/** Page and API for the private listener. */
export function registerApi(app: FastifyInstance, options: ApiOptions): void {
  const { version, now, access, live, chain, cars, orders, traffic, recording, setup } = options;
  access.register(app);
  const api = new Endpoints(app);
  chainRoutes(api, chain);
  vehicleRoutes(api, cars, now);
  commandRoutes(api, orders, now);
  trafficRoutes(api, traffic);
  recordingRoutes(api, recording, now);
  setupRoutes(api, setup);
  live.register(app);
  // Before the listener waits for its requests to end.
  app.addHook("preClose", async () => orders.release());
  app.get("/api/openapi.json", (_request, reply) => reply.send(api.document(version)));
  registerPage(app);
}
