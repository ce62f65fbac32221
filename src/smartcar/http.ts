import type { Dispatcher } from "undici";
// undici's index would load fetch, web sockets and caches as well: 8 MB for what is never called.
import request from "undici/lib/api/api-request.js";
import Agent from "undici/lib/dispatcher/agent.js";
import type { Clock } from "../lib/clock.ts";
import { minutes, seconds } from "../lib/duration.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { Log } from "../lib/log.ts";
import type { CallError } from "../vehicle/call-error.ts";
import { networkError, smartcarError } from "./errors.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST" | "DELETE";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A command may take minutes and its answer must be read to the end; a read is fast. */
  readonly kind: "read" | "command";
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  /** The first value of a header, by its lower-case name. */
  readonly header: (name: string) => string | undefined;
  readonly text: string;
  readonly requestId: string | null;
}

export interface HttpLimits {
  /** Until the headers, and between two pieces of the body. */
  readonly readMs: number;
  /** Smartcar sends a command's headers after up to 175 s and its outcome after up to 310 s. */
  readonly commandMs: number;
  readonly connectMs: number;
  /** For the whole of one call: a body that drips for ever passes every limit between two pieces. */
  readonly totalReadMs: number;
  readonly totalCommandMs: number;
  readonly bodyBytes: number;
}

export const DEFAULT_HTTP_LIMITS: HttpLimits = {
  readMs: seconds(60),
  commandMs: seconds(320),
  connectMs: seconds(15),
  totalReadMs: minutes(3),
  totalCommandMs: minutes(12),
  bodyBytes: 8 * 1024 * 1024,
};

/** A call that ended, for logs and metrics: no query, no header, no body. */
export interface CallRecord {
  readonly method: string;
  readonly path: string;
  /** Null when no complete answer came. */
  readonly status: number | null;
  /** Our code of the failure; null when an answer came. */
  readonly code: string | null;
  readonly requestId: string | null;
  readonly durationMs: number;
}

/** Told of every call once it ended, with the answer if one came. */
export type CallListener = (call: CallRecord, answer: HttpAnswer | null) => void;

/** Where a call was broken off, so that the reason is not guessed from an error's text. */
type Break = "timeout" | "aborted" | "too large" | null;

/**
 * One HTTP call after the other to Smartcar: whole bodies, no redirects, no retries, every limit set. Owns its
 * connections; {@link HttpClient.stop} breaks off what is still running.
 */
export class HttpClient implements Part {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: HttpLimits;
  readonly #onCall: CallListener;
  #agents: { read: Agent; command: Agent } | null = null;
  #stopped = false;

  constructor(
    clock: Clock,
    log: Log,
    limits: HttpLimits = DEFAULT_HTTP_LIMITS,
    onCall: CallListener = () => undefined,
  ) {
    this.#clock = clock;
    this.#log = log;
    this.#limits = limits;
    this.#onCall = onCall;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const agents = this.#agents;
    this.#agents = null;
    await Promise.all([agents?.read.destroy(), agents?.command.destroy()]);
  }

  /** Allows calls again after {@link HttpClient.stop}. */
  start(): void {
    this.#stopped = false;
  }

  /**
   * @returns the answer, whatever its status.
   * @throws CallError `SC_UNREACHABLE`, `SC_CONNECTION_LOST`, `SC_TIMEOUT`, `SC_ABORTED`, `SC_MALFORMED` (too large).
   */
  async send(call: HttpRequest): Promise<HttpAnswer> {
    if (this.#stopped || call.signal?.aborted) {
      throw smartcarError("SC_ABORTED", "not asked: the program stops", { sent: false });
    }
    const limits = this.#limits;
    const isRead = call.kind === "read";
    const abort = new AbortController();
    let brokenBy: Break = null;
    const breakOff = (why: Break) => {
      brokenBy ??= why;
      abort.abort();
    };
    const onAbort = () => breakOff("aborted");
    call.signal?.addEventListener("abort", onAbort, { once: true });
    const timer = this.#clock.after(isRead ? limits.totalReadMs : limits.totalCommandMs, () => breakOff("timeout"));
    const startedAt = this.#clock.now();
    let head: Dispatcher.ResponseData | undefined;
    try {
      head = await request.call(this.#agent(call.kind), {
        origin: call.url.origin,
        path: `${call.url.pathname}${call.url.search}`,
        method: call.method,
        headers: { accept: "application/json", ...call.headers },
        body: call.body ?? null,
        headersTimeout: isRead ? limits.readMs : limits.commandMs,
        bodyTimeout: isRead ? limits.readMs : limits.commandMs,
        signal: abort.signal,
      });
      const text = await readBody(head.body, limits.bodyBytes, () => breakOff("too large"));
      const answer = toAnswer(head, text);
      const durationMs = this.#clock.now() - startedAt;
      this.#log.debug({ ...facts(call, answer), ms: durationMs }, "smartcar answered");
      this.#onCall({ ...facts(call, answer), code: null, durationMs }, answer);
      return answer;
    } catch (thrown) {
      const requestId = head === undefined ? null : requestIdOf(head);
      const error = this.#failure(thrown, brokenBy, requestId);
      const failed = { ...facts(call, { status: null, requestId }), code: error.code };
      this.#log.debug(failed, "smartcar call failed");
      this.#onCall({ ...failed, durationMs: this.#clock.now() - startedAt }, null);
      throw error;
    } finally {
      timer.cancel();
      call.signal?.removeEventListener("abort", onAbort);
    }
  }

  #failure(thrown: unknown, brokenBy: Break, requestId: string | null): CallError {
    if (brokenBy === "too large") {
      return smartcarError("SC_MALFORMED", "Smartcar's answer is too large", { cause: thrown, requestId });
    }
    if (brokenBy === "timeout") {
      return smartcarError("SC_TIMEOUT", "Smartcar's answer did not end in time", { cause: thrown, requestId });
    }
    if (brokenBy === "aborted" || this.#stopped) {
      return smartcarError("SC_ABORTED", "the call was broken off", { cause: thrown, requestId });
    }
    return networkError(thrown, requestId);
  }

  #agent(kind: "read" | "command"): Agent {
    const common = {
      // HTTP/2 would let one broken connection take several calls with it, and buys nothing at this rate.
      allowH2: false,
      connectTimeout: this.#limits.connectMs,
      maxHeaderSize: 64 * 1024,
    };
    this.#agents ??= {
      read: new Agent({ ...common, connections: 8, keepAliveTimeout: seconds(10) }),
      // A fresh connection for each command: a kept one may be closed by the other side in the same moment, and then
      // nobody could say whether the command had been heard.
      command: new Agent({ ...common, pipelining: 0 }),
    };
    return this.#agents[kind];
  }
}

async function readBody(
  body: Dispatcher.ResponseData["body"],
  limitBytes: number,
  onTooLarge: () => void,
): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) onTooLarge();
    else chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function toAnswer(head: Dispatcher.ResponseData, text: string): HttpAnswer {
  return {
    status: head.statusCode,
    header: (name) => first(head.headers[name]),
    text,
    requestId: requestIdOf(head),
  };
}

function requestIdOf(head: Dispatcher.ResponseData): string | null {
  return first(head.headers["sc-request-id"]) ?? null;
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** The path without its query: enough to find a call, and free of user ids. */
function facts(call: HttpRequest, answer: { status: number | null; requestId: string | null }) {
  return { method: call.method, path: call.url.pathname, status: answer.status, requestId: answer.requestId };
}
