import { AppError, type AppErrorOptions } from "../lib/errors.ts";

/**
 * - `MQTT_OFFLINE`: not connected, nothing was sent
 * - `MQTT_LOST`: the connection broke before the broker confirmed; it may or may not have the message
 * - `MQTT_TIMEOUT`: the broker did not confirm in time
 * - `MQTT_DENIED`: the broker refuses this topic to us (ACL)
 * - `MQTT_NOT_ACCEPTED`: the broker refuses it for now (quota, busy)
 * - `MQTT_TOO_LARGE`: larger than the broker takes; not sent
 * - `MQTT_TOPIC_INVALID`: no topic one can publish to; not sent
 * - `MQTT_TLS_FILE`: a certificate or key file cannot be read
 * - `MQTT_TLS_UNUSED`: TLS files are configured, yet the URL is a plain one
 * - `MQTT_NO_ANSWER`: something accepts the connection, but does not answer as a broker
 * - `MQTT_URL_INVALID`: the broker's address cannot be understood
 */
export type MqttErrorCode =
  | "MQTT_OFFLINE"
  | "MQTT_LOST"
  | "MQTT_TIMEOUT"
  | "MQTT_DENIED"
  | "MQTT_NOT_ACCEPTED"
  | "MQTT_TOO_LARGE"
  | "MQTT_TOPIC_INVALID"
  | "MQTT_TLS_FILE"
  | "MQTT_TLS_UNUSED"
  | "MQTT_NO_ANSWER"
  | "MQTT_URL_INVALID";

export interface MqttErrorDetails extends AppErrorOptions {
  readonly topic?: string;
  readonly reasonCode?: number;
}

/** A failure between us and the broker. */
export class MqttError extends AppError {
  override readonly name = "MqttError";
  override readonly code: MqttErrorCode;
  readonly topic: string | null;
  readonly reasonCode: number | null;

  constructor(code: MqttErrorCode, message: string, details: MqttErrorDetails) {
    super(code, message, details);
    this.code = code;
    this.topic = details.topic ?? null;
    this.reasonCode = details.reasonCode ?? null;
  }
}

/** Reason codes by which a broker says "never", not "not now". */
const PERMANENT = new Set([135, 144, 153, 154, 155]);

/** The broker's negative answer to one publish. */
export function publishRefusal(topic: string, reasonCode: number, cause: unknown): MqttError {
  const details = { topic, reasonCode, cause };
  if (reasonCode === 149) {
    return new MqttError("MQTT_TOO_LARGE", `the broker found the message on ${topic} too large`, {
      ...details,
      disposition: "give-up",
    });
  }
  if (PERMANENT.has(reasonCode)) {
    return new MqttError("MQTT_DENIED", `the broker does not let us publish on ${topic} (reason ${reasonCode})`, {
      ...details,
      disposition: "fix-config",
      hint: "allow it in the broker's access list",
    });
  }
  return new MqttError("MQTT_NOT_ACCEPTED", `the broker did not accept a message on ${topic} (reason ${reasonCode})`, {
    ...details,
    disposition: "retry",
  });
}

export function lost(topic: string, cause?: unknown): MqttError {
  return new MqttError("MQTT_LOST", `the connection was lost before the broker confirmed ${topic}`, {
    disposition: "retry",
    topic,
    cause,
  });
}
