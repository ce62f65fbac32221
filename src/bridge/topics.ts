/** What an incoming message asks for, read from its topic alone. */
export type Inbound =
  | { readonly kind: "command"; readonly vehicle: string; readonly command: string }
  | { readonly kind: "request"; readonly name: string };

export interface TopicOptions {
  readonly base: string;
  readonly discoveryPrefix: string;
}

/** Every topic string of the bridge, and the way back from the ones it listens to. */
export class Topics {
  readonly #base: string;
  readonly #prefix: string;
  readonly bridgeState: string;
  readonly bridgeInfo: string;
  readonly bridgeEvent: string;
  /** All of `bridge/request/<name>`. */
  readonly requestFilter: string;
  /** Where Home Assistant announces its birth and its will. */
  readonly homeAssistantStatus: string;

  constructor({ base, discoveryPrefix }: TopicOptions) {
    this.#base = base;
    this.#prefix = discoveryPrefix;
    this.bridgeState = `${base}/bridge/state`;
    this.bridgeInfo = `${base}/bridge/info`;
    this.bridgeEvent = `${base}/bridge/event`;
    this.requestFilter = `${base}/bridge/request/+`;
    this.homeAssistantStatus = `${discoveryPrefix}/status`;
  }

  bridgeRequest(name: string): string {
    return `${this.#base}/bridge/request/${name}`;
  }

  bridgeResponse(name: string): string {
    return `${this.#base}/bridge/response/${topicLevel(name)}`;
  }

  /** Everything of one car lies below this, the trailing slash included. */
  vehicleRoot(vehicle: string): string {
    return `${this.#base}/${vehicle}/`;
  }

  availability(vehicle: string): string {
    return this.#of(vehicle, "availability");
  }

  info(vehicle: string): string {
    return this.#of(vehicle, "info");
  }

  reading(vehicle: string, name: string): string {
    return this.#of(vehicle, name);
  }

  /** Signal codes are an open set that comes from outside, so they are made fit for a topic level. */
  signal(vehicle: string, code: string): string {
    return this.#of(vehicle, "signals", topicLevel(code));
  }

  state(vehicle: string): string {
    return this.#of(vehicle, "state");
  }

  polling(vehicle: string): string {
    return this.#of(vehicle, "polling");
  }

  problem(vehicle: string): string {
    return this.#of(vehicle, "problem");
  }

  event(vehicle: string): string {
    return this.#of(vehicle, "event");
  }

  commandSet(vehicle: string, command: string): string {
    return this.#of(vehicle, command, "set");
  }

  commandResult(vehicle: string, command: string): string {
    return this.#of(vehicle, command, "result");
  }

  discovery(objectId: string): string {
    return `${this.#prefix}/device/${objectId}/config`;
  }

  /** One filter per allowed command: what is not allowed is not even subscribed to. */
  commandFilters(allowed: readonly string[]): string[] {
    return allowed.map((command) => `${this.#base}/+/${command}/set`);
  }

  /** Reads a topic of {@link commandFilters} or {@link requestFilter}; `undefined` for any other. */
  parse(topic: string): Inbound | undefined {
    if (!topic.startsWith(`${this.#base}/`)) return undefined;
    const levels = topic.slice(this.#base.length + 1).split("/");
    const [first, second, third] = levels;
    if (levels.length !== 3 || !first || !second || !third) return undefined;
    if (first === RESERVED) return second === "request" ? { kind: "request", name: third } : undefined;
    return third === "set" ? { kind: "command", vehicle: first, command: second } : undefined;
  }

  /** Joined, since a text put together from pieces keeps them: a third more memory for what is kept of each topic. */
  #of(vehicle: string, ...levels: readonly string[]): string {
    return [this.#base, vehicle, ...levels].join("/");
  }
}

/** The level that is the bridge's own; no vehicle may have it. */
export const RESERVED = "bridge";

/** Text from outside as one level of a topic. */
export function topicLevel(text: string): string {
  const level = text.replace(/[^A-Za-z0-9_.-]/g, "_").slice(0, 120);
  return level === "" ? "_" : level;
}

/**
 * May a message be published there? A wildcard or NUL in a topic makes brokers cut the connection, and response topics
 * come from whoever sent a request.
 */
export function isPublishable(topic: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: MQTT forbids NUL in topics.
  return topic !== "" && !/[+#\u0000]/.test(topic) && !topic.startsWith("$") && Buffer.byteLength(topic) <= 65_535;
}
