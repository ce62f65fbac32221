import { createHash } from "node:crypto";
import { asString, isObject, parseJson } from "../lib/json.ts";
import type { SignalCode, VehicleId } from "../vehicle/ids.ts";
import type { Batch, ProblemReport } from "../vehicle/observation.ts";
import { readVehicleId } from "./connection.ts";
import { messageOf, readResolution, words } from "./error-body.ts";
import { readSignals } from "./normalise.ts";
import { codesOf } from "./signal-code.ts";
import { readTime } from "./timestamps.ts";

/** What every event says of itself. */
export interface EventHead {
  /** Same on every attempt; a digest of the bytes when the payload carries none. */
  readonly eventId: string;
  /** As Smartcar wrote it, `unknown` when it wrote none. */
  readonly eventType: string;
  readonly vehicleId: VehicleId | null;
  /** When Smartcar sent it, null when it did not say. */
  readonly deliveredAt: number | null;
  readonly sequence: number | null;
}

/** A webhook body, whatever generation it is of (fact sheet 10.2 to 10.5). */
export type WebhookEvent =
  /** Smartcar asks whether the callback is ours. `challenge` is as it came: it must be checked before it is hashed. */
  | { readonly kind: "verify"; readonly challenge: unknown }
  | {
      readonly kind: "vehicle";
      readonly head: EventHead;
      readonly batch: Batch;
      /** The first delivery after a subscription. */
      readonly first: boolean;
      readonly triggers: readonly SignalCode[];
      /** Entries that could not be named. */
      readonly skipped: number;
    }
  /** Nothing to apply; `why` is a short constant, or names the type. */
  | { readonly kind: "unusable"; readonly head: EventHead; readonly why: string };

const MAX_EVENT_ID_LENGTH = 200;
type Fields = Record<string, unknown>;

/** Reads a body that is known to come from Smartcar. Never throws: what cannot be understood is `unusable`. */
export function readEvent(body: Buffer, receivedAt: number): WebhookEvent {
  const payload = parsePayload(body);
  if (payload === null) return { kind: "unusable", head: headOf({}, body), why: "malformed: no JSON object" };
  if (isVerify(payload)) return { kind: "verify", challenge: challengeOf(payload) };
  const head = headOf(payload, body);
  const why = reasonToIgnore(payload, head);
  return why === null ? vehicleEvent(payload, head, receivedAt) : { kind: "unusable", head, why };
}

/** The challenge if this body asks for verification, else undefined: the one question a stranger may ask. */
export function readVerify(body: Buffer): { readonly challenge: unknown } | undefined {
  const payload = parsePayload(body);
  return payload !== null && isVerify(payload) ? { challenge: challengeOf(payload) } : undefined;
}

