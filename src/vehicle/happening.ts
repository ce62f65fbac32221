import type { Change } from "./change.ts";
import { scalar, updatedAt, type VehicleState } from "./state.ts";

/** What is told once when it happens: the JSON of `B/V/event`. */
export interface Happening {
  readonly event_type: string;
  readonly [detail: string]: string | number | boolean | null;
}

/** Reads what happened out of a change. Nothing happens when a signal is seen for the first time. Pure. */
export function happenings(change: Change): readonly Happening[] {
  const { previous, state } = change;
  const at = new Date(updatedAt(state) ?? 0).toISOString();
  const found: Happening[] = [];
  const soc = scalar(state, "tractionbattery-stateofcharge");
  const battery = typeof soc === "number" ? { battery: soc } : {};
  const charging = turned(previous, state, "charge-ischarging");
  if (charging !== null) found.push({ event_type: charging ? "charging_started" : "charging_stopped", at, ...battery });
  const plugged = turned(previous, state, "charge-ischargingcableconnected");
  if (plugged !== null) found.push({ event_type: plugged ? "plugged_in" : "unplugged", at, ...battery });
  for (const { type, code, message, since } of change.raised) {
    found.push({ event_type: "problem_raised", at: new Date(since).toISOString(), type, code, message });
  }
  for (const { type, code, message } of change.cleared)
    found.push({ event_type: "problem_cleared", type, code, message });
  return found;
}

/** The new value of a flag that turned; null when it did not, or was not known before. */
function turned(previous: VehicleState, state: VehicleState, code: string): boolean | null {
  const before = scalar(previous, code);
  const after = scalar(state, code);
  return typeof before === "boolean" && typeof after === "boolean" && before !== after ? after : null;
}
