import { isObject } from "../lib/json.ts";
import type { SignalCode } from "./ids.ts";
import type { Problems } from "./problem.ts";
import { factTime, type HeldSignal } from "./signal.ts";

/** Everything held of one vehicle. Never changed in place: a commit that fails leaves the old one standing. */
export interface VehicleState {
  readonly signals: ReadonlyMap<SignalCode, HeldSignal>;
  readonly problems: Problems;
  /** Arrival of the last delivery that told something of this vehicle. */
  readonly lastWebhookAt: number | null;
  /** Signals that a delivery has ever carried: what the webhook does not bring must be asked for. */
  readonly carried: ReadonlySet<SignalCode>;
}

export const EMPTY_STATE: VehicleState = {
  signals: new Map(),
  problems: new Map(),
  lastWebhookAt: null,
  carried: new Set(),
};

/** `body.value` of a signal's last good value; undefined when there is none. */
export function scalar(state: VehicleState, code: string): unknown {
  const body = state.signals.get(code as SignalCode)?.value?.body;
  return isObject(body) ? body["value"] : undefined;
}

/** The newest time known among the values held, or null. */
export function updatedAt(state: VehicleState): number | null {
  let newest: number | null = null;
  for (const { value } of state.signals.values()) {
    const at = value === null ? null : factTime(value);
    if (at !== null && (newest === null || at > newest)) newest = at;
  }
  return newest;
}
