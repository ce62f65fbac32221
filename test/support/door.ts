import { createHmac, randomUUID } from "node:crypto";
import { expect } from "vitest";
import { type Bench, startBench } from "./e2e-bench.ts";
import { type RawClient, rawClient, statuses } from "./raw-client.ts";

export const PATH = "/webhooks/smartcar";
/** How long a client may take for its headers. */
export const HEADERS_MS = 15_000;
const SOC = "tractionbattery-stateofcharge";

interface EventOptions {
  readonly eventId?: string;
  readonly at?: number;
}

/** A delivery as Smartcar makes it. */
export function event(
  value: number,
  { eventId = randomUUID(), at = Date.now() }: EventOptions = {},
): Buffer<ArrayBuffer> {
  return Buffer.from(
    JSON.stringify({
      eventId,
      eventType: "VEHICLE_STATE",
      data: {
        vehicle: { id: "vehicle-a" },
        signals: [
          {
            code: SOC,
            name: "StateOfCharge",
            group: "TractionBattery",
            body: { value, unit: "percent" },
            status: { value: "SUCCESS" },
            meta: { oemUpdatedAt: at, retrievedAt: at },
          },
        ],
      },
      meta: { version: "4.0", mode: "LIVE", deliveredAt: at },
    }),
  );
}

/** The ports of a running program, and whoever knocks at them. */
export class Door {
  readonly bench: Bench;
  readonly #clients: RawClient[] = [];

  constructor(bench: Bench) {
    this.bench = bench;
  }

  get url(): string {
    return this.bench.program.publicUrl;
  }

  sign(body: Buffer | string): string {
    return createHmac("sha256", this.bench.environment["SMARTCAR_MANAGEMENT_TOKEN"] ?? "")
      .update(body)
      .digest("hex");
  }

  async post(body: Buffer<ArrayBuffer> | string, headers: Record<string, string> = {}): Promise<Response> {
    const answer = await fetch(`${this.url}${PATH}`, { method: "POST", body, headers });
    await answer.clone().arrayBuffer();
    return answer;
  }

  deliver(body: Buffer<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Response> {
    return this.post(body, { "sc-signature": this.sign(body), ...headers });
  }

  verify(challenge: unknown): Promise<Response> {
    return this.post(JSON.stringify({ eventType: "VERIFY", data: { challenge } }));
  }

  async client(text: string, url = this.url): Promise<RawClient> {
    const client = await rawClient(url, text);
    this.#clients.push(client);
    return client;
  }

  /** Smartcar comes by, on a connection of its own, and is answered before any slow one is cut off, not because of it. */
  async expectUnharmed(): Promise<void> {
    const body = event(50);
    const head = [`POST ${PATH} HTTP/1.1`, "host: x", "connection: close", `content-length: ${body.length}`];
    const smartcar = await this.client(`${head.join("\r\n")}\r\nsc-signature: ${this.sign(body)}\r\n\r\n${body}`);
    const { text, ms } = await smartcar.closed;
    expect(statuses(text)).toEqual([200]);
    expect(ms).toBeLessThan(HEADERS_MS);
    const health = await fetch(`${this.bench.program.privateUrl}/healthz`);
    expect(health.status).toBe(200);
  }

  async battery(value: number): Promise<void> {
    await this.bench.seen.until(({ topic, payload }) => topic === "smartcar/test-a/battery" && payload === `${value}`);
  }

  async close(): Promise<void> {
    for (const { socket } of this.#clients.splice(0)) socket.destroy();
    await this.bench.close();
  }
}

export async function openDoor(env: Record<string, string> = {}): Promise<Door> {
  const bench = await startBench({ env: { POLLING_MODE: "never", ...env } });
  await bench.shown();
  return new Door(bench);
}
