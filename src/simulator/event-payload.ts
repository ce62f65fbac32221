import type { JsonObject, JsonValue } from "../lib/json.ts";
import type { CarDescription } from "./car.ts";
import type { StoredSignal } from "./signal.ts";
import { signalName } from "./signal-names.ts";
import { webhookSignal } from "./signal-wire.ts";

/** Ways in which VEHICLE_STATE has been written over time; Smartcar sends B now. */
export const GENERATIONS = ["A", "B", "C", "D", "E"] as const;
export type Generation = (typeof GENERATIONS)[number];

export type Triggers = "FIRST_DELIVERY" | readonly string[];

/** What an attempt adds to an event. */
export interface DeliveryMeta {
  readonly deliveryId: string;
  readonly deliveredAt: number;
  readonly webhookId: string;
  readonly webhookName: string;
  readonly mode: "LIVE" | "TEST";
  readonly sequence: number | null;
}

export interface StateEvent {
  readonly eventId: string;
  readonly car: CarDescription;
  readonly signals: readonly StoredSignal[];
  readonly triggers: Triggers;
}

/** One reported fault of a car or account, as a VEHICLE_ERROR carries it. */
export interface VehicleFault {
  readonly type: string;
  readonly code: string | null;
  readonly state: "ERROR" | "RESOLVED";
  readonly description?: string | undefined;
  readonly suggestedUserMessage?: string | undefined;
  readonly resolution?: { readonly type: string | null; readonly url?: string | undefined } | undefined;
  readonly signals?: readonly string[] | undefined;
}

export function statePayload(generation: Generation, event: StateEvent, meta: DeliveryMeta): JsonObject {
  const head = { eventId: event.eventId, eventType: "VEHICLE_STATE" };
  const { user, vehicle } = partiesOf(event.car);
  const signals = event.signals.map(webhookSignal);
  switch (generation) {
    case "A":
      return {
        ...head,
        data: { user, vehicle, signals: signals.map(withoutSuccessStatus) },
        triggers: triggersOf(event.triggers, ({ group, name }) => ({
          type: "SIGNAL_UPDATED",
          signal: `${group}.${name}`,
        })),
        meta: { deliveryId: meta.deliveryId, deliveredAt: meta.deliveredAt },
      };
    case "B":
      return {
        ...head,
        data: { user, vehicle, signals },
        triggers: triggersOf(event.triggers, (signal) => ({ type: "SIGNAL_UPDATED", signal })),
        meta: { ...metaOf(meta), signalCount: signals.length },
      };
    case "C":
      return {
        ...head,
        vehicleId: event.car.vehicleId,
        userId: event.car.userId,
        data: {
          signals: signals.map(withFetchedAt),
          triggers: event.triggers === "FIRST_DELIVERY" ? [{ code: "FIRST_DELIVERY" }] : event.triggers.map(nameOf),
        },
        meta: metaOf(meta),
      };
    case "D":
      return {
        ...head,
        data: {
          user,
          vehicle,
          signals,
          triggers: triggersOf(event.triggers, (signal) => ({ type: "SIGNAL_UPDATED", signal })),
          meta: { ...metaOf(meta), deliveryTimestamp: new Date(meta.deliveredAt).toISOString() },
        },
      };
    case "E":
      return {
        ...head,
        data: {
          vehicle,
          triggers: event.triggers === "FIRST_DELIVERY" ? ["FIRST_DELIVERY"] : event.triggers.map(dottedName),
          signals: Object.fromEntries(signals.map((signal) => [dottedName(String(signal["code"])), signal])),
        },
        meta: metaOf(meta),
      };
  }
}

export function errorPayload(
  eventId: string,
  car: CarDescription,
  faults: readonly VehicleFault[],
  meta: DeliveryMeta,
): JsonObject {
  return {
    eventId,
    eventType: "VEHICLE_ERROR",
    data: { ...partiesOf(car), errors: faults.map(faultEntry) },
    meta: metaOf(meta),
  };
}

function faultEntry(fault: VehicleFault): JsonObject {
  const { description, suggestedUserMessage, resolution } = fault;
  return {
    type: fault.type,
    code: fault.code,
    state: fault.state,
    ...(description === undefined ? {} : { description }),
    ...(suggestedUserMessage === undefined ? {} : { suggestedUserMessage }),
    ...(resolution === undefined
      ? {}
      : {
          resolution:
            resolution.url === undefined ? { type: resolution.type } : { type: resolution.type, url: resolution.url },
        }),
    signals: (fault.signals ?? []).map(nameOf),
  };
}

function partiesOf(car: CarDescription): { user: JsonObject; vehicle: JsonObject } {
  const { vehicleId, userId, externalId, make, model, year, powertrainType, mode } = car;
  return {
    user: externalId === null ? { id: userId } : { id: userId, externalId },
    vehicle: { id: vehicleId, make, model, year, powertrainType, mode },
  };
}

function metaOf({ sequence, ...meta }: DeliveryMeta): JsonObject {
  return { version: "4.0", ...meta, ...(sequence === null ? {} : { sequence }) };
}

function triggersOf(
  triggers: Triggers,
  write: (name: { code: string; name: string; group: string }) => JsonObject,
): JsonValue {
  if (triggers === "FIRST_DELIVERY") return [{ type: "FIRST_DELIVERY" }];
  return triggers.map((code) => write(nameOf(code)));
}

function nameOf(code: string): { code: string; name: string; group: string } {
  const { name, group } = signalName(code);
  return { code, name, group };
}

function dottedName(code: string): string {
  const { name, group } = signalName(code);
  return `${group}.${name}`;
}

/** Before November 2025 a success had no status at all. */
function withoutSuccessStatus({ status, ...signal }: JsonObject): JsonObject {
  return signal["body"] === undefined && status !== undefined ? { ...signal, status } : signal;
}

function withFetchedAt(signal: JsonObject): JsonObject {
  const meta = signal["meta"];
  if (meta === undefined || meta === null || typeof meta !== "object" || Array.isArray(meta)) return signal;
  const { retrievedAt, ...times } = meta as JsonObject;
  return { ...signal, meta: retrievedAt === undefined ? times : { ...times, fetchedAt: retrievedAt } };
}
