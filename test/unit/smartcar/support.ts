import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Log } from "../../../src/lib/log.ts";
import { Redactor } from "../../../src/lib/redact.ts";
import { type GatewayOptions, SmartcarGateway } from "../../../src/smartcar/gateway.ts";
import { HttpClient, type HttpLimits } from "../../../src/smartcar/http.ts";
import type { Admission } from "../../../src/vehicle/admission.ts";
import { FakeClock } from "../../support/fake-clock.ts";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** Objects are sent as JSON. */
  readonly body?: unknown;
}

/** Answers one request: data, or a function that writes (or breaks) the response itself. */
export type Reply = ScriptedAnswer | ((request: SeenRequest, response: ServerResponse) => undefined | ScriptedAnswer);

/** A real HTTP server on the loopback whose answers a test scripts; the last reply of a path repeats. */
export class ScriptedServer {
  readonly requests: SeenRequest[] = [];
  readonly #server: Server;
  readonly #scripts = new Map<string, Reply[]>();
  #onRequest: (() => void)[] = [];

  constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response));
  }

  async start(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** `key` is `METHOD /path` without the query. */
  on(key: string, ...replies: Reply[]): this {
    this.#scripts.set(key, replies);
    return this;
  }

  count(key: string): number {
    return this.requests.filter((seen) => `${seen.method} ${seen.path}` === key).length;
  }

  /** Resolves at the next request that arrives. */
  next(): Promise<void> {
    return new Promise((resolve) => this.#onRequest.push(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? "/", "http://x");
    const seen: SeenRequest = {
      method: request.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    };
    this.requests.push(seen);
    for (const resolve of this.#onRequest.splice(0)) resolve();
    const script = this.#scripts.get(`${seen.method} ${seen.path}`);
    const reply = script !== undefined && script.length > 1 ? script.shift() : script?.[0];
    const answer = typeof reply === "function" ? reply(seen, response) : (reply ?? { status: 404, body: "" });
    if (answer === undefined) return;
    const body = typeof answer.body === "string" ? answer.body : JSON.stringify(answer.body ?? {});
    response.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
    response.end(body);
  }
}

export interface LogLine {
  readonly level: string;
  readonly fields: object;
  readonly message: string;
}

export function recordingLog(): { log: Log; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const at = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  const log: Log = {
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    fatal: at("fatal"),
    child: () => log,
  };
  return { log, lines };
}

export class FakeAdmission implements Admission {
  taken = 0;
  readonly pauses: number[] = [];
  refusal: Error | null = null;

  take(): void {
    if (this.refusal !== null) throw this.refusal;
    this.taken++;
  }

  pause(until: number): void {
    this.pauses.push(until);
  }
}

/** The first three run by the machine's clock: far longer than a busy one stands still. */
export const TEST_LIMITS: HttpLimits = {
  readMs: 30_000,
  commandMs: 30_000,
  connectMs: 30_000,
  totalReadMs: 60_000,
  totalCommandMs: 120_000,
  bodyBytes: 64 * 1024,
};

export const TOKEN = { access_token: "tok-0123456789", token_type: "Bearer", expires_in: 3600 };

export function gatewayTo(server: ScriptedServer, options: Partial<GatewayOptions> = {}) {
  const clock = new FakeClock();
  const admission = new FakeAdmission();
  const redactor = new Redactor();
  const { log, lines } = recordingLog();
  const gateway = new SmartcarGateway({
    clientId: "client_1",
    clientSecrets: ["secret-one"],
    iamUrl: server.url,
    vehicleApiUrl: `${server.url}/v3`,
    managementApiUrl: `${server.url}/v3`,
    mode: "live",
    clock,
    random: () => 0,
    redactor,
    admission,
    log,
    httpLimits: TEST_LIMITS,
    ...options,
  });
  return { gateway, clock, admission, redactor, lines };
}

export function httpClient(clock = new FakeClock(), limits = TEST_LIMITS): HttpClient {
  return new HttpClient(clock, recordingLog().log, limits);
}

export function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/smartcar/${name}`, import.meta.url));
}

/** The error a promise rejects with, typed. */
export async function failureOf<E>(promise: Promise<unknown>, kind: new (...args: never[]) => E): Promise<E> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof kind) return error;
  throw new Error(`expected a rejection of the given kind, got ${String(error)}`);
}
