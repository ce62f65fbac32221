import { z } from "zod";
import { Polling } from "./vehicles.ts";

const count = z.number();
const time = z.string().nullable();

export const Delivery = z.object({
  at: z.string(),
  outcome: z.enum(["accepted", "duplicate", "quarantined", "ignored", "verified", "refused", "failed"]),
  cause: z.string().nullable(),
  event_id: z.string().nullable(),
  event_type: z.string().nullable(),
  vehicle_id: z.string().nullable(),
  bytes: count,
});
export type Delivery = z.infer<typeof Delivery>;

export const Call = z.object({
  at: z.string(),
  method: z.string(),
  path: z.string(),
  status: z.number().nullable().meta({ description: "null: no answer came" }),
  request_id: z.string().nullable().meta({ description: "for Smartcar's support" }),
  duration_ms: count,
  error: z.string().nullable(),
});
export type Call = z.infer<typeof Call>;

export const Poll = z.object({
  at: z.string(),
  vehicle_id: z.string(),
  kind: z.enum(["poll", "command", "confirm"]),
  outcome: z.enum(["news", "nothing new", "failed"]),
  error: z.string().nullable(),
});
export type Poll = z.infer<typeof Poll>;

export const Quarantined = z.object({
  at: z.string(),
  event_id: z.string(),
  vehicle_id: z.string().nullable(),
  reason: z.string(),
});

export const Traffic = z.object({
  webhook: z.object({
    accepted: count,
    duplicates: count,
    quarantined: count,
    failed: count,
    verified: count,
    refused: count,
    last_accepted_at: time,
    last_verified_at: time,
    last_refusal: z.string().nullable(),
  }),
  deliveries: z.array(Delivery).meta({ description: "since the start, newest first, bounded" }),
  quarantine: z.array(Quarantined).meta({ description: "kept on disk, newest first, bounded" }),
  calls: z.array(Call).meta({ description: "to Smartcar since the start, newest first, bounded" }),
  polls: z.array(Poll),
  plans: z.array(z.object({ id: z.string(), name: z.string(), polling: Polling })),
  mqtt: z.object({
    state: z.string(),
    detail: z.string().nullable(),
    since: z.string(),
    broker: z.string(),
    topics: count,
    pending: count,
    published: count,
    failed: count,
    denied: count,
  }),
  application_calls: z.number().meta({ description: "calls left in Smartcar's bucket for the application" }),
});
export type Traffic = z.infer<typeof Traffic>;

export const Report = z.object({ text: z.string().meta({ description: "Markdown without secrets, ids or places" }) });
export type Report = z.infer<typeof Report>;
