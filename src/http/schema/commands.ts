import { z } from "zod";
import { json } from "./json.ts";

const error = z
  .object({ type: z.string(), code: z.string().nullable(), message: z.string(), action: z.string().nullable() })
  .nullable();

/** A row of the audit table. */
export const AuditRow = z.object({
  id: z.string(),
  vehicle_id: z.string().nullable(),
  vehicle: z.string(),
  command: z.string(),
  value: json,
  status: z.enum(["waiting", "sent", "succeeded", "failed", "rejected", "superseded", "unknown"]),
  confirmed: z.boolean().meta({ description: "a signal has shown the effect" }),
  error,
  requested_at: z.string(),
  sent_at: z.string().nullable(),
  completed_at: z.string().nullable(),
  duration_ms: z.number().nullable(),
  calls: z.number().meta({ description: "billed" }),
});
export type AuditRow = z.infer<typeof AuditRow>;

export const AuditList = z.object({ commands: z.array(AuditRow).meta({ description: "newest first" }) });
export type AuditList = z.infer<typeof AuditList>;

export const CommandOrder = z.strictObject({
  command: z.enum(["lock", "charging", "charge_limit", "charge_port", "destination", "charge_schedule", "refresh"]),
  value: json,
  id: z.string().min(1).max(200).optional(),
});
export type CommandOrder = z.infer<typeof CommandOrder>;
