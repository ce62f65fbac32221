import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../lib/clock.ts";
import { toError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import { DEFAULT_LISTENER_LIMITS, hardenedFastify, Listener, type ListenerLimits } from "./listener.ts";

/** The one path Smartcar posts to. */
export const WEBHOOK_PATH = "/webhooks/smartcar";

const BYTES = "application/octet-stream";

/** What a handler answers: an object goes out as JSON, a text as HTML, nothing as a bare status. */
export interface PublicAnswer {
  readonly status: number;
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Whoever understands webhooks. Gets the raw bytes; must not throw for anything a stranger can send. */
export interface WebhookHandler {
  receive(body: Buffer, signature: string | undefined, encoding?: string): Promise<PublicAnswer>;
}

/** A page for the car owner's browser, such as the Connect callback. */
export interface PublicPage {
  readonly path: string;
  get(query: URLSearchParams): Promise<PublicAnswer>;
}

export interface PublicServerOptions {
  readonly host: string;
  readonly port: number;
  readonly webhook: WebhookHandler;
  readonly pages?: readonly PublicPage[];
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: ListenerLimits;
}

/**
 * The only listener meant for the internet: it knows the webhook and a page or two, and answers anything else with a
 * bare 404.
 */
export function publicServer(options: PublicServerOptions): Listener {
  const { host, port, clock, log, limits = DEFAULT_LISTENER_LIMITS } = options;
  return new Listener({
    name: "public",
    place: { host, port, hostKey: "http.public_host", portKey: "http.public_port" },
    build: () => build(options, limits),
    limits,
    clock,
    log,
  });
}

function build(options: PublicServerOptions, limits: ListenerLimits): FastifyInstance {
  const { webhook, pages = [], log } = options;
  const app = hardenedFastify(limits);
  const methods = new Map([[WEBHOOK_PATH, "POST"]]);
  for (const page of pages) methods.set(page.path, "GET");

  // Before any body is read: nobody uploads to an address that does not exist.
  app.addHook("onRequest", (request, reply, done) => {
    const allowed = methods.get(request.raw.url?.split("?", 1)[0] ?? "");
    if (allowed === undefined) return void bare(reply, 404);
    if (request.method !== allowed) return void bare(reply.header("allow", allowed), 405);
    // The bytes are taken as they are, whatever they are called, even when the name is no valid one.
    request.raw.headers["content-type"] = BYTES;
    done();
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(BYTES, { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.setNotFoundHandler((_request, reply) => bare(reply, 404));
  app.setErrorHandler((error, request, reply) => failed(error, request, reply, log));

  app.post(WEBHOOK_PATH, (request, reply) => received(request, reply, webhook));
  for (const page of pages) {
    app.get(page.path, async (request, reply) => {
      // Behind the first question mark: a value may hold another one.
      const [, query = ""] = /\?(.*)/s.exec(request.raw.url ?? "") ?? [];
      return answer(reply, await page.get(new URLSearchParams(query)));
    });
  }
  return app;
}

async function received(request: FastifyRequest, reply: FastifyReply, webhook: WebhookHandler): Promise<FastifyReply> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const signature = oneHeader(request, "sc-signature");
  return answer(reply, await webhook.receive(body, signature, oneHeader(request, "content-encoding")));
}

function failed(thrown: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  const status = statusOf(thrown);
  if (status >= 500) {
    log.error({ err: toError(thrown), path: request.routeOptions.url }, "public request failed");
    // For Smartcar that means: try again.
    return bare(reply, 503);
  }
  // Fastify would close at once, and a sender in the middle of its body would see a broken connection in place of the
  // answer. So the rest is read and dropped, within the limit that every request has.
  return bare(reply.removeHeader("connection"), status);
}

function answer(reply: FastifyReply, { status, body, headers }: PublicAnswer): FastifyReply {
  void reply.code(status).headers({ "cache-control": "no-store", "x-content-type-options": "nosniff", ...headers });
  if (body === undefined) return reply.send();
  if (typeof body === "string") return reply.type("text/html; charset=utf-8").send(body);
  // As bytes: fastify adds a charset to a text, and Smartcar asks for exactly this type.
  return reply.header("content-type", "application/json").send(Buffer.from(JSON.stringify(body)));
}

function bare(reply: FastifyReply, status: number): FastifyReply {
  return reply.code(status).send();
}

function oneHeader(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

function statusOf(thrown: unknown): number {
  const status = (thrown as { statusCode?: unknown } | null)?.statusCode;
  return typeof status === "number" && status >= 400 && status < 600 ? status : 500;
}
