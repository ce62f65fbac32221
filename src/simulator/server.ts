import type { AddressInfo } from "node:net";
import fastify, { type FastifyInstance } from "fastify";
import { reachableHost } from "../lib/reachable-host.ts";

const MAX_BODY_BYTES = 1_048_576;

/** A bare HTTP server: bodies arrive as text, whatever their type claims, and connections end when it closes. */
export function createServer(): FastifyInstance {
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    exposeHeadRoutes: false,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  app.setErrorHandler((error, _request, reply) => {
    const status = statusOf(error);
    const type = status < 500 ? "VALIDATION" : "SERVER";
    const detail = error instanceof Error ? error.message : "unknown";
    return reply.code(status).send({ errors: [{ status: String(status), type, code: null, title: type, detail }] });
  });
  return app;
}

/** The address that callers on this machine reach the server at. */
export function localUrl(app: FastifyInstance, host: string): string {
  const { port } = app.server.address() as AddressInfo;
  return `http://${reachableHost(host)}:${port}`;
}

function statusOf(error: unknown): number {
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  return typeof status === "number" && status >= 400 ? status : 500;
}
