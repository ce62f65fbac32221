import type { FastifyInstance } from "fastify";

/** Text for Prometheus. */
export interface MetricsSource {
  readonly contentType: string;
  text(): Promise<string>;
}

/** Open like the health checks: numbers and topic names, nothing else. */
export function metricsRoute(app: FastifyInstance, source: MetricsSource): void {
  app.get("/metrics", async (_request, reply) => reply.type(source.contentType).send(await source.text()));
}
