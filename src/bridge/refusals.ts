import type { Log } from "../lib/log.ts";
import { MqttError } from "./mqtt-error.ts";

/** So many refused topics are named in the log in one session; the rest is only counted. */
const MAX_TOLD = 10;

/** Topics that the broker refuses in the present session, each told once. */
export class Refusals {
  readonly #log: Log;
  readonly #topics = new Set<string>();
  #told = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  get size(): number {
    return this.#topics.size;
  }

  add(topic: string, error: MqttError): void {
    this.#topics.add(topic);
    if (this.#told.size > MAX_TOLD || this.#told.has(topic)) return;
    this.#told.add(topic);
    const { code, message: reason, hint } = error;
    if (this.#told.size <= MAX_TOLD) this.#log.warn({ topic, code, reason, hint }, "the broker refuses a topic");
    else this.#log.warn({}, "the broker refuses more topics: they are only counted until the next session");
  }

  /** The broker has taken something on it after all. */
  remove(topic: string): void {
    this.#topics.delete(topic);
  }

  clear(): void {
    this.#topics.clear();
    this.#told = new Set();
  }
}

/** Will the broker say the same next time? */
export function isRefusal(error: unknown): error is MqttError {
  return (
    error instanceof MqttError &&
    (error.code === "MQTT_DENIED" || error.code === "MQTT_TOO_LARGE" || error.code === "MQTT_TOPIC_INVALID")
  );
}
