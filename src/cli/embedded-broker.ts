import { createServer, type Server, type Socket } from "node:net";
import { Aedes } from "aedes";
import { type Clock, sleep } from "../lib/clock.ts";
import { reachableHost } from "../lib/reachable-host.ts";
import { LOOPBACK, portFailure } from "./free-port.ts";

const FORWARDING_MS = 100;

export interface EmbeddedBrokerOptions {
  readonly clock: Clock;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Name of the command line option to mention when the port is taken. */
  readonly option: string;
}

/** A small MQTT 3.1.1 broker inside this process, for the demo: nothing on disk. */
export class EmbeddedBroker {
  readonly #options: EmbeddedBrokerOptions;
  readonly #sockets = new Set<Socket>();
  #aedes: Aedes | undefined;
  #server: Server | undefined;

  constructor(options: EmbeddedBrokerOptions) {
    this.#options = options;
  }

  /** Where a client on this machine reaches it. */
  get host(): string {
    return reachableHost(this.#options.host ?? LOOPBACK);
  }

  /** The real port, once started. */
  get port(): number {
    const address = this.#server?.address();
    return typeof address === "object" && address !== null ? address.port : this.#options.port;
  }

  /** @throws AppError when the port cannot be listened on */
  async start(): Promise<void> {
    const aedes = await Aedes.createBroker();
    this.#aedes = aedes;
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      aedes.handle(socket);
    });
    this.#server = server;
    const { port, option, host = LOOPBACK } = this.#options;
    await new Promise<void>((resolve, reject) => {
      server.once("error", (error) => reject(portFailure(error, { port, option, host })));
      server.listen({ host, port }, resolve);
    });
  }

  /** Calls back with the topic of every message a client publishes. */
  onPublish(listener: (topic: string) => void): void {
    this.#aedes?.on("publish", (packet, client) => {
      if (client !== null) listener(packet.topic);
    });
  }

  async stop(): Promise<void> {
    const server = this.#server;
    const aedes = this.#aedes;
    this.#server = undefined;
    this.#aedes = undefined;
    const closed = new Promise<void>((resolve) => {
      if (server?.listening === true) server.close(() => resolve());
      else resolve();
    });
    // A subscriber still gets what was published last: nothing tells when aedes has forwarded it.
    await sleep(this.#options.clock, FORWARDING_MS);
    for (const socket of this.#sockets) socket.destroySoon();
    await closed;
    await new Promise<void>((resolve) => {
      if (aedes === undefined) resolve();
      else aedes.close(resolve);
    });
  }
}
