import { connect, type IClientOptions, type IPublishPacket } from "mqtt";
import { PATIENCE_MS } from "./patience.ts";

export interface WatchedMessage {
  readonly topic: string;
  readonly payload: string;
  readonly retain: boolean;
  readonly packet: IPublishPacket;
}

export interface Watch {
  /** Everything seen so far, in order. */
  readonly messages: readonly WatchedMessage[];
  /** The newest payload per topic; an erased topic is absent. */
  current(): Map<string, string>;
  /** Resolves with the first message, seen or to come, that fits. Rejects after `limitMs`, naming what was seen. */
  until(fits: (message: WatchedMessage) => boolean, limitMs?: number): Promise<WatchedMessage>;
  /** Resolves when the messages as a whole fit. */
  untilAll(fits: (messages: readonly WatchedMessage[]) => boolean, limitMs?: number): Promise<void>;
  publish(
    topic: string,
    payload: string,
    options?: { retain?: boolean; properties?: IPublishPacket["properties"] },
  ): Promise<void>;
  /** Forgets what was seen. */
  clear(): void;
  stop(): Promise<void>;
}

/** A second client that sees what the bridge's users would see. */
export async function watch(url: string, filter: string | string[], options: IClientOptions = {}): Promise<Watch> {
  const client = connect(url, { protocolVersion: 4, reconnectPeriod: 50, ...options });
  const messages: WatchedMessage[] = [];
  const checks = new Set<() => void>();
  client.on("message", (topic, payload, packet) => {
    messages.push({ topic, payload: payload.toString(), retain: packet.retain, packet });
    for (const check of [...checks]) check();
  });
  // Refused connections and the like show as a watch that never gets ready.
  client.on("error", () => undefined);
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      client.end(true);
      reject(new Error(`no connection to ${url}`));
    }, PATIENCE_MS);
    client.once("connect", () => {
      clearTimeout(timer);
      resolve();
    });
  });
  await client.subscribeAsync(filter, { qos: 1 });

  function wait<T>(find: () => T | undefined, limitMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        clearTimeout(timer);
        checks.delete(check);
      };
      const check = () => {
        const found = find();
        if (found === undefined) return;
        finish();
        resolve(found);
      };
      const timer = setTimeout(() => {
        finish();
        const seen = messages.map(({ topic, payload }) => `${topic} = ${payload.slice(0, 60)}`).slice(-40);
        reject(new Error(`not seen within ${limitMs} ms; seen:\n${seen.join("\n")}`));
      }, limitMs);
      checks.add(check);
      check();
    });
  }

  return {
    messages,
    current() {
      const newest = new Map<string, string>();
      for (const { topic, payload } of messages) {
        if (payload === "") newest.delete(topic);
        else newest.set(topic, payload);
      }
      return newest;
    },
    until: (fits, limitMs = PATIENCE_MS) => wait(() => messages.find(fits), limitMs),
    untilAll: async (fits, limitMs = PATIENCE_MS) => {
      await wait(() => (fits(messages) ? true : undefined), limitMs);
    },
    async publish(topic, payload, { retain = false, properties } = {}) {
      await client.publishAsync(topic, payload, { qos: 1, retain, ...(properties && { properties }) });
    },
    clear() {
      messages.length = 0;
    },
    stop: () => client.endAsync(true),
  };
}
