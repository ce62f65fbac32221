import { EventEmitter } from "node:events";
import type { IClientOptions } from "mqtt";
import type { BrokerClient, BrokerConnect } from "../../src/bridge/connection.ts";

/** One client of a {@link FakeBroker}, driven by the test. */
export class FakeClient extends EventEmitter implements BrokerClient {
  readonly options: IClientOptions;
  readonly subscribed: string[] = [];
  readonly published: { topic: string; payload: string; retain: boolean; confirm: (error?: Error) => void }[] = [];
  readonly stream = { destroy: () => this.#close() };
  connected = false;
  refusedFilters: string[] = [];
  /** Whether publishes are confirmed at once; otherwise the test does it. */
  confirms = true;
  #closed = false;

  constructor(options: IClientOptions) {
    super();
    this.options = options;
  }

  accept(properties?: object): void {
    this.connected = true;
    this.emit("connect", { cmd: "connack", properties });
  }

  refuse(reasonCode: number): void {
    this.emit("error", Object.assign(new Error("Connection refused"), { code: reasonCode }));
    this.#close();
  }

  fail(code: string): void {
    this.emit("error", Object.assign(new Error(`connect ${code}`), { code }));
    this.#close();
  }

  drop(reasonCode?: number): void {
    if (reasonCode !== undefined) this.emit("disconnect", { cmd: "disconnect", reasonCode });
    this.#close();
  }

  publish(topic: string, payload: string, options: { retain?: boolean }, done: (error?: Error) => void): void {
    this.published.push({ topic, payload, retain: options.retain ?? false, confirm: done });
    if (this.confirms) queueMicrotask(() => done());
  }

  subscribe(
    filters: string[],
    _options: object,
    done: (error: Error | null, granted?: unknown, packet?: { granted: number[] }) => void,
  ): void {
    this.subscribed.push(...filters);
    const granted = filters.map((filter) => (this.refusedFilters.includes(filter) ? 135 : 1));
    done(granted.includes(135) ? new Error("Subscribe error") : null, [], { granted });
  }

  end(_force: boolean, done?: () => void): void {
    this.#close();
    done?.();
  }

  getLastMessageId(): number {
    return this.published.length;
  }

  removeOutgoingMessage(): void {}

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.connected = false;
    queueMicrotask(() => this.emit("close"));
  }
}

/** Hands out fake clients, one per connection attempt. */
export class FakeBroker {
  readonly clients: FakeClient[] = [];
  /** What a new client does by itself, if anything. */
  onClient: (client: FakeClient) => void = () => undefined;

  readonly connect: BrokerConnect = (options) => {
    const client = new FakeClient(options);
    this.clients.push(client);
    queueMicrotask(() => this.onClient(client));
    return client;
  };

  get last(): FakeClient {
    const client = this.clients.at(-1);
    if (client === undefined) throw new Error("nobody has connected");
    return client;
  }
}
