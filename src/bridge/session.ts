import type { IPublishPacket } from "mqtt";
import { type BackoffPolicy, backoffDelay, type Random } from "../lib/backoff.ts";
import { type Clock, sleep, type Timer, withTimeout } from "../lib/clock.ts";
import { minutes, seconds } from "../lib/duration.ts";
import { toError } from "../lib/errors.ts";
import { Events } from "../lib/events.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { Log } from "../lib/log.ts";
import { connectFailure, lossReason } from "./connect-failure.ts";
import { type BrokerConnect, Connection, type ConnectionEnd, type PublishOptions } from "./connection.ts";
import { mqttConnect } from "./mqtt-client.ts";
import { lost, MqttError } from "./mqtt-error.ts";
import type { SessionEvents, SessionStatus } from "./session-events.ts";
import { SessionNews } from "./session-news.ts";
import { type BrokerSettings, brokerLabel, brokerWarnings, sessionOptions } from "./session-options.ts";
import { type SubscribeOptions, Subscriptions } from "./subscriptions.ts";
import { TakeoverWatch } from "./takeover.ts";

export interface SessionOptions {
  readonly broker: BrokerSettings;
  /** Retained there: `offline` as last will and at the end. Saying `online` is the publisher's. */
  readonly stateTopic: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Test seam. */
  readonly connect?: BrokerConnect;
}

/** A broker that says no does not change its mind soon. */
const REFUSED: BackoffPolicy = { initialMs: seconds(1), factor: 2, maxMs: seconds(60), jitter: 0.3 };
/** One that is away may be back any moment, and everything is to be there within 5 s then; knocking costs next to nothing. */
const AWAY: BackoffPolicy = { ...REFUSED, maxMs: seconds(3) };
const CONNECT_LIMIT_MS = seconds(20);
const ANSWER_LIMIT_MS = seconds(20);
/** A session this old was a good one. */
const SETTLED_MS = seconds(10);
const QUICK_LOSSES = 3;
const TAKEOVER_PAUSE_MS = minutes(5);
/** Brokers send what is stored right after their answer to a subscription. */
const RECALL_MS = 200;
const GOODBYE_LIMIT_MS = seconds(2);

export const OFFLINE = "offline";

