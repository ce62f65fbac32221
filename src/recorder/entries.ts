import { type JsonValue, parseJson } from "../lib/json.ts";
import type { Observation } from "../vehicle/observation.ts";
import type { VehicleState } from "../vehicle/state.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import { callPath, tellsOfCars } from "./call-path.ts";
import type { CallEntry, CarEntry, DeliveryEntry, KnownSignal, ResultEntry } from "./format.ts";
import type { Redaction } from "./redaction.ts";
import { isUuid } from "./words.ts";

/** One request to the webhook. */
export interface DeliveryFacts {
  readonly at: number;
  readonly outcome: string;
  readonly cause: string | null;
  readonly eventId: string | null;
  readonly vehicleId: string | null;
  readonly bytes: number;
}

/** One call that ended. */
export interface CallFacts {
  readonly method: string;
  readonly path: string;
  readonly status: number | null;
  readonly code: string | null;
  readonly requestId: string | null;
  readonly durationMs: number;
}

/** Its answer, if there was one. */
export interface AnswerFacts {
  readonly text: string;
  readonly header: (name: string) => string | undefined;
}

/** One answered command. */
export type ResultFacts = Omit<ResultEntry, "kind" | "at" | "vehicle_id">;

/** Longer texts are not looked into: no answer of a car is that long. */
const LONGEST = 1024 * 1024;

/** @param raw what was delivered; null for what nobody signed */
export function deliveryEntry(facts: DeliveryFacts, raw: string | null, redaction: Redaction): DeliveryEntry {
  const { outcome, cause, eventId, vehicleId, bytes } = facts;
  return {
    kind: "delivery",
    at: iso(facts.at),
    outcome,
    cause: cause === null ? null : redaction.words(cause),
    event_id: eventId === null ? null : redaction.id(eventId),
    vehicle_id: vehicleId === null ? null : redaction.id(vehicleId),
    bytes,
    body: raw === null ? null : document(raw, redaction),
  };
}

export function callEntry(at: number, call: CallFacts, answer: AnswerFacts | null, redaction: Redaction): CallEntry {
  const { method, path, status, code, requestId, durationMs } = call;
  const isTold = answer !== null && (tellsOfCars(path) || (status !== null && status >= 400));
  return {
    kind: "call",
    at: iso(at),
    method,
    path: callPath(path, redaction),
    status,
    error: code,
    // Smartcar's support can find a call by it; nobody else can.
    request_id: requestId === null || isUuid(requestId) ? requestId : redaction.id(requestId),
    retry_after: retryAfter(answer?.header("retry-after")),
    duration_ms: durationMs,
    body: isTold ? document(answer.text, redaction) : null,
  };
}

export function resultEntry(
  at: number,
  vehicleId: string | null,
  result: ResultFacts,
  redaction: Redaction,
): ResultEntry {
  const { command, status, confirmed, error, duration_ms, calls } = result;
  return {
    kind: "result",
    at: iso(at),
    vehicle_id: vehicleId === null ? null : redaction.id(vehicleId),
    command,
    status,
    confirmed,
    error: error === null ? null : { type: redaction.words(error.type), code: wordsOf(error.code, redaction) },
    duration_ms,
    calls,
  };
}

/**
 * A car as it was known before an instant: of each signal what was held then and is still held. What came later stands in
 * the recording itself.
 */
export function carEntry(vehicle: Vehicle, state: VehicleState, before: number, redaction: Redaction): CarEntry {
  const { make, model, year, powertrain, mode, permissions, connected } = vehicle;
  const held = [...state.signals.values()].flatMap(({ value, complaint }) => [value, complaint]);
  return {
    kind: "car",
    vehicle: {
      id: redaction.id(vehicle.id),
      user_id: redaction.id(vehicle.userId),
      make: wordsOf(make, redaction),
      model: wordsOf(model, redaction),
      year,
      powertrain: wordsOf(powertrain, redaction),
      mode: wordsOf(mode, redaction),
      permissions: permissions.map((permission) => redaction.words(permission)),
      connected,
    },
    signals: held
      .filter((observation): observation is Observation => observation !== null && observation.receivedAt < before)
      .map((observation) => knownSignal(observation, redaction)),
  };
}

function knownSignal(observation: Observation, redaction: Redaction): KnownSignal {
  const { code, status, error, body, oemUpdatedAt, retrievedAt } = observation;
  return {
    code,
    status: redaction.words(status),
    error: error === null ? null : { type: redaction.words(error.type), code: wordsOf(error.code, redaction) },
    body: body === null ? null : redaction.body(code, body),
    oem_updated_at: oemUpdatedAt,
    retrieved_at: retrievedAt,
  };
}

function document(text: string, redaction: Redaction): JsonValue {
  const json = text.length > LONGEST ? undefined : parseJson(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  return json === undefined ? null : redaction.document(json);
}

function wordsOf(text: string | null, redaction: Redaction): string | null {
  return text === null ? null : redaction.words(text);
}

/** Seconds or an HTTP date; anything else says nothing. */
function retryAfter(header: string | undefined): string | null {
  const text = header?.trim() ?? "";
  return /^(\d{1,9}|[A-Za-z]{3}, [A-Za-z0-9: ]{1,30})$/.test(text) ? text : null;
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}
