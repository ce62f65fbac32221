import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from "node:http";
import type { AddressInfo } from "node:net";

export interface ProxyOptions {
  /** What it makes of the browser's headers; `upstream` is the target's own host. */
  readonly headers: (browser: IncomingHttpHeaders, upstream: string) => OutgoingHttpHeaders;
  /** The address it calls from; any of 127.0.0.0/8. */
  readonly from?: string;
  /** Below which path it mounts the target; default its root. */
  readonly prefix?: string;
}

/** A reverse proxy on a loopback port. */
export async function startProxy(target: string, { headers, from, prefix = "/" }: ProxyOptions): Promise<RunningProxy> {
  const { hostname, port, host } = new URL(target);
  const server = createServer((incoming, outgoing) => {
    if (!incoming.url?.startsWith(prefix)) {
      outgoing.writeHead(404).end();
      return;
    }
    const path = incoming.url.slice(prefix.length - 1);
    const passed = request(
      {
        hostname,
        port,
        path,
        method: incoming.method,
        headers: headers(incoming.headers, host),
        ...(from !== undefined && { localAddress: from }),
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    passed.on("error", () => outgoing.destroy());
    outgoing.on("close", () => passed.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export interface RunningProxy {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

export interface BrowserRequest {
  readonly method?: "GET" | "POST";
  /** The name in the browser's address bar. */
  readonly host: string;
  /** The page that asks; browsers send it with every POST. */
  readonly origin?: string;
  readonly body?: object;
  readonly headers?: OutgoingHttpHeaders;
}

export interface BrowserAnswer {
  readonly status: number;
  readonly cookie: string | null;
  readonly text: string;
}

/** Asks as a browser does that has an address under another name than it really has. */
export function browse(
  url: string,
  { method = "GET", host, origin, body, headers }: BrowserRequest,
): Promise<BrowserAnswer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const all = {
    ...headers,
    host,
    ...(origin !== undefined && { origin }),
    ...(text !== undefined && { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
  };
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers: all, agent: false }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          cookie: answer.headers["set-cookie"]?.[0] ?? null,
          text: Buffer.concat(pieces).toString(),
        }),
      );
    });
    asked.on("error", reject);
    asked.end(text);
  });
}
