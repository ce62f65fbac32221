import type { SignalCode } from "./ids.ts";
import { SUCCESS } from "./observation.ts";
import { factTime, type HeldSignal, standing } from "./signal.ts";
import type { VehicleState } from "./state.ts";

/** Whether a signal can be had; null where nothing has been learnt yet. */
export interface SignalCapability {
  /** The car can deliver it. */
  readonly car: boolean | null;
  /** The owner granted it. */
  readonly granted: boolean | null;
  /** The webhook carries it. */
  readonly webhook: boolean | null;
  /** Day of the newest value (UTC), or null. No finer: this is a map, not a ticker. */
  readonly last_seen: string | null;
}

/** Per signal, what is known of its chain. Pure. */
export function signalCapabilities(
  state: VehicleState,
  webhookCarries: (code: SignalCode) => boolean | null,
): Readonly<Record<string, SignalCapability>> {
  const rows: [SignalCode, SignalCapability][] = [];
  for (const [code, signal] of state.signals) {
    rows.push([code, capabilityOf(signal, state.carried.has(code) ? true : webhookCarries(code))]);
  }
  return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Whether that reads differently of a signal than it did in an earlier state, by what the car itself told. Pure. */
export function capabilityChanged(previous: VehicleState, state: VehicleState, code: SignalCode): boolean {
  const [before, after] = [previous.signals.get(code), state.signals.get(code)];
  if (before === undefined || after === undefined) return before !== after;
  if (previous.carried.has(code) !== state.carried.has(code)) return true;
  const [was, is] = [capabilityOf(before, null), capabilityOf(after, null)];
  return was.car !== is.car || was.granted !== is.granted || was.last_seen !== is.last_seen;
}

function capabilityOf(signal: HeldSignal, webhook: boolean | null): SignalCapability {
  const now = standing(signal);
  const incapable = now?.error?.type === "COMPATIBILITY";
  const ungranted = now?.error?.type === "PERMISSION";
  const usable = now?.status === SUCCESS;
  const seenAt = signal.value === null ? null : (factTime(signal.value) ?? signal.value.receivedAt);
  return {
    car: incapable ? false : usable || signal.value !== null ? true : null,
    granted: ungranted ? false : usable ? true : null,
    webhook,
    last_seen: seenAt === null ? null : new Date(seenAt).toISOString().slice(0, 10),
  };
}

/** Whether the car certainly cannot deliver a signal, or its owner keeps it back: no entity for such a one. */
export function isOutOfReach(signal: HeldSignal): boolean {
  const type = standing(signal)?.error?.type;
  return type === "COMPATIBILITY" || type === "PERMISSION";
}
