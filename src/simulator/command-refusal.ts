import { asString, isObject, type JsonObject } from "../lib/json.ts";
import type { Command } from "./command.ts";

/** The body of a signal that the car reports now, if it does. */
export type ReadBody = (code: string) => JsonObject | undefined;

/**
 * The VEHICLE_STATE code with which the car refuses a command now, or null. Judged by the car's signals alone, so that
 * a scripted signal ("the plug is out") decides like a lived one.
 */
export function commandRefusal(command: Command, read: ReadBody): string | null {
  switch (command.kind) {
    case "charge-start":
      if (value(read, "charge-ischargingcableconnected") === false) return "CHARGING_PLUG_NOT_CONNECTED";
      if (value(read, "charge-ischarging") === true) return "CHARGING_IN_PROGRESS";
      return isFull(read) ? "FULLY_CHARGED" : null;
    case "charge-stop":
      if (value(read, "charge-ischargingcableconnected") === false) return "CHARGING_PLUG_NOT_CONNECTED";
      return value(read, "charge-ischarging") === false ? "NOT_CHARGING" : null;
    case "charge-port-open":
      return isMoving(read) ? "IN_MOTION" : null;
    case "charge-port-close":
      if (isMoving(read)) return "IN_MOTION";
      return value(read, "charge-ischarging") === true ? "CHARGING_IN_PROGRESS" : null;
    case "security-lock":
      if (isMoving(read)) return "IN_MOTION";
      return hasOpenDoor(read) ? "DOOR_OPEN" : null;
    case "security-unlock":
      return isMoving(read) ? "IN_MOTION" : null;
    case "charge-set-limit":
    case "navigation-set-destination":
    case "schedule-create":
    case "schedule-delete":
      return null;
  }
}

function value(read: ReadBody, code: string): unknown {
  return read(code)?.["value"];
}

function isMoving(read: ReadBody): boolean {
  const speed = value(read, "motion-currentspeed");
  return typeof speed === "number" && speed > 0;
}

function isFull(read: ReadBody): boolean {
  return asString(value(read, "charge-detailedchargingstatus")) === "FULLY_CHARGED";
}

function hasOpenDoor(read: ReadBody): boolean {
  const doors = read("closure-doors")?.["values"];
  return Array.isArray(doors) && doors.some((door: unknown) => isObject(door) && door["isOpen"] === true);
}
