import type { FastifyInstance, FastifyReply } from "fastify";
import type { Clock, Timer } from "../lib/clock.ts";
import { seconds } from "../lib/duration.ts";

/** What a client may have to fetch again. `vehicle:<id>` stands for one car. */
export type Topic = "chain" | "vehicles" | `vehicle:${string}` | "commands" | "traffic" | "recording" | "setup";

export interface LiveEventsOptions {
  readonly clock: Clock;
  /** Called now and then while somebody listens: things that nobody tells of. */
  readonly onLook?: () => void;
}

const HEARTBEAT_MS = seconds(15);
const LOOK_EVERY_MS = seconds(1);
/** Changes come in bursts; one message tells of all of them. */
const GATHER_MS = 200;
const MAX_CLIENTS = 32;
/** A client that does not read is let go; it comes back and fetches everything anew. */
const MAX_UNREAD_BYTES = 64 * 1024;

/**
 * Server-sent events: says that something changed, not what; whoever cares asks the API. So a slow client misses
 * nothing, and nothing is queued for it.
 */
export class LiveEvents {
  readonly #options: LiveEventsOptions;
  readonly #clients = new Set<FastifyReply["raw"]>();
  readonly #changed = new Set<Topic>();
  #gathering: Timer | undefined;
  #heartbeat: Timer | undefined;
  #looking: Timer | undefined;
  #ended = false;

  constructor(options: LiveEventsOptions) {
    this.#options = options;
  }

  get clients(): number {
    return this.#clients.size;
  }

  note(...topics: Topic[]): void {
    if (this.#clients.size === 0) return;
    for (const topic of topics) this.#changed.add(topic);
    this.#gathering ??= this.#options.clock.after(GATHER_MS, () => {
      this.#gathering = undefined;
      this.#send(`event: changed\ndata: ${JSON.stringify([...this.#changed])}\n\n`);
      this.#changed.clear();
    });
  }

  register(app: FastifyInstance): void {
    this.#ended = false;
    app.get("/api/events", (_request, reply) => this.#open(reply));
    // Before the listener waits for its connections to end.
    app.addHook("preClose", async () => this.end());
  }

  /** Lets go of everybody. */
  end(): void {
    this.#ended = true;
    for (const client of [...this.#clients]) client.end();
    this.#clients.clear();
    this.#rest();
  }

  #open(reply: FastifyReply): FastifyReply {
    if (this.#ended || this.#clients.size >= MAX_CLIENTS) {
      return reply.code(503).header("retry-after", "10").send({ error: "too many are listening" });
    }
    const headers = { ...reply.getHeaders(), "content-type": "text/event-stream", "x-accel-buffering": "no" };
    reply.hijack();
    const client = reply.raw;
    client.writeHead(200, headers as Record<string, string>);
    client.on("close", () => this.#drop(client));
    client.on("error", () => this.#drop(client));
    client.write("retry: 2000\nevent: hello\ndata: {}\n\n");
    this.#clients.add(client);
    if (this.#clients.size === 1) this.#wake();
    return reply;
  }

  #send(text: string): void {
    for (const client of [...this.#clients]) {
      if (client.writableLength > MAX_UNREAD_BYTES) client.destroy();
      else client.write(text);
    }
  }

  #drop(client: FastifyReply["raw"]): void {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#rest();
  }

  #wake(): void {
    const { clock, onLook } = this.#options;
    const beat = () => {
      this.#heartbeat = clock.after(HEARTBEAT_MS, () => {
        this.#send(": still here\n\n");
        beat();
      });
    };
    const look = () => {
      this.#looking = clock.after(LOOK_EVERY_MS, () => {
        onLook?.();
        look();
      });
    };
    beat();
    look();
  }

  #rest(): void {
    for (const timer of [this.#gathering, this.#heartbeat, this.#looking]) timer?.cancel();
    this.#gathering = undefined;
    this.#changed.clear();
  }
}
