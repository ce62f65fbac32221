import { asString, isObject, type JsonValue, parseJson } from "../lib/json.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import type { CommandName } from "./catalogue.ts";

/** Where the answer goes besides the result topic (MQTT 5). */
export interface ReplyAddress {
  readonly responseTopic: string | null;
  /** Base64, so that it can be kept in the database. */
  readonly correlationData: string | null;
}

export const NO_REPLY_ADDRESS: ReplyAddress = { responseTopic: null, correlationData: null };

/** One asking of a command, as it came in. */
export interface CommandRequest {
  /** The caller's, or ours. */
  readonly id: string;
  readonly topic: string;
  /** null when no vehicle has that topic name. */
  readonly vehicle: Vehicle | null;
  readonly command: CommandName;
  readonly value: JsonValue;
  /** When it was given: the caller's `at`, else its arrival. Epoch milliseconds. */
  readonly requestedAt: number;
  readonly receivedAt: number;
  /** After this instant it is not to be carried out (MQTT 5 message expiry), or null. */
  readonly expiresAt: number | null;
  readonly retained: boolean;
  readonly reply: ReplyAddress;
  /** Set when the payload could not be read at all. */
  readonly unreadable: string | null;
}

export interface Payload {
  readonly value: JsonValue;
  readonly id: string | null;
  readonly at: number | null;
  readonly unreadable: string | null;
}

const MAX_PAYLOAD_BYTES = 16 * 1024;
const MAX_ID_LENGTH = 200;

/**
 * Reads a `/set` payload: a plain word or number, or JSON `{"value", "id"?, "at"?}`. A JSON object without `value` is
 * the value itself (`destination`, `charge_schedule`), with `id` and `at` beside it.
 */
export function readPayload(bytes: Buffer): Payload {
  if (bytes.length > MAX_PAYLOAD_BYTES) return unreadable("the payload is larger than 16 KiB");
  const text = bytes.toString("utf8").trim();
  const parsed = /^[{["]/.test(text) ? parseJson(text) : undefined;
  if (parsed === undefined) {
    return text.startsWith("{") || text.startsWith("[")
      ? unreadable("the payload looks like JSON but is none")
      : { value: text, id: null, at: null, unreadable: null };
  }
  if (!isObject(parsed)) return { value: parsed, id: null, at: null, unreadable: null };
  const { id, at, ...rest } = parsed;
  const time = at === undefined || at === null ? null : typeof at === "string" ? Date.parse(at) : Number.NaN;
  if (time !== null && Number.isNaN(time)) return unreadable("`at` is no ISO time");
  const idText = typeof id === "number" ? String(id) : asString(id);
  if (idText !== undefined && idText.length > MAX_ID_LENGTH) return unreadable("`id` is longer than 200 characters");
  const value = "value" in rest ? rest["value"] : rest;
  return { value: (value ?? null) as JsonValue, id: idText ?? null, at: time, unreadable: null };
}

function unreadable(reason: string): Payload {
  return { value: null, id: null, at: null, unreadable: reason };
}
