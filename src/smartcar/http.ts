import { Agent, type IncomingMessage } from "node:http";
import { Agent as SecureAgent } from "node:https";
import type { Clock, Timer } from "../lib/clock.ts";
import { minutes, seconds } from "../lib/duration.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { Log } from "../lib/log.ts";
import type { CallError } from "../vehicle/call-error.ts";
import { networkError, smartcarError } from "./errors.ts";
import { exchange, readBody } from "./exchange.ts";

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
  /** How long nothing may come: until the headers, and between two pieces of the body. */
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
type Break = "no connection" | "timeout" | "aborted" | "too large" | null;

const READ_CONNECTIONS = 8;
/** How long a connection is kept that nobody uses; less if Smartcar says so. */
const KEPT_MS = seconds(10);

/**
 * One HTTP call after the other to Smartcar: whole bodies, no redirects, no retries, every limit set. Owns its
 * connections; {@link HttpClient.stop} breaks off what is still running.
 */
export class HttpClient implements Part {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: HttpLimits;
  readonly #onCall: CallListener;
  /** By kind of call and protocol, made on first use. */
  readonly #agents = new Map<string, Agent>();
  readonly #running = new Set<(why: Break) => void>();
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

  stop(): void {
    this.#stopped = true;
    for (const breakOff of this.#running) breakOff("aborted");
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
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
    this.#running.add(breakOff);
    const timer = this.#clock.after(isRead ? limits.totalReadMs : limits.totalCommandMs, () => breakOff("timeout"));
    let connecting: Timer | undefined;
    let connected = false;
    const startedAt = this.#clock.now();
    let head: IncomingMessage | undefined;
    try {
      head = await exchange({
        method: call.method,
        url: call.url,
        headers: { accept: "application/json", ...call.headers },
        body: call.body,
        agent: this.#agent(call),
        signal: abort.signal,
        silenceMs: isRead ? limits.readMs : limits.commandMs,
        onSilence: () => breakOff("timeout"),
        onConnecting: () => {
          connecting = this.#clock.after(limits.connectMs, () => breakOff("no connection"));
        },
        onConnected: () => {
          connected = true;
          connecting?.cancel();
        },
      });
      const text = await readBody(head, limits.bodyBytes, () => breakOff("too large"));
      const answer = toAnswer(head, text);
      const durationMs = this.#clock.now() - startedAt;
      this.#log.debug({ ...facts(call, answer), ms: durationMs }, "smartcar answered");
      this.#onCall({ ...facts(call, answer), code: null, durationMs }, answer);
      return answer;
    } catch (thrown) {
      const requestId = head === undefined ? null : requestIdOf(head);
      const error = this.#failure(thrown, { brokenBy, requestId, connected });
      const failed = { ...facts(call, { status: null, requestId }), code: error.code };
      this.#log.debug(failed, "smartcar call failed");
      this.#onCall({ ...failed, durationMs: this.#clock.now() - startedAt }, null);
      throw error;
    } finally {
      timer.cancel();
      connecting?.cancel();
      this.#running.delete(breakOff);
      call.signal?.removeEventListener("abort", onAbort);
    }
  }

  #failure(
    thrown: unknown,
    {
      brokenBy,
      requestId,
      connected,
    }: { readonly brokenBy: Break; readonly requestId: string | null; readonly connected: boolean },
  ): CallError {
    if (brokenBy === "too large") {
      return smartcarError("SC_MALFORMED", "Smartcar's answer is too large", { cause: thrown, requestId });
    }
    if (brokenBy === "no connection") {
      return smartcarError("SC_UNREACHABLE", "no connection to Smartcar in time", { cause: thrown, sent: false });
    }
    if (brokenBy === "timeout") {
      return smartcarError("SC_TIMEOUT", "Smartcar's answer did not end in time", { cause: thrown, requestId });
    }
    if (brokenBy === "aborted" || this.#stopped) {
      return smartcarError("SC_ABORTED", "the call was broken off", { cause: thrown, requestId });
    }
    return networkError(thrown, { requestId, connected });
  }

  #agent({ kind, url }: HttpRequest): Agent {
    const key = `${kind} ${url.protocol}`;
    let agent = this.#agents.get(key);
    if (agent === undefined) {
      // A fresh connection for each command: a kept one may be closed by the other side in the same moment, and then
      // nobody could say whether the command had been heard.
      const options =
        kind === "command" ? { keepAlive: false } : { keepAlive: true, maxSockets: READ_CONNECTIONS, timeout: KEPT_MS };
      agent = url.protocol === "https:" ? new SecureAgent(options) : new Agent(options);
      this.#agents.set(key, agent);
    }
    return agent;
  }
}

function toAnswer(head: IncomingMessage, text: string): HttpAnswer {
  return {
    status: head.statusCode ?? 0,
    header: (name) => head.headersDistinct[name]?.[0],
    text,
    requestId: requestIdOf(head),
  };
}

function requestIdOf(head: IncomingMessage): string | null {
  return head.headersDistinct["sc-request-id"]?.[0] ?? null;
}

/** The path without its query: enough to find a call, and free of user ids. */
function facts(call: HttpRequest, answer: { status: number | null; requestId: string | null }) {
  return { method: call.method, path: call.url.pathname, status: answer.status, requestId: answer.requestId };
}
