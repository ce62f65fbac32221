import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import fastify, { type FastifyInstance, type FastifyServerOptions } from "fastify";
import { type Clock, type Timer, withTimeout } from "../lib/clock.ts";
import { seconds } from "../lib/duration.ts";
import { AppError, systemCode } from "../lib/errors.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { Log } from "../lib/log.ts";

/** What a listener takes from one client, in milliseconds and bytes. */
export interface ListenerLimits {
  readonly headersMs: number;
  /** For the whole request, headers and body. */
  readonly requestMs: number;
  /** How often overdue connections are looked for: the grain of the two limits above. */
  readonly checkEveryMs: number;
  readonly keepAliveMs: number;
  readonly bodyBytes: number;
  readonly headerBytes: number;
  /** At once; beyond it the one that has been silent longest is cut. */
  readonly connections: number;
  /** How long running requests may take to end when the listener stops. */
  readonly stopMs: number;
}

export const DEFAULT_LISTENER_LIMITS: ListenerLimits = {
  headersMs: seconds(15),
  requestMs: seconds(30),
  checkEveryMs: seconds(1),
  keepAliveMs: seconds(10),
  bodyBytes: 256 * 1024,
  headerBytes: 16 * 1024,
  connections: 512,
  stopMs: seconds(5),
};

export interface ListenerPlace {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The configuration keys to name when it cannot be had. */
  readonly hostKey: string;
  readonly portKey: string;
}

export interface ListenerOptions {
  readonly name: "private" | "public";
  readonly place: ListenerPlace;
  /** Makes what answers, anew for every start. */
  readonly build: () => FastifyInstance;
  readonly limits: ListenerLimits;
  readonly clock: Clock;
  readonly log: Log;
}

const LOOK_FOR_IDLE_MS = 50;

/** One port of this machine, and what answers on it. */
export class Listener implements Part {
  readonly #options: ListenerOptions;
  #app: FastifyInstance | null = null;
  #address: AddressInfo | null = null;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** Where it listens; null before the start. */
  get address(): AddressInfo | null {
    return this.#address;
  }

  /**
   * Does nothing when it listens already.
   * @throws AppError `PORT_BUSY`, `PORT_FORBIDDEN` or `HOST_UNAVAILABLE`, naming the key to change.
   */
  async start(): Promise<void> {
    if (this.#app !== null) return;
    const { name, place, build, log } = this.#options;
    const app = build();
    this.#address = await listen(app, place);
    this.#app = app;
    log.info({ host: this.#address.address, port: this.#address.port }, `${name} port listens`);
  }

  async stop(): Promise<void> {
    const app = this.#app;
    this.#app = null;
    this.#address = null;
    if (app !== null) await close(app, this.#options.clock, this.#options.limits.stopMs);
  }
}

/** zod checks what comes in: without these fastify loads two compilers for JSON schemas, 8 MB for routes that have none. */
const NO_COMPILERS: NonNullable<NonNullable<FastifyServerOptions["schemaController"]>["compilersFactory"]> = {
  buildValidator: () => noSchema,
  buildSerializer: () => noSchema,
};

function noSchema(): never {
  throw new Error("a route has a schema for fastify: give it one of zod");
}

/** A fastify instance that leaks nothing about itself and waits for no slow client. */
export function hardenedFastify(limits: ListenerLimits, extra: FastifyServerOptions = {}): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    keepAliveTimeout: limits.keepAliveMs,
    requestTimeout: limits.requestMs,
    maxRequestsPerSocket: 1_000,
    forceCloseConnections: "idle",
    exposeHeadRoutes: false,
    http: {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkEveryMs,
    },
    schemaController: { compilersFactory: NO_COMPILERS },
    clientErrorHandler: refuseClient,
    frameworkErrors: (_error, _request, reply) => {
      // An address that cannot even be decoded.
      reply.raw.writeHead(404, { "content-length": 0 }).end();
    },
    ...extra,
  });
  keepRoom(app.server, limits.connections);
  return app;
}

async function listen(app: FastifyInstance, place: ListenerPlace): Promise<AddressInfo> {
  try {
    await app.listen({ host: place.host, port: place.port });
  } catch (error) {
    throw listenError(error, place);
  }
  const address = app.server.address();
  if (address === null || typeof address === "string") {
    throw new AppError("HOST_UNAVAILABLE", `${place.host} gave no address to listen on`, { disposition: "fix-config" });
  }
  return address;
}

/** Takes no new requests, lets running ones end within the limit, then cuts the rest. */
async function close(app: FastifyInstance, clock: Clock, limitMs: number): Promise<void> {
  const { server } = app;
  const closing = app.close();
  // Connections are closed while they are idle; those whose request ends from here on would be kept alive.
  let looking: Timer | undefined;
  const look = () => {
    server.closeIdleConnections();
    looking = clock.after(LOOK_FOR_IDLE_MS, look);
  };
  look();
  const overdue = new AppError("STOP_TIMEOUT", "requests were still running", { disposition: "give-up" });
  try {
    await withTimeout(clock, limitMs, closing, () => overdue);
  } catch (error) {
    if (error !== overdue) throw error;
    server.closeAllConnections();
    await closing;
  } finally {
    looking?.cancel();
  }
}

function listenError(error: unknown, { host, port, hostKey, portKey }: ListenerPlace): unknown {
  const fail = (code: string, message: string, hint: string) =>
    new AppError(code, message, { disposition: "fix-config", hint, cause: error });
  switch (systemCode(error)) {
    case "EADDRINUSE":
      return fail("PORT_BUSY", `${portKey}: port ${port} on ${host} is in use`, `Choose another ${portKey}.`);
    case "EACCES":
      return fail("PORT_FORBIDDEN", `${portKey}: port ${port} is not allowed`, `Choose a ${portKey} above 1023.`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return fail(
        "HOST_UNAVAILABLE",
        `${hostKey}: ${host} is no address of this machine`,
        `Set ${hostKey} to 127.0.0.1 or 0.0.0.0.`,
      );
    default:
      return error;
  }
}

/**
 * Beyond so many connections, the one that has waited longest without a whole request makes room for the newest. Turning
 * the newest away instead would let a few hundred silent strangers keep Smartcar out.
 */
function keepRoom(server: HttpServer, most: number): void {
  /** What each connection is being answered, oldest first; null while it is silent. */
  const open = new Map<Socket, IncomingMessage | null>();
  server.on("connection", (socket: Socket) => {
    open.set(socket, null);
    socket.once("close", () => open.delete(socket));
    if (open.size <= most) return;
    for (const [waiting, request] of open) {
      if (request?.complete === true) continue;
      waiting.destroy();
      // Its event comes later than the next connection.
      open.delete(waiting);
      return;
    }
  });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    if (open.has(socket)) open.set(socket, request);
    response.once("close", () => {
      // To the end of the line: it had something to say.
      if (open.delete(socket) && !socket.destroyed) open.set(socket, null);
    });
  });
}

const CLIENT_ERRORS: Record<string, string> = {
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
};

/** For requests that never became one: a bare status, and the connection is gone. */
function refuseClient(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const status = CLIENT_ERRORS[error.code ?? ""] ?? "400 Bad Request";
  if (socket.writable) socket.write(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  socket.destroySoon();
}
