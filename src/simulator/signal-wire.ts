import type { JsonObject } from "../lib/json.ts";
import type { StoredSignal } from "./signal.ts";
import { signalName } from "./signal-names.ts";
import { inUnitSystem, type UnitSystem } from "./unit-system.ts";

/** A signal as the REST API writes it: JSON:API resource, ISO times, PERMISSION with the code "UNKNOWN". */
export function restSignal(signal: StoredSignal, self: string, units: UnitSystem): JsonObject {
  const { code, group, name } = signalName(signal.code);
  return {
    id: code,
    type: "signal",
    attributes: { code, name, group, status: restStatus(signal), ...bodyOf(signal, units) },
    meta: signal.meta ?? {
      oemUpdatedAt: iso(signal.oemUpdatedAt),
      retrievedAt: iso(signal.retrievedAt),
      ingestedAt: iso(signal.ingestedAt),
    },
    links: { self },
  };
}

/** A signal as deliveries of generation B carry it: flat, epoch milliseconds, PERMISSION with the code null. */
export function webhookSignal(signal: StoredSignal): JsonObject {
  const { code, group, name } = signalName(signal.code);
  const { status, error } = signal;
  const times = { oemUpdatedAt: signal.oemUpdatedAt, retrievedAt: signal.retrievedAt };
  return {
    code,
    name,
    group,
    ...bodyOf(signal, "metric"),
    status: error === null ? { value: status } : { value: status, error: { type: error.type, code: error.code } },
    // Errors come without times, unless an old body came with them.
    ...(error === null || signal.body !== null || signal.meta !== null ? { meta: signal.meta ?? times } : {}),
  };
}

function bodyOf({ body }: StoredSignal, units: UnitSystem): JsonObject {
  return body === null ? {} : { body: inUnitSystem(body, units) };
}

function restStatus({ status, error }: StoredSignal): JsonObject {
  if (error === null) return { value: status };
  const detail = `The signal is not available: ${error.code ?? error.type}.`;
  return {
    value: status,
    error: {
      type: error.type,
      code: error.code ?? (error.type === "PERMISSION" ? "UNKNOWN" : null),
      title: error.type,
      detail,
      description: "Deprecated in favour of detail.",
      resolution: { type: error.type === "PERMISSION" ? "REAUTHENTICATE" : null },
    },
  };
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
