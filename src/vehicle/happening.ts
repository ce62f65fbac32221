import type { Change } from "./change.ts";
import { type SignalCode, signalCode } from "./ids.ts";
import { iso } from "./shown.ts";
import { factTime } from "./signal.ts";
import { scalar, type VehicleState } from "./state.ts";

/** What is told once when it happens: the JSON of `B/V/event`. */
export interface Happening {
  readonly event_type: string;
  readonly [detail: string]: string | number | boolean | null;
}

const CHARGING = signalCode("charge-ischarging");
const PLUGGED = signalCode("charge-ischargingcableconnected");

/** Reads what happened out of a change. Nothing happens when a signal is seen for the first time. Pure. */
export function happenings(change: Change): readonly Happening[] {
  const { previous, state } = change;
  const found: Happening[] = [];
  const soc = scalar(state, "tractionbattery-stateofcharge");
  const battery = typeof soc === "number" ? { battery: soc } : {};
  const charging = turned(previous, state, CHARGING);
  if (charging !== null)
    found.push({
      event_type: charging ? "charging_started" : "charging_stopped",
      at: timeOf(state, CHARGING),
      ...battery,
    });
  const plugged = turned(previous, state, PLUGGED);
  if (plugged !== null)
    found.push({ event_type: plugged ? "plugged_in" : "unplugged", at: timeOf(state, PLUGGED), ...battery });
  for (const { type, code, message, since } of change.raised) {
    found.push({ event_type: "problem_raised", at: new Date(since).toISOString(), type, code, message });
  }
  for (const { type, code, message } of change.cleared)
    found.push({ event_type: "problem_cleared", type, code, message });
  return found;
}

/** When the car said it, as far as it is known. */
function timeOf(state: VehicleState, code: SignalCode): string | null {
  const fact = state.signals.get(code)?.value;
  return fact === null || fact === undefined ? null : iso(factTime(fact) ?? fact.receivedAt);
}

/** The new value of a flag that turned; null when it did not, or was not known before. */
function turned(previous: VehicleState, state: VehicleState, code: string): boolean | null {
  const before = scalar(previous, code);
  const after = scalar(state, code);
  return typeof before === "boolean" && typeof after === "boolean" && before !== after ? after : null;
}
