import type { Billing } from "./billing.ts";
import type { Car, CarDescription } from "./car.ts";
import type { StoredSignal } from "./signal.ts";

/** A car as scripts see it: everything, also what the API would hide. */
export interface CarView extends CarDescription {
  readonly connectionId: string | null;
  readonly permissions: readonly string[];
  readonly capabilities: readonly string[];
  readonly callsUsed: number;
  readonly signals: readonly StoredSignal[];
}

export function carView(car: Car, billing: Billing): CarView {
  return {
    ...car.description,
    connectionId: car.connection?.id ?? null,
    permissions: car.permissions,
    capabilities: [...car.capabilities],
    callsUsed: billing.used(car.vehicleId),
    signals: car.signals(),
  };
}
