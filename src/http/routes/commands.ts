import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Execution } from "../../commands/execution.ts";
import { type CommandRequest, NO_REPLY_ADDRESS } from "../../commands/request.ts";
import { seconds } from "../../lib/duration.ts";
import type { VehicleId } from "../../vehicle/ids.ts";
import { iso } from "../../vehicle/shown.ts";
import type { Vehicle } from "../../vehicle/vehicle.ts";
import { type Endpoints, Refused } from "../endpoints.ts";
import { AuditList, AuditRow, CommandOrder } from "../schema/commands.ts";

/** What these routes need of the rest. */
export interface Orders {
  vehicle(name: string): Vehicle | undefined;
  /** Hands a request on, as if it had come over MQTT; resolves with its end, or where it stands when time is up. */
  order(request: CommandRequest, waitMs: number): Promise<Execution | null>;
  /** Lets go of everybody who waits: the listener stops. */
  release(): void;
  /** The audit table, newest first. */
  audit(limit: number, id: VehicleId | null): readonly Execution[];
}

/** Most cars answer within this time; the rest is told by the audit list. */
const WAIT_MS = seconds(10);

export function commandRoutes(api: Endpoints, orders: Orders, now: () => number): void {
  api.get(
    "/api/commands",
    {
      about: "everything asked of the cars and what came of it, newest first",
      query: z.object({
        vehicle: z.string().max(200).optional(),
        limit: z.coerce.number().int().min(1).max(500).optional(),
      }),
      answer: AuditList,
    },
    ({ query }) => {
      const vehicle = query.vehicle === undefined ? null : find(orders, query.vehicle);
      return { commands: orders.audit(query.limit ?? 50, vehicle?.id ?? null).map(auditRow) };
    },
  );

  api.post(
    "/api/vehicles/:id/commands",
    {
      about: "gives a command, under the same rules as over MQTT; answers when it has ended, or with 202 after 10 s",
      params: z.object({ id: z.string().max(200) }),
      body: CommandOrder,
      answer: AuditRow,
      also: { 202: "under way; /api/commands tells how it ends" },
    },
    async ({ params, body, reply }) => {
      const vehicle = find(orders, params.id);
      const at = now();
      const execution = await orders.order(
        {
          id: body.id ?? randomUUID(),
          topic: vehicle.topic,
          vehicle,
          command: body.command,
          value: body.value,
          requestedAt: at,
          receivedAt: at,
          expiresAt: null,
          retained: false,
          reply: NO_REPLY_ADDRESS,
          unreadable: null,
        },
        WAIT_MS,
      );
      if (execution === null) throw new Refused(409, "NOT_TAKEN", "the command was not taken in");
      if (execution.completedAt === null) void reply.code(202);
      return auditRow(execution);
    },
  );
}

function find(orders: Orders, name: string): Vehicle {
  const vehicle = orders.vehicle(name);
  if (vehicle === undefined) throw new Refused(404, "UNKNOWN_VEHICLE", `no vehicle has the id or topic ${name}`);
  return vehicle;
}

function auditRow(execution: Execution): AuditRow {
  const { id, vehicleId, topic, command, value, state, confirmed, error, requestedAt, sentAt, completedAt, calls } =
    execution;
  return {
    id,
    vehicle_id: vehicleId,
    vehicle: topic,
    command,
    value,
    status: state,
    confirmed,
    error,
    requested_at: new Date(requestedAt).toISOString(),
    sent_at: iso(sentAt),
    completed_at: iso(completedAt),
    duration_ms: completedAt === null ? null : Math.max(0, completedAt - requestedAt),
    calls,
  };
}
