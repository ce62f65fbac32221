import type {
  IClientOptions,
  IClientPublishOptions,
  IClientSubscribeOptions,
  IConnackPacket,
  IPublishPacket,
} from "mqtt";
import { type Clock, withTimeout } from "../lib/clock.ts";
import { toError } from "../lib/errors.ts";
import { lost, MqttError, publishRefusal } from "./mqtt-error.ts";
import { isPublishable } from "./topics.ts";
import { Unanswered } from "./unanswered.ts";

/** The part of an MQTT.js client that a connection uses; the seam at which tests put their own. */
export interface BrokerClient {
  readonly connected: boolean;
  /** The socket, or what stands for it on a WebSocket. */
  readonly stream: { destroy(): unknown; setNoDelay?(on: boolean): unknown };
  on(event: "connect", listener: (packet: IConnackPacket) => void): unknown;
  on(event: "message", listener: (topic: string, payload: Buffer, packet: IPublishPacket) => void): unknown;
  on(event: "disconnect", listener: (packet: { reasonCode?: number }) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "close", listener: () => void): unknown;
  publish(topic: string, payload: string, options: IClientPublishOptions, done: (error?: Error) => void): unknown;
  subscribe(
    filters: string[],
    options: IClientSubscribeOptions,
    done: (error: Error | null, granted?: unknown, packet?: { granted: readonly unknown[] }) => void,
  ): unknown;
  end(force: boolean, done?: () => void): unknown;
  getLastMessageId(): number;
  removeOutgoingMessage(messageId: number): unknown;
}

export type BrokerConnect = (options: IClientOptions) => BrokerClient;

export interface PublishProperties {
  readonly responseTopic?: string;
  readonly correlationData?: Buffer;
  readonly messageExpiryInterval?: number;
  readonly contentType?: string;
}

export interface PublishOptions {
  readonly retain: boolean;
  readonly properties?: PublishProperties;
}

/** How a connection ended. `reasonCode` is the broker's DISCONNECT reason, if it gave one. */
export interface ConnectionEnd {
  readonly error: Error | null;
  readonly reasonCode: number | null;
  /** For how long the broker had accepted us; null when it never did. */
  readonly lastedMs: number | null;
}

export interface ConnectionHandlers {
  opened(): void;
  message(topic: string, payload: Buffer, packet: IPublishPacket): void;
  ended(end: ConnectionEnd): void;
}

/** Bytes that a PUBLISH has beside topic, payload and properties: header, lengths, packet id. */
const PACKET_OVERHEAD = 16;

/** One MQTT.js client for one connection: never reconnects, and is done for once it ended. */
export class Connection {
  readonly #client: BrokerClient;
  readonly #clock: Clock;
  readonly #handlers: ConnectionHandlers;
  #openedAt: number | null = null;
  #ended = false;
  #error: Error | null = null;
  #reasonCode: number | null = null;
  #receiveMaximum = 65_535;
  #maximumPacketSize = Number.POSITIVE_INFINITY;
  #unconfirmed = 0;
  /** Publishes that wait because the broker takes no more unconfirmed ones (its receive maximum). */
  readonly #waiting: (() => void)[] = [];
  readonly #unanswered: Unanswered;

