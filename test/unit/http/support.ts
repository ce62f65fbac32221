import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { DEFAULT_LISTENER_LIMITS, type ListenerLimits } from "../../../src/http/listener.ts";
import type { Log } from "../../../src/lib/log.ts";

/** Limits short enough to wait for. */
export const QUICK: ListenerLimits = {
  ...DEFAULT_LISTENER_LIMITS,
  headersMs: 150,
  requestMs: 300,
  checkEveryMs: 20,
};

export const silentLog: Log = {
  trace() {},
  debug() {},
  info() {},
  warn() {},
  error() {},
  fatal() {},
  child: () => silentLog,
};

export function urlOf(address: AddressInfo | null): string {
  return `http://127.0.0.1:${address?.port}`;
}

/** Sends raw text and returns everything that comes back until the other side closes. */
export async function raw(address: AddressInfo | null, text: string): Promise<string> {
  const socket = connect(address?.port ?? 0, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("error", () => {});
  socket.write(text);
  await once(socket, "close");
  return Buffer.concat(chunks).toString();
}
