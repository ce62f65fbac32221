import type { ServerResponse } from "node:http";
import type { Fault } from "./fault.ts";

export interface OutgoingAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

type RefusingFault = Extract<Fault, { kind: "error" | "stream" }>;

export interface PlayTools {
  /** Does what was asked; a refusal is an answer too. */
  readonly run: () => Promise<OutgoingAnswer>;
  readonly faultAnswer: (fault: RefusingFault) => OutgoingAnswer;
  readonly waitMs: (ms: number) => Promise<void>;
}

const HTML = "<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>";

/** Answers as the fault wants it. Returns the status that went out, null for none. */
export async function playFault(
  response: ServerResponse,
  fault: Fault | undefined,
  { run, faultAnswer, waitMs }: PlayTools,
): Promise<number | null> {
  switch (fault?.kind) {
    case undefined:
    case "latency":
      return send(response, await run());
    case "error":
      if (fault.executed) await run();
      return send(response, faultAnswer(fault));
    case "html":
      if (fault.executed) await run();
      return send(response, { status: fault.status, headers: { "content-type": "text/html" }, text: HTML });
    case "malformed": {
      const answer = fault.executed ? await run() : emptyAnswer;
      return send(response, { ...answer, text: half(answer.text) });
    }
    case "truncated":
      return sendHalf(response, fault.executed ? await run() : emptyAnswer);
    case "drop": {
      const answer = fault.executed ? await run() : emptyAnswer;
      if (fault.when === "after-headers") return sendHeadOnly(response, answer);
      response.socket?.destroy();
      return null;
    }
    case "stream":
      return streamOutcome(response, fault, { run, faultAnswer, waitMs });
  }
}

const emptyAnswer: OutgoingAnswer = {
  status: 200,
  headers: { "content-type": "application/json" },
  text: '{"data":{"attributes":{}}}',
};

/** 202 at once and without a length; the outcome follows on the open connection. */
async function streamOutcome(
  response: ServerResponse,
  fault: Extract<Fault, { kind: "stream" }>,
  { run, faultAnswer, waitMs }: PlayTools,
): Promise<number> {
  response.writeHead(202, { "content-type": "application/json; charset=utf-8" });
  response.flushHeaders();
  await waitMs(fault.bodyAfterMs);
  const executed = fault.executed ?? fault.outcome !== "error";
  const answer = executed ? await run() : emptyAnswer;
  switch (fault.outcome) {
    case "success":
      response.end(answer.text);
      break;
    case "error":
      response.end(faultAnswer(fault).text);
      break;
    case "malformed":
      response.end(half(answer.text));
      break;
    case "drop":
      response.socket?.destroySoon();
      break;
  }
  return 202;
}

function send(response: ServerResponse, { status, headers, text }: OutgoingAnswer): number {
  const length = text === "" && status === 204 ? {} : { "content-length": String(Buffer.byteLength(text)) };
  response.writeHead(status, { ...headers, ...length });
  response.end(text);
  return status;
}

function sendHeadOnly(response: ServerResponse, { status, headers, text }: OutgoingAnswer): number {
  response.writeHead(status, { ...headers, "content-length": String(Buffer.byteLength(text)) });
  response.flushHeaders();
  response.socket?.destroySoon();
  return status;
}

function sendHalf(response: ServerResponse, { status, headers, text }: OutgoingAnswer): number {
  response.writeHead(status, { ...headers, "content-length": String(Buffer.byteLength(text)) });
  response.write(half(text));
  response.socket?.destroySoon();
  return status;
}

function half(text: string): string {
  return text.slice(0, Math.ceil(text.length / 2));
}