  constructor(client: BrokerClient, clock: Clock, answerLimitMs: number, handlers: ConnectionHandlers) {
    this.#client = client;
    this.#clock = clock;
    this.#handlers = handlers;
    this.#unanswered = new Unanswered(clock, answerLimitMs);
    client.on("connect", (packet) => this.#onConnect(packet));
    client.on("message", (topic, payload, packet) => handlers.message(topic, payload, packet));
    client.on("disconnect", ({ reasonCode }) => {
      this.#reasonCode = reasonCode ?? null;
    });
    client.on("error", (error) => {
      // The first error is the cause; what follows it is usually "socket closed".
      this.#error ??= error;
    });
    client.on("close", () => this.abort());
  }

  get isOpen(): boolean {
    return this.#openedAt !== null && !this.#ended;
  }

  /** How many publishes the broker takes before it has confirmed the first. */
  get receiveMaximum(): number {
    return this.#receiveMaximum;
  }

  /** Resolves when the broker confirmed. @throws MqttError */
  async publish(topic: string, payload: string, options: PublishOptions): Promise<void> {
    this.#check(topic, payload, options);
    while (this.#unconfirmed >= this.#receiveMaximum) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      if (this.#ended) throw lost(topic);
    }
    this.#unconfirmed++;
    try {
      await this.#send(topic, payload, options);
    } finally {
      this.#unconfirmed--;
      this.#waiting.shift()?.();
    }
  }

  /** Subscribes in one packet. Returns the filters the broker refused. @throws MqttError when it did not answer. */
  async subscribe(filters: readonly string[], options: IClientSubscribeOptions): Promise<string[]> {
    if (filters.length === 0) return [];
    const ask = (resolve: (refused: string[]) => void, reject: (error: Error) => void) =>
      this.#client.subscribe([...filters], options, (error, _granted, packet) => {
        const codes = packet?.granted ?? [];
        if (error !== null && codes.length !== filters.length) reject(lost(filters.join(", "), error));
        else resolve(filters.filter((_, index) => Number(codes[index] ?? 0) >= 0x80));
      });
    const late = () =>
      new MqttError("MQTT_TIMEOUT", "the broker did not answer our subscriptions", { disposition: "retry" });
    return this.#unanswered.ask(ask, late);
  }

  /** Says goodbye, so that the broker keeps the last will to itself; cuts the connection when that takes too long. */
  async end(limitMs: number): Promise<void> {
    if (this.#ended) return;
    const ended = new Promise<void>((resolve) => {
      this.#client.end(false, resolve);
    });
    try {
      await withTimeout(this.#clock, limitMs, ended, () => lost("the end of the session"));
    } catch {
      // MQTT.js waits for confirmations that may never come.
    }
    this.abort();
  }

  /** Cuts the connection, because of `error` if it is ours. */
  abort(error: Error | null = null): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#client.end(true);
    // After a first, hanging `end` MQTT.js does nothing at a second one.
    this.#client.stream.destroy();
    this.#unanswered.failAll(lost("the session"));
    for (const resume of this.#waiting.splice(0)) resume();
    const lastedMs = this.#openedAt === null ? null : this.#clock.now() - this.#openedAt;
    this.#handlers.ended({ error: this.#error ?? error, reasonCode: this.#reasonCode, lastedMs });
  }

  #onConnect(packet: IConnackPacket): void {
    if (this.#ended) return;
    this.#openedAt = this.#clock.now();
    // Messages are small and somebody waits for them: none is held back until an older one was acknowledged.
    this.#client.stream.setNoDelay?.(true);
    // What came before was no obstacle (a first address of several that did not answer).
    this.#error = null;
    this.#receiveMaximum = packet.properties?.receiveMaximum ?? this.#receiveMaximum;
    this.#maximumPacketSize = packet.properties?.maximumPacketSize ?? this.#maximumPacketSize;
    this.#handlers.opened();
  }

  #check(topic: string, payload: string, { properties }: PublishOptions): void {
    if (!this.isOpen)
      throw new MqttError("MQTT_OFFLINE", "not connected to the broker", { disposition: "retry", topic });
    if (!isPublishable(topic)) {
      throw new MqttError("MQTT_TOPIC_INVALID", `nobody can publish on ${JSON.stringify(topic.slice(0, 80))}`, {
        disposition: "give-up",
        topic,
      });
    }
    if (this.#maximumPacketSize === Number.POSITIVE_INFINITY) return;
    const size = Buffer.byteLength(topic) + Buffer.byteLength(payload) + propertyBytes(properties) + PACKET_OVERHEAD;
    if (size > this.#maximumPacketSize) {
      throw new MqttError(
        "MQTT_TOO_LARGE",
        `a message on ${topic} has ${size} bytes, the broker takes ${this.#maximumPacketSize}`,
        { disposition: "fix-config", hint: "raise the broker's packet size limit", topic },
      );
    }
  }

  #send(topic: string, payload: string, { retain, properties }: PublishOptions): Promise<void> {
    const options: IClientPublishOptions = { qos: 1, retain, ...(properties && { properties: { ...properties } }) };
    let messageId = 0;
    const ask = (resolve: () => void, reject: (error: Error) => void) => {
      this.#client.publish(topic, payload, options, (error) => {
        if (error) reject(publishFailure(topic, error));
        else resolve();
      });
      messageId = this.#client.getLastMessageId();
    };
    const late = () => {
      // Otherwise MQTT.js would keep it for as long as the connection lives.
      this.#client.removeOutgoingMessage(messageId);
      return new MqttError("MQTT_TIMEOUT", `the broker did not confirm ${topic} in time`, {
        disposition: "retry",
        topic,
      });
    };
    return this.#unanswered.ask(ask, late);
  }
}

function publishFailure(topic: string, error: Error): MqttError {
  const { code } = error as { readonly code?: unknown };
  return typeof code === "number" && code >= 0x80 ? publishRefusal(topic, code, error) : lost(topic, toError(error));
}

function propertyBytes(properties: PublishProperties | undefined): number {
  if (properties === undefined) return 0;
  const { responseTopic = "", contentType = "", correlationData } = properties;
  return Buffer.byteLength(responseTopic) + Buffer.byteLength(contentType) + (correlationData?.length ?? 0) + 20;
}
