import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";
import type { Loose } from "./simulator-harness.ts";

export interface ReceivedDelivery {
  readonly raw: string;
  readonly body: Loose;
  readonly headers: IncomingHttpHeaders;
}

export const MANAGEMENT_TOKEN = "simulator-management-token";

/** A webhook callback that answers VERIFY like a real one, and events with the status the test wants. */
export class Callback {
  status: number | "hang" | "redirect" = 200;
  /** With a wrong token it cannot prove itself. */
  token = MANAGEMENT_TOKEN;
  readonly received: ReceivedDelivery[] = [];
  readonly #waiters: { count: number; resolve: () => void }[] = [];
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const raw = Buffer.concat(chunks).toString("utf8");
      const body: Loose = parse(raw);
      const challenge = body?.data?.challenge ?? body?.payload?.challenge ?? body?.challenge;
      if (challenge !== undefined) {
        const answer = createHmac("sha256", this.token).update(challenge).digest("hex");
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ challenge: answer }));
        return;
      }
      this.#take({ raw, body, headers: request.headers });
      if (this.status === "hang") return;
      if (this.status === "redirect") response.writeHead(302, { location: "/elsewhere" }).end();
      else response.writeHead(this.status).end();
    });
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/webhooks`;
  }

  get last(): ReceivedDelivery | undefined {
    return this.received.at(-1);
  }

  /** Resolves once so many deliveries have arrived in all. */
  async arrived(count: number): Promise<ReceivedDelivery[]> {
    if (this.received.length < count) {
      await new Promise<void>((resolve) => this.#waiters.push({ count, resolve }));
    }
    return this.received;
  }

  #take(delivery: ReceivedDelivery): void {
    this.received.push(delivery);
    for (const { count, resolve } of this.#waiters) if (this.received.length >= count) resolve();
  }
}

const running: Callback[] = [];

export async function startCallback(): Promise<Callback> {
  const callback = new Callback();
  running.push(callback);
  await callback.start();
  return callback;
}

afterEach(async () => {
  for (const callback of running.splice(0)) await callback.stop();
});

function parse(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}
