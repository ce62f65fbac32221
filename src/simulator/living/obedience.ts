import type { Command } from "../command.ts";
import type { CarState } from "./car-state.ts";

/** The car after it carried out a command. It is awake then, whatever the command was. */
export function obey(state: CarState, command: Command): CarState {
  const awake = { ...state, idleMs: 0 };
  switch (command.kind) {
    case "charge-start":
      return { ...awake, chargeWish: "start" };
    case "charge-stop":
      return { ...awake, chargeWish: "stop" };
    case "charge-set-limit":
      return { ...awake, limitPercent: command.percent };
    case "charge-port-open":
      return { ...awake, portOpen: true };
    case "charge-port-close":
      // With the cable in it the flap stays open, although the car took the command.
      return { ...awake, portOpen: state.pluggedIn };
    case "security-lock":
      return { ...awake, locked: true };
    case "security-unlock":
      return { ...awake, locked: false };
    case "schedule-create":
      return { ...awake, chargeWish: "schedule", schedules: [...state.schedules, command.schedule] };
    case "schedule-delete":
      return { ...awake, schedules: state.schedules.filter(({ id }) => id !== command.scheduleId) };
    case "navigation-set-destination":
      return awake;
  }
}