function parsePayload(body: Buffer): Fields | null {
  const text = body.toString("utf8");
  const json = parseJson(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  return isObject(json) ? json : null;
}

function isVerify(payload: Fields): boolean {
  const type = asString(payload["eventType"]) ?? asString(payload["eventName"]);
  if (type !== undefined) return type.toUpperCase() === "VERIFY";
  // One client saw nothing but the challenge.
  return typeof payload["challenge"] === "string" && payload["data"] === undefined;
}

function challengeOf(payload: Fields): unknown {
  return object(payload["data"])["challenge"] ?? object(payload["payload"])["challenge"] ?? payload["challenge"];
}

function headOf(payload: Fields, body: Buffer): EventHead {
  const data = object(payload["data"]);
  const meta = metaOf(payload, data);
  const id = payload["eventId"];
  const eventId = typeof id === "number" ? String(id) : (asString(id) ?? "");
  const usableId = eventId !== "" && eventId.length <= MAX_EVENT_ID_LENGTH;
  return {
    eventId: usableId ? eventId : `sha256:${createHash("sha256").update(body).digest("hex")}`,
    eventType: (asString(payload["eventType"]) ?? asString(payload["eventName"]) ?? "unknown").slice(0, 64),
    vehicleId: readVehicleId(payload["vehicleId"] ?? object(data["vehicle"])["id"] ?? data["vehicleId"]),
    deliveredAt:
      readTime(meta["deliveredAt"]) ??
      readTime(meta["deliveryTimestamp"]) ??
      readTime(payload["deliveryTimestamp"]) ??
      readTime(data["deliveryTimestamp"]),
    sequence: readSequence(meta["sequence"] ?? payload["sequence"] ?? data["sequence"]),
  };
}

function reasonToIgnore(payload: Fields, head: EventHead): string | null {
  const data = object(payload["data"]);
  const mode = metaOf(payload, data)["mode"] ?? payload["mode"] ?? data["mode"];
  const type = head.eventType.toUpperCase();
  if (type === "TEST" || (typeof mode === "string" && mode.toUpperCase() === "TEST")) return "test";
  if (payload["eventType"] === undefined && payload["eventName"] !== undefined) return "version 2 event";
  if (type !== "VEHICLE_STATE" && type !== "VEHICLE_ERROR") return `unknown type ${head.eventType}`;
  return head.vehicleId === null ? "malformed: no vehicle" : null;
}

function vehicleEvent(payload: Fields, head: EventHead, receivedAt: number): WebhookEvent {
  const data = object(payload["data"]);
  const toldAt = head.deliveredAt ?? receivedAt;
  const wireSignals = data["signals"] ?? payload["signals"];
  const wireErrors = data["errors"] ?? payload["errors"] ?? (isObject(data["error"]) ? [data["error"]] : undefined);
  const read = readSignals(wireSignals, { source: "webhook", receivedAt, toldAt, sequence: head.sequence });
  const problems = Array.isArray(wireErrors)
    ? wireErrors.filter(isObject).map((error) => readProblem(error, toldAt))
    : [];
  if (head.vehicleId === null || (read === null && problems.length === 0)) {
    return { kind: "unusable", head, why: "malformed: neither signals nor errors" };
  }
  const triggers = arrayOf(payload["triggers"] ?? data["triggers"]);
  return {
    kind: "vehicle",
    head,
    first: triggers.some(isFirstDelivery),
    triggers: codesOf(triggers.filter((trigger) => !isFirstDelivery(trigger)).map(triggerSignal)),
    skipped: read?.skipped ?? 0,
    batch: {
      vehicleId: head.vehicleId,
      source: "webhook",
      receivedAt,
      observations: read?.observations ?? [],
      problems,
    },
  };
}

function readProblem(error: Fields, at: number): ProblemReport {
  const state = asString(error["state"])?.toUpperCase();
  return {
    state: state === "RESOLVED" ? "RESOLVED" : "ERROR",
    type: asString(error["type"]) ?? "UNKNOWN",
    code: asString(error["code"]) ?? null,
    message: words(error["suggestedUserMessage"]) ?? messageOf(error),
    ...readResolution(error["resolution"]),
    at,
    signals: codesOf(error["signals"]),
  };
}

function isFirstDelivery(trigger: unknown): boolean {
  const mark = isObject(trigger) ? (trigger["type"] ?? trigger["code"]) : trigger;
  return mark === "FIRST_DELIVERY" || (isObject(trigger) && trigger["code"] === "FIRST_DELIVERY");
}

/** The signal stands in `signal` (object or text), or the trigger itself is it. */
function triggerSignal(trigger: unknown): unknown {
  return isObject(trigger) && trigger["signal"] !== undefined ? trigger["signal"] : trigger;
}

function readSequence(value: unknown): number | null {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : null;
}

function metaOf(payload: Fields, data: Fields): Fields {
  return isObject(payload["meta"]) ? payload["meta"] : object(data["meta"]);
}

function object(value: unknown): Fields {
  return isObject(value) ? value : {};
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
