import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import type { Random } from "../lib/backoff.ts";
import { type Clock, sleep } from "../lib/clock.ts";
import { type Answer, Call, type Handler } from "./call.ts";
import { type Fault, USUAL_REFUSAL } from "./fault.ts";
import type { FaultBook } from "./fault-book.ts";
import { type OutgoingAnswer, playFault } from "./fault-play.ts";
import { randomUuid } from "./random-id.ts";
import { type ErrorForm, type Refusal, RefusedCall, refusalBody } from "./refusal.ts";
import type { RequestLog } from "./request-log.ts";

export interface ExchangeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly faults: FaultBook;
  readonly requests: RequestLog;
  /** Ends waiting answers when the simulator stops. */
  readonly stopping: AbortSignal;
  /** A handler failed in a way that no caller could cause. */
  readonly onBug: (error: unknown) => void;
}

/** Every request to the cloud passes here: it is listed, struck by a fault if one waits, handled, and answered. */
export class Exchange {
  readonly #options: ExchangeOptions;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  serve(app: FastifyInstance, method: HTTPMethods, path: string, handler: Handler, form: ErrorForm = "list"): void {
    app.route({ method, url: path, handler: (request, reply) => this.#handle(request, reply, handler, form) });
  }

  serveUnknown(app: FastifyInstance, handler: Handler): void {
    app.setNotFoundHandler((request, reply) => this.#handle(request, reply, handler, "list"));
  }

  async #handle(request: FastifyRequest, reply: FastifyReply, handler: Handler, form: ErrorForm): Promise<void> {
    const { clock, random, faults, requests, stopping } = this.#options;
    const url = new URL(request.url, `http://${request.headers.host ?? "localhost"}`);
    const text = typeof request.body === "string" ? request.body : "";
    const { method, headers } = request;
    const call = new Call({
      method,
      url,
      headers,
      text,
      requestId: randomUuid(random),
      params: (request.params ?? {}) as Record<string, string>,
    });
    const waitMs = (ms: number) => (ms > 0 ? sleep(clock, ms, stopping) : Promise.resolve());
    const finish = requests.arrive({ at: clock.now(), method, url, headers, text });
    const fault = faults.take(method, url.pathname);
    await waitMs(fault?.delayMs ?? 0);
    // Fastify keeps out from here on: faults need the bare response, and one way to answer is simpler than two.
    reply.hijack();
    const run = async () => outgoing(await this.#answer(call, handler, form), call.requestId);
    const status = await playFault(reply.raw, fault, { run, faultAnswer: (f) => faultAnswer(f, call), waitMs });
    finish({ status, billed: call.billed, fault: fault?.kind ?? null });
  }

  async #answer(call: Call, handler: Handler, form: ErrorForm): Promise<Answer> {
    try {
      return await handler(call);
    } catch (error) {
      if (error instanceof RefusedCall) return refusalAnswer(error.refusal, form, call.requestId);
      // The response is ours alone: thrown further, the caller would wait for ever.
      this.#options.onBug(error);
      const refusal = { status: 500, type: "SERVER", code: "INTERNAL", detail: "The simulator itself failed." };
      return refusalAnswer(refusal, form, call.requestId);
    }
  }
}

function refusalAnswer(refusal: Refusal, form: ErrorForm, requestId: string): Answer {
  const headers = refusal.retryAfter === undefined ? {} : { "retry-after": refusal.retryAfter };
  return { status: refusal.status, headers, body: refusalBody(refusal, form, requestId) };
}

function faultAnswer(fault: Extract<Fault, { kind: "error" | "stream" }>, call: Call): OutgoingAnswer {
  const usual = USUAL_REFUSAL[fault.status] ?? { type: "SERVER", code: null };
  const refusal: Refusal = {
    status: fault.status,
    type: fault.type ?? usual.type,
    code: fault.code === undefined ? usual.code : fault.code,
    detail: fault.detail,
    resolution: fault.resolution,
    suggestedUserMessage: fault.suggestedUserMessage,
    retryAfter: fault.kind === "error" && fault.retryAfter !== null ? String(fault.retryAfter) : undefined,
  };
  return outgoing(refusalAnswer(refusal, fault.form, call.requestId), call.requestId);
}

function outgoing({ status, headers = {}, body }: Answer, requestId: string): OutgoingAnswer {
  const type = typeof body === "string" ? "text/html; charset=utf-8" : "application/json; charset=utf-8";
  return {
    status,
    headers: { "sc-request-id": requestId, ...(body === null ? {} : { "content-type": type }), ...headers },
    text: body === null ? "" : typeof body === "string" ? body : JSON.stringify(body),
  };
}
