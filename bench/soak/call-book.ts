import type { RequestRecord } from "../../src/simulator/request-log.ts";
import type { Simulator } from "../../src/simulator/simulator.ts";

/** What Smartcar was asked, counted: tokens, billed calls by car and month (UTC), and everything it refused. */
export class CallBook {
  tokens = 0;
  /** Calls with a token. */
  requests = 0;
  readonly #billed = new Map<string, number>();
  readonly #refused = new Map<string, number>();

  constructor(simulator: Simulator) {
    simulator.events.on("request", (record) => this.#note(record));
  }

  /** Billed calls by `<vehicle id> <year-month>`. */
  get billed(): ReadonlyMap<string, number> {
    return this.#billed;
  }

  /** Requests without an answer below 400, by method, path and status. */
  get refused(): Record<string, number> {
    return Object.fromEntries(this.#refused);
  }

  #note({ at, method, path, status, billed }: RequestRecord): void {
    if (path.endsWith("/oauth2/token")) this.tokens++;
    else this.requests++;
    if (billed) {
      const vehicle = /\/vehicles\/([^/]+)/.exec(path)?.[1] ?? "unknown";
      add(this.#billed, `${vehicle} ${new Date(at).toISOString().slice(0, 7)}`);
    }
    if (status === null || status >= 400) add(this.#refused, `${method} ${path} ${status}`);
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
