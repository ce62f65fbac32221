import { isObject, type JsonObject, type JsonValue } from "../lib/json.ts";

/** Members that tell when something was; what else is a time belongs to the car's own story and stays. */
const TIMES = /^(oemUpdatedAt|retrievedAt|ingestedAt|fetchedAt|deliveredAt|deliveryTimestamp|createdAt|updatedAt)$/;
const LATEST_S = 5e9;
const EARLIEST_S = 1e9;

/**
 * Moves the times of a recording to the replay: what was said to be five minutes old then is five minutes old now. Within
 * the recording time runs as fast as the replay does.
 */
export class ReplayTimes {
  readonly #from: number;
  readonly #beganAt: number;
  readonly #speed: number;

  /** @param from start of the recording, @param beganAt start of the replay, both epoch milliseconds */
  constructor(from: number, beganAt: number, speed: number) {
    this.#from = from;
    this.#beganAt = beganAt;
    this.#speed = speed;
  }

  /** When an instant of the recording comes in the replay. */
  at(recorded: number): number {
    const passed = recorded - this.#from;
    return Math.round(this.#beganAt + (passed > 0 ? passed / this.#speed : passed));
  }

  /** A document with its times moved, each in the form it had; what is no usable time stays as it is. */
  moved<T extends JsonValue>(json: T): T {
    return this.#value("", json) as T;
  }

  #value(name: string, value: JsonValue): JsonValue {
    if (TIMES.test(name)) return this.#time(value);
    if (Array.isArray(value)) return (value as readonly JsonValue[]).map((item) => this.#value(name, item));
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value as JsonObject).map(([key, inner]) => [key, this.#value(key, inner)]),
    );
  }

  #time(value: JsonValue): JsonValue {
    if (typeof value === "number") {
      if (value >= EARLIEST_S && value < LATEST_S) return Math.round(this.at(value * 1_000) / 1_000);
      return value >= EARLIEST_S * 1_000 && value < LATEST_S * 1_000 ? this.at(value) : value;
    }
    if (typeof value !== "string" || !/^\d{4}-\d\d-\d\dT/.test(value)) return value;
    const time = Date.parse(value);
    return Number.isNaN(time) ? value : new Date(this.at(time)).toISOString();
  }
}
