import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import type { Simulator } from "../../src/simulator/simulator.ts";

/** Beyond this real time something hangs, and waiting on would hide it. */
const STUCK_MS = 30_000;

/** Both ends of a connection within this process, by the port that the client's end was given. */
interface Pair {
  client: Socket | null;
  server: Socket | null;
}

/**
 * Whether everything that was said over a socket of this process has been heard at its other end. A clock that a test
 * moves must not run ahead of that, and asking is far quicker than waiting for a while each time.
 */
export class Wire {
  readonly #pairs = new Map<number, Pair>();
  readonly #connecting = new Set<Socket>();
  readonly #elsewhere: number | undefined;
  /** HTTP requests without an answer, and how many of those the simulator holds back until their time has come. */
  #open = 0;
  #held = 0;
  readonly #listeners: readonly (readonly [string, (message: unknown) => void])[] = [
    ["net.client.socket", (message) => this.#onClient((message as { socket: Socket }).socket)],
    ["net.server.socket", (message) => this.#onServer((message as { socket: Socket }).socket)],
    ["undici:request:create", () => void this.#open++],
    ["undici:request:trailers", () => void this.#open--],
    ["undici:request:error", () => void this.#open--],
  ];

  /** Nothing can be known of what is said to a port of another process. */
  constructor({ elsewhere }: { readonly elsewhere?: number | undefined } = {}) {
    this.#elsewhere = elsewhere;
  }

  start(): void {
    for (const [channel, listener] of this.#listeners) subscribe(channel, listener);
  }

  stop(): void {
    for (const [channel, listener] of this.#listeners) unsubscribe(channel, listener);
  }

  /** Counts what a simulator took in and has not answered. */
  watch({ events }: Pick<Simulator, "events">): void {
    events.on("arrived", () => void this.#held++);
    events.on("request", () => void this.#held--);
  }

  /**
   * Resolves when nothing is on its way but what is held back on purpose.
   * @throws Error when that takes unreasonably long
   */
  async quiet(): Promise<void> {
    await turn();
    if (!this.#isBusy()) {
      await turn();
      if (!this.#isBusy()) return;
    }
    const since = performance.now();
    for (let calm = 0; calm < CALM_TURNS; calm++) {
      await turn();
      if (!this.#isBusy()) continue;
      calm = -1;
      if (performance.now() - since > STUCK_MS) throw new Error(`stuck: ${this.#describe()}`);
    }
  }

  #isBusy(): boolean {
    if (this.#open > this.#held || this.#connecting.size > 0) return true;
    for (const { client, server } of this.#pairs.values()) {
      if (client === null || server === null) return true;
      if (client.bytesWritten !== server.bytesRead || server.bytesWritten !== client.bytesRead) return true;
    }
    return false;
  }

  #onClient(socket: Socket): void {
    this.#connecting.add(socket);
    socket.once("connect", () => {
      this.#connecting.delete(socket);
      const { localPort, remotePort } = socket;
      if (remotePort === this.#elsewhere) return;
      if (localPort !== undefined && !socket.destroyed) this.#join(localPort, "client", socket);
    });
    socket.once("close", () => this.#connecting.delete(socket));
  }

  #onServer(socket: Socket): void {
    const { remotePort } = socket;
    if (remotePort !== undefined) this.#join(remotePort, "server", socket);
  }

  #join(port: number, end: keyof Pair, socket: Socket): void {
    const pair = this.#pairs.get(port) ?? { client: null, server: null };
    pair[end] = socket;
    this.#pairs.set(port, pair);
    socket.once("close", () => {
      pair[end] = null;
      if (pair.client === null && pair.server === null && this.#pairs.get(port) === pair) this.#pairs.delete(port);
    });
  }

  #describe(): string {
    const ends = [...this.#pairs].map(([port, { client, server }]) => {
      const told = client === null ? "closed" : `${client.bytesWritten}/${client.bytesRead}`;
      return `${port}: client ${told}, server ${server === null ? "closed" : `${server.bytesRead}/${server.bytesWritten}`}`;
    });
    return `${this.#open} requests open, ${this.#held} held; ${this.#connecting.size} connecting; ${ends.join("; ")}`;
  }
}

/** Parsers and streams hand on what they read within a few turns. */
const CALM_TURNS = 4;

/** One turn of the event loop: timers, what came in over sockets, and all promises that follow. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
