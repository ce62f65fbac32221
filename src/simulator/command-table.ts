import { z } from "zod";
import type { JsonObject } from "../lib/json.ts";
import type { Capability, Command } from "./command.ts";

export interface CommandRow {
  /** Below `/v3/vehicles/:vehicleId/commands/`. */
  readonly path: string;
  readonly permission: string;
  readonly capability: Capability;
  /** Reads `data.attributes`, of which most commands need none. */
  readonly read: z.ZodType<Command>;
}

const none = <C extends Command>(command: C) => z.unknown().transform((): C => command);

const setLimit = z
  .object({ percent: z.int().min(50).max(100) })
  .transform(({ percent }): Command => ({ kind: "charge-set-limit", percent }));

const setDestination = z
  .object({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) })
  .transform((place): Command => ({ kind: "navigation-set-destination", ...place }));

const CHARGE = "control_charge";
const SECURITY = "control_security";

export const COMMAND_TABLE: readonly CommandRow[] = [
  { path: "charge/start", permission: CHARGE, capability: "charge", read: none({ kind: "charge-start" }) },
  { path: "charge/stop", permission: CHARGE, capability: "charge", read: none({ kind: "charge-stop" }) },
  { path: "charge/set-limit", permission: CHARGE, capability: "charge_limit", read: setLimit },
  { path: "charge-port/open", permission: CHARGE, capability: "charge_port", read: none({ kind: "charge-port-open" }) },
  {
    path: "charge-port/close",
    permission: CHARGE,
    capability: "charge_port",
    read: none({ kind: "charge-port-close" }),
  },
  { path: "security/lock", permission: SECURITY, capability: "security", read: none({ kind: "security-lock" }) },
  { path: "security/unlock", permission: SECURITY, capability: "security", read: none({ kind: "security-unlock" }) },
  {
    path: "navigation/set-destination",
    permission: "control_navigation",
    capability: "navigation",
    read: setDestination,
  },
];

/** The parameters as the execution repeats them; nothing for a command without any. */
export function parametersOf({ kind: _kind, ...parameters }: Command): JsonObject {
  return parameters as JsonObject;
}