/** The bridge's session with the broker: always trying to have one, never queueing anything while it has none. */
export class Session implements Part {
  readonly events: Events<SessionEvents>;
  readonly #options: SessionOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #label: string;
  readonly #subscriptions: Subscriptions;
  readonly #takeover = new TakeoverWatch(SETTLED_MS, QUICK_LOSSES);
  readonly #news: SessionNews;
  #running = false;
  #connection: Connection | undefined;
  #connected = false;
  #failures = 0;
  #timer: Timer | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#label = brokerLabel(options.broker.url);
    this.#subscriptions = new Subscriptions(options.broker.version === "5");
    this.events = new Events((event, error) =>
      this.#log.error({ event, err: error }, "a listener of the MQTT session failed"),
    );
    this.#news = new SessionNews({
      label: this.#label,
      clientId: options.broker.clientId,
      clock: options.clock,
      log: options.log,
      onStatus: (status) => this.events.emit("status", status),
    });
  }

  /** Returns at once: a broker that is away is normal. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#news.connecting(this.#warnings());
    this.#attempt();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#timer?.cancel();
    const connection = this.#connection;
    if (connection !== undefined && this.#connected) {
      await this.#sayOffline(connection);
      await connection.end(GOODBYE_LIMIT_MS);
    }
    connection?.abort();
    this.#news.stopped();
  }

  status(): SessionStatus {
    return this.#news.status;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** How many publishes may wait for the broker's confirmation at the same time. */
  get receiveMaximum(): number {
    return this.#connection?.receiveMaximum ?? 1;
  }

  /** Subscribes in every session from now on, and in the present one. */
  subscribe(filter: string, options: SubscribeOptions = {}): void {
    const connection = this.#connection;
    if (!this.#subscriptions.add(filter, options) || connection === undefined || !this.#connected) return;
    this.#subscriptions.apply(connection, [filter]).then(
      () => this.#connected && this.#news.connected(this.#subscriptions.refused),
      (error: unknown) => connection.abort(toError(error)),
    );
  }

  /**
   * Has the broker send once more what it stores under a filter we are subscribed to; it arrives as messages with the
   * retain flag, and has arrived when this resolves. In MQTT 3.1.1 the only way to learn whether a live message is
   * stored.
   *
   * @throws MqttError when the session was lost meanwhile
   */
  async recall(filter: string): Promise<void> {
    const connection = this.#connection;
    if (connection === undefined || !this.#connected) throw offline(filter);
    await connection.subscribe([filter], { qos: 1 });
    await sleep(this.#clock, RECALL_MS);
    if (connection !== this.#connection || !this.#connected) throw offline(filter);
  }

  /**
   * Publishes with QoS 1 and resolves when the broker confirmed. Nothing is kept for later: without a session it fails.
   *
   * @throws MqttError
   */
  publish(topic: string, payload: string, options: PublishOptions): Promise<void> {
    if (this.#connection === undefined || !this.#connected) return Promise.reject(offline(topic));
    return this.#connection.publish(topic, payload, options);
  }

  #attempt(): void {
    this.#open().catch((error: unknown) => {
      if (this.#running) this.#failed(toError(error));
    });
  }

  async #open(): Promise<void> {
    const will = { topic: this.#options.stateTopic, payload: OFFLINE };
    const options = await sessionOptions(this.#options.broker, will);
    if (!this.#running || this.#connection !== undefined) return;
    const client = (this.#options.connect ?? mqttConnect)(options);
    const connection = new Connection(client, this.#clock, ANSWER_LIMIT_MS, {
      opened: () => void this.#opened(connection),
      message: (topic, payload, packet) => this.#onMessage(topic, payload, packet),
      ended: (end) => this.#ended(connection, end),
    });
    this.#connection = connection;
    this.#timer = this.#clock.after(CONNECT_LIMIT_MS, () => connection.abort(noAnswer(this.#label)));
  }

  async #opened(connection: Connection): Promise<void> {
    this.#timer?.cancel();
    // Subscribed before anybody hears of the session: `online` promises that commands are listened to.
    try {
      await this.#subscriptions.applyAll(connection);
    } catch (error) {
      connection.abort(toError(error));
    }
    if (!connection.isOpen) return;
    this.#connected = true;
    this.#news.opened();
    this.#news.connected(this.#subscriptions.refused);
    this.events.emit("connected", undefined);
  }

  #onMessage(topic: string, payload: Buffer, packet: IPublishPacket): void {
    const { responseTopic, correlationData, messageExpiryInterval } = packet.properties ?? {};
    this.events.emit("message", {
      topic,
      payload,
      retain: packet.retain,
      properties: {
        ...(responseTopic !== undefined && { responseTopic }),
        ...(correlationData !== undefined && { correlationData }),
        ...(messageExpiryInterval !== undefined && { messageExpiryInterval }),
      },
    });
  }

  #ended(connection: Connection, end: ConnectionEnd): void {
    if (this.#connection !== connection) return;
    this.#timer?.cancel();
    this.#connection = undefined;
    if (this.#connected) {
      this.#connected = false;
      this.events.emit("disconnected", undefined);
    }
    if (!this.#running) return;
    // Thrown out before the subscriptions were answered is a lost session too.
    if (end.lastedMs === null) this.#failed(end.error);
    else this.#lost(end.lastedMs, end);
  }

  #failed(error: Error | null): void {
    const failure = connectFailure(this.#label, error);
    this.#takeover.failed();
    this.#failures++;
    this.#news.failed(failure);
    this.#retryIn(backoffDelay(failure.refused ? REFUSED : AWAY, this.#failures, this.#options.random));
  }

  #lost(lastedMs: number, { error, reasonCode }: ConnectionEnd): void {
    this.#failures = lastedMs < SETTLED_MS ? this.#failures + 1 : 1;
    if (this.#takeover.lost(lastedMs, reasonCode)) {
      this.#news.takenOver();
      this.#retryIn(TAKEOVER_PAUSE_MS);
      return;
    }
    this.#news.lost(lossReason(error, reasonCode), lastedMs);
    this.#retryIn(backoffDelay(AWAY, this.#failures, this.#options.random));
  }

  #retryIn(delayMs: number): void {
    this.#timer = this.#clock.after(delayMs, () => this.#attempt());
  }

  async #sayOffline(connection: Connection): Promise<void> {
    const { stateTopic } = this.#options;
    const said = connection.publish(stateTopic, OFFLINE, { retain: true });
    try {
      await withTimeout(this.#clock, GOODBYE_LIMIT_MS, said, () => lost(stateTopic));
    } catch (error) {
      this.#log.debug({ err: error }, "the broker did not confirm our goodbye");
    }
  }

  #warnings(): string[] {
    try {
      return brokerWarnings(this.#options.broker);
    } catch {
      // An address that cannot be read is told by the attempt.
      return [];
    }
  }
}

function offline(topic: string): MqttError {
  return new MqttError("MQTT_OFFLINE", "not connected to the broker", { disposition: "retry", topic });
}

function noAnswer(label: string): MqttError {
  return new MqttError("MQTT_NO_ANSWER", `${label} accepts the connection, but does not answer as an MQTT broker`, {
    disposition: "retry",
    hint: "does the scheme in mqtt.url (mqtt, mqtts, ws, wss) fit the port?",
  });
}
