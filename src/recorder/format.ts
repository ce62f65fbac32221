import type { JsonValue } from "../lib/json.ts";

/** First line of a recording. A reader refuses a format or a version it does not know. */
export const FORMAT = "smartcar2mqtt-recording";
export const FORMAT_VERSION = 1;

export interface Header {
  readonly format: typeof FORMAT;
  readonly version: typeof FORMAT_VERSION;
  /** Version of the program that recorded. */
  readonly program: string;
  readonly node: string;
  /** The time the recording covers, ISO 8601 in UTC as every `at`. */
  readonly from: string;
  readonly to: string;
  /** What of the configuration decides how things go. */
  readonly settings: Readonly<Record<string, JsonValue>>;
  readonly entries: number;
  /** Entries and cars that did not fit any more. */
  readonly left_out: number;
}

/** A car as it was known when the recording began. */
export interface CarEntry {
  readonly kind: "car";
  readonly vehicle: {
    readonly id: string;
    readonly user_id: string;
    readonly make: string | null;
    readonly model: string | null;
    readonly year: number | null;
    readonly powertrain: string | null;
    readonly mode: string | null;
    readonly permissions: readonly string[];
    readonly connected: boolean;
  };
  readonly signals: readonly KnownSignal[];
}

export interface KnownSignal {
  readonly code: string;
  readonly status: string;
  readonly error: { readonly type: string; readonly code: string | null } | null;
  readonly body: JsonValue;
  /** Epoch milliseconds. */
  readonly oem_updated_at: number | null;
  readonly retrieved_at: number | null;
}

/** One request to the webhook, with what became of it. Of what nobody signed, no body. */
export interface DeliveryEntry {
  readonly kind: "delivery";
  readonly at: string;
  readonly outcome: string;
  readonly cause: string | null;
  readonly event_id: string | null;
  readonly vehicle_id: string | null;
  readonly bytes: number;
  readonly body: JsonValue;
}

/** One call to Smartcar, at its end. */
export interface CallEntry {
  readonly kind: "call";
  readonly at: string;
  readonly method: string;
  readonly path: string;
  /** Null when no answer came; `error` says why. */
  readonly status: number | null;
  readonly error: string | null;
  readonly request_id: string | null;
  readonly retry_after: string | null;
  readonly duration_ms: number;
  /** Of lists, vehicles, signals and refusals; null for every other. */
  readonly body: JsonValue;
}

/** A message to a command topic. */
export interface CommandEntry {
  readonly kind: "command";
  readonly at: string;
  readonly vehicle_id: string | null;
  readonly command: string;
  readonly payload: JsonValue;
  readonly retained: boolean;
}

/** A message to `bridge/request/<name>`. */
export interface RequestEntry {
  readonly kind: "request";
  readonly at: string;
  readonly name: string;
  readonly payload: JsonValue;
}

/** The result of a command. */
export interface ResultEntry {
  readonly kind: "result";
  readonly at: string;
  readonly vehicle_id: string | null;
  readonly command: string;
  readonly status: string;
  readonly confirmed: boolean;
  readonly error: { readonly type: string; readonly code: string | null } | null;
  readonly duration_ms: number;
  readonly calls: number;
}

/** The MQTT session changed its state. */
export interface MqttEntry {
  readonly kind: "mqtt";
  readonly at: string;
  readonly state: string;
}

/** One line after the first. */
export type Entry = CarEntry | DeliveryEntry | CallEntry | CommandEntry | RequestEntry | ResultEntry | MqttEntry;
