import { z } from "zod";
import { isObject, type JsonObject, type JsonValue } from "../lib/json.ts";
import { activeChargeLimit } from "../vehicle/body-readers.ts";
import type { SignalCode } from "../vehicle/ids.ts";
import type { VehicleState } from "../vehicle/state.ts";

/** A command's name on MQTT: `B/V/<name>/set`. */
export type CommandName =
  | "lock"
  | "charging"
  | "charge_limit"
  | "charge_port"
  | "destination"
  | "charge_schedule"
  | "refresh";

/** What `commands.allow` lists: the names, with `unlock` for itself. */
export type Allowance = CommandName | "unlock";

/** One call below `/vehicles/{id}/`; `attributes` become `data.attributes`. */
export interface CommandPath {
  readonly method: "POST" | "DELETE";
  readonly path: string;
  readonly attributes?: JsonObject;
}

export interface CommandSpec {
  readonly name: CommandName;
  /** What may be asked for, in words, for the answer to a bad value. */
  readonly expects: string;
  /** Reads a plain payload or a JSON value into the canonical one; undefined when it is neither. */
  readonly parse: (value: JsonValue) => JsonValue | undefined;
  readonly allowance: (value: JsonValue) => Allowance;
  /** What a car can or cannot do, finer than the command: a maker may start a charge but not stop it. */
  readonly variant: (value: JsonValue) => string;
  /** What a value is for, where values of one command stand side by side instead of replacing each other. */
  readonly subject?: (value: JsonValue) => string;
  /** null: answered by a read of our own, not by a command of Smartcar. */
  readonly call: ((value: JsonValue) => CommandPath) | null;
  /** The permission it needs, or null. */
  readonly permission: string | null;
  /** The signal that shows its effect, and how; absent when no signal does. */
  readonly confirmedBy?: { readonly code: SignalCode; readonly shows: (value: JsonValue, body: JsonObject) => boolean };
}

const post = (path: string, attributes?: JsonObject): CommandPath =>
  attributes === undefined ? { method: "POST", path } : { method: "POST", path, attributes };

const coordinates = z.object({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) });
const schedule = z.union([
  z.strictObject({ delete: z.string().regex(/^[A-Za-z0-9_-]{1,128}$/) }),
  z.looseObject({
    type: z.enum(["daily", "weekly", "workweek"]),
    location: coordinates.optional(),
    delete: z.never().optional(),
  }),
]);

const code = (text: string) => text as SignalCode;

/** Every command, one row each. */
export const COMMANDS: Readonly<Record<CommandName, CommandSpec>> = {
  lock: {
    name: "lock",
    expects: "LOCK or UNLOCK",
    parse: word({ LOCK: "LOCK", UNLOCK: "UNLOCK" }),
    allowance: (value) => (value === "UNLOCK" ? "unlock" : "lock"),
    variant: (value) => (value === "UNLOCK" ? "unlock" : "lock"),
    call: (value) => post(value === "UNLOCK" ? "commands/security/unlock" : "commands/security/lock"),
    permission: "control_security",
    confirmedBy: {
      code: code("closure-islocked"),
      shows: (value, body) => body["value"] === (value === "LOCK"),
    },
  },
  charging: {
    name: "charging",
    expects: "true or false (also ON or OFF)",
    parse: (value) =>
      typeof value === "boolean" ? value : word({ TRUE: true, ON: true, FALSE: false, OFF: false })(value),
    allowance: () => "charging",
    variant: (value) => (value === true ? "charging_start" : "charging_stop"),
    call: (value) => post(value === true ? "commands/charge/start" : "commands/charge/stop"),
    permission: "control_charge",
    confirmedBy: { code: code("charge-ischarging"), shows: (value, body) => body["value"] === value },
  },
  charge_limit: {
    name: "charge_limit",
    expects: "a whole number from 50 to 100",
    parse: (value) => {
      const number = typeof value === "string" && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
      return typeof number === "number" && Number.isInteger(number) && number >= 50 && number <= 100
        ? number
        : undefined;
    },
    allowance: () => "charge_limit",
    variant: () => "charge_limit",
    call: (value) => post("commands/charge/set-limit", { percent: value }),
    permission: "control_charge",
    confirmedBy: {
      code: code("charge-chargelimits"),
      shows: (value, body) => activeChargeLimit(body)?.value === value,
    },
  },
  charge_port: {
    name: "charge_port",
    expects: "OPEN or CLOSE",
    parse: word({ OPEN: "OPEN", CLOSE: "CLOSE" }),
    allowance: () => "charge_port",
    variant: (value) => (value === "OPEN" ? "charge_port_open" : "charge_port_close"),
    call: (value) => post(value === "OPEN" ? "commands/charge-port/open" : "commands/charge-port/close"),
    permission: "control_charge",
    confirmedBy: {
      code: code("charge-ischargingportflapopen"),
      shows: (value, body) => body["value"] === (value === "OPEN"),
    },
  },
  destination: {
    name: "destination",
    expects: 'JSON {"latitude": …, "longitude": …} in degrees',
    parse: (value) => coordinates.safeParse(value).data,
    allowance: () => "destination",
    variant: () => "destination",
    call: (value) => post("commands/navigation/set-destination", isObject(value) ? (value as JsonObject) : {}),
    permission: "control_navigation",
  },
  charge_schedule: {
    name: "charge_schedule",
    expects:
      'JSON {"type": "daily", "weekly" or "workweek", …} with Smartcar\'s attributes, or {"delete": schedule id}',
    parse: (value) => schedule.safeParse(value).data as JsonValue | undefined,
    allowance: () => "charge_schedule",
    variant: (value) => `charge_schedule_${scheduleType(value)}`,
    subject: (value) =>
      isObject(value) && typeof value["delete"] === "string" ? value["delete"] : scheduleType(value),
    call: (value) => {
      const { type, delete: id, ...attributes } = value as JsonObject;
      return typeof id === "string"
        ? { method: "DELETE", path: `charge-schedules/${encodeURIComponent(id)}` }
        : post(`charge-schedules/${String(type)}`, attributes);
    },
    permission: "control_charge",
  },
  refresh: {
    name: "refresh",
    expects: "PRESS",
    parse: word({ PRESS: "PRESS" }),
    allowance: () => "refresh",
    variant: () => "refresh",
    call: null,
    permission: null,
  },
};

export function isCommandName(text: string): text is CommandName {
  return Object.hasOwn(COMMANDS, text);
}

/** Whether the held signals show a command's effect, told by a fact not older than `since` (epoch milliseconds). */
export function showsEffect(spec: CommandSpec, value: JsonValue, state: VehicleState, since: number): boolean {
  if (spec.confirmedBy === undefined) return false;
  const held = state.signals.get(spec.confirmedBy.code)?.value;
  if (held === null || held === undefined || held.body === null) return false;
  const saidAt = Math.max(held.oemUpdatedAt ?? 0, held.retrievedAt ?? 0) || held.receivedAt;
  return saidAt >= since && spec.confirmedBy.shows(value, held.body);
}

function scheduleType(value: JsonValue): string {
  return isObject(value) && typeof value["type"] === "string" ? value["type"] : "delete";
}

/** Reads one of a few words, whatever their case. */
function word(words: Readonly<Record<string, JsonValue>>): (value: JsonValue) => JsonValue | undefined {
  return (value) => (typeof value === "string" ? words[value.trim().toUpperCase()] : undefined);
}
