import { type Agent, type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";

export interface ExchangeOptions {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly agent: Agent;
  readonly signal: AbortSignal;
  /** How long nothing may come, in milliseconds: until the headers, and between two pieces of the body. */
  readonly silenceMs: number;
  readonly onSilence: () => void;
  /** A connection is being made; `onConnected` follows, at once if a kept one is used. */
  readonly onConnecting: () => void;
  readonly onConnected: () => void;
}

const MAX_HEADER_BYTES = 64 * 1024;

/** Sends one request and resolves with the answer's head; its body is still to be read. No redirects, no retries. */
export function exchange(options: ExchangeOptions): Promise<IncomingMessage> {
  const { method, url, headers, body, agent, signal, silenceMs, onSilence } = options;
  return new Promise((resolve, reject) => {
    const send = url.protocol === "https:" ? requestHttps : requestHttp;
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const request = send(url, {
      method,
      agent,
      headers: { ...headers, ...length },
      maxHeaderSize: MAX_HEADER_BYTES,
      timeout: silenceMs,
    });
    // Not by Node's own `signal`: it destroys with an error, which a connection that is already idle tells nobody of.
    signal.addEventListener("abort", () => request.destroy(), { once: true });
    request.on("error", reject);
    request.on("response", (answer) => {
      // Whoever reads the body learns of it; one broken off after its end has no reader any more.
      answer.on("error", () => undefined);
      resolve(answer);
    });
    request.once("timeout", onSilence);
    watchConnection(request, url, options);
    request.end(body);
  });
}

function watchConnection(
  request: ClientRequest,
  { protocol }: URL,
  { onConnecting, onConnected }: Pick<ExchangeOptions, "onConnecting" | "onConnected">,
): void {
  request.once("socket", (socket) => {
    onConnecting();
    if (request.reusedSocket) onConnected();
    else socket.once(protocol === "https:" ? "secureConnect" : "connect", onConnected);
  });
}

/**
 * Reads a whole body as text.
 * @throws RangeError beyond the limit; whatever broke the connection, also in the middle of the body.
 */
export async function readBody(answer: IncomingMessage, limitBytes: number, onTooLarge: () => void): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) {
      onTooLarge();
      throw new RangeError(`the body is larger than ${limitBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
