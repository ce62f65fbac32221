import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../lib/clock.ts";
import { AppError, toError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { comesFrom, mayChange } from "./host-guard.ts";
import { DEFAULT_LISTENER_LIMITS, hardenedFastify, Listener, type ListenerLimits } from "./listener.ts";

export interface Readiness {
  readonly ready: boolean;
  readonly parts: Readonly<Record<string, { readonly ok: boolean; readonly detail: string | null }>>;
}

export interface PrivateServerOptions {
  readonly host: string;
  readonly port: number;
  readonly readiness: () => Readiness;
  /** Hosts other than local ones under which people reach the page, e.g. behind a reverse proxy. */
  readonly ownHosts?: readonly string[];
  /** Address of a proxy that asks people who they are, such as Home Assistant's ingress. */
  readonly trustedProxy?: string | undefined;
  /** Whether a request proves by itself that it comes from somebody who may do everything. */
  readonly knows?: (request: FastifyRequest) => boolean;
  /** Whether a password stands before all that is told of cars: then no name of another's making can get at it. */
  readonly isProtected?: boolean;
  /** Adds the page, the API and the metrics. They get the guards of this listener. */
  readonly register?: (app: FastifyInstance) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: ListenerLimits;
}

/** The page may be framed by its own origin only, which includes a sub-path of Home Assistant. */
const SECURITY_HEADERS = {
  "content-security-policy":
    "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'self'",
  "x-frame-options": "SAMEORIGIN",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** Routes that tell of cars. A page elsewhere may have its own name resolve to this machine, and would be allowed to read. */
const TELLING = /^\/api\//;
const READING = new Set(["GET", "HEAD", "OPTIONS"]);
const LOGIN = "/api/login";

/** The listener for people and supervisors at home: health, readiness, and what `register` adds. */
export function privateServer(options: PrivateServerOptions): Listener {
  const { host, port, clock, log, limits = DEFAULT_LISTENER_LIMITS } = options;
  return new Listener({
    name: "private",
    place: { host, port, hostKey: "http.host", portKey: "http.port" },
    build: () => build(options, limits),
    limits,
    clock,
    log,
  });
}

function build(options: PrivateServerOptions, limits: ListenerLimits): FastifyInstance {
  const { readiness, ownHosts = [], trustedProxy, register, knows, isProtected = false, log } = options;
  const app = hardenedFastify(limits, { exposeHeadRoutes: true });
  app.addHook("onRequest", async (request, reply) => {
    void reply.headers(SECURITY_HEADERS);
    const { host, origin, "x-forwarded-host": forwarded } = request.headers;
    const byProxy = comesFrom(request.socket.remoteAddress, trustedProxy);
    if (READING.has(request.method)) {
      // By the route, since an address can be written in many ways: `/%61pi/vehicles` leads there too.
      const isTelling = TELLING.test(request.routeOptions.url ?? "");
      if (isProtected || byProxy || !isTelling || mayChange(host, undefined, ownHosts)) return;
      return fail(reply, 403, "this name is not known here: add it to http.allowed_hosts, or set http.password");
    }
    const forwardedHost = Array.isArray(forwarded) ? undefined : forwarded;
    // Whoever logs in has nothing to prove himself with yet. A page under HTTPS has come through a proxy with a
    // certificate for its name: no name that was made to resolve to this machine has one.
    const logsIn = isProtected && request.url === LOGIN && origin?.startsWith("https://") === true;
    const trusted = byProxy || logsIn || knows?.(request) === true;
    if (mayChange(host, origin, ownHosts, { forwardedHost, trusted })) return;
    return fail(
      reply,
      403,
      "this request does not come from this page: behind a proxy let it pass Host on, or add the name to http.allowed_hosts",
    );
  });
  app.setNotFoundHandler((_request, reply) => fail(reply, 404, "not found"));
  app.setErrorHandler((thrown: unknown, request, reply) => {
    const status = (thrown as { statusCode?: unknown }).statusCode;
    if (typeof status === "number" && status >= 400 && status < 500) {
      return fail(reply, status, toError(thrown).message);
    }
    // Known, logged and shown as the link `disk` already: whoever looks at the page meanwhile is told the same.
    if (thrown instanceof AppError && thrown.code.startsWith("STORE_")) return fail(reply, 503, thrown.message);
    log.error({ err: toError(thrown), path: request.routeOptions.url }, "private request failed");
    return fail(reply, 500, "internal error");
  });
  app.get("/healthz", (_request, reply) => reply.send({ status: "ok" }));
  app.get("/readyz", (_request, reply) => {
    const { ready, parts } = readiness();
    return reply.code(ready ? 200 : 503).send({ ready, parts });
  });
  register?.(app);
  return app;
}

function fail(reply: FastifyReply, status: number, error: string): FastifyReply {
  return reply.code(status).send({ error });
}
