import type { IClientSubscribeOptions } from "mqtt";
import type { Connection } from "./connection.ts";

/** How a filter is subscribed to. Matters in MQTT 5 only. */
export interface SubscribeOptions {
  /** Hand over the retain flag as the sender set it (default true): a command published as retained shows as such. */
  readonly retainAsPublished?: boolean;
}

/** What the bridge wants to hear, and what the broker refused of it in the present session. */
export class Subscriptions {
  readonly #isVersion5: boolean;
  readonly #wanted = new Map<string, boolean>();
  readonly #refused = new Set<string>();

  constructor(isVersion5: boolean) {
    this.#isVersion5 = isVersion5;
  }

  /** Returns false when the filter was there already. */
  add(filter: string, { retainAsPublished = true }: SubscribeOptions): boolean {
    if (this.#wanted.has(filter)) return false;
    this.#wanted.set(filter, retainAsPublished);
    return true;
  }

  get refused(): ReadonlySet<string> {
    return this.#refused;
  }

  /** Subscribes to everything in a new session. @throws MqttError when the broker did not answer. */
  async applyAll(connection: Connection): Promise<void> {
    this.#refused.clear();
    await this.apply(connection, [...this.#wanted.keys()]);
  }

  /** Subscribes to these. @throws MqttError when the broker did not answer. */
  async apply(connection: Connection, filters: readonly string[]): Promise<void> {
    for (const retainAsPublished of [true, false]) {
      const group = filters.filter((filter) => this.#wanted.get(filter) === retainAsPublished);
      for (const filter of await connection.subscribe(group, this.#options(retainAsPublished))) {
        this.#refused.add(filter);
      }
    }
  }

  #options(retainAsPublished: boolean): IClientSubscribeOptions {
    if (!this.#isVersion5) return { qos: 1 };
    // Nothing of our own (nl). A stored command comes too, flagged as such, so that it can be refused aloud and erased;
    // other stored messages (rh 2) are old news.
    return { qos: 1, nl: true, rap: retainAsPublished, rh: retainAsPublished ? 0 : 2 };
  }
}
