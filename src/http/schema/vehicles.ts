import { z } from "zod";
import { json } from "./json.ts";

/** ISO 8601 in UTC. */
const time = z.string().nullable();
/** `null` where nothing has been learnt yet. */
const known = z.boolean().nullable();

export const Reading = z.object({
  name: z.string().meta({ description: "as on MQTT: B/V/<name>" }),
  label: z.string(),
  value: json,
  unit: z.string().nullable(),
  group: z.string().nullable(),
  code: z.string().nullable().meta({ description: "the signal it comes from; null for our own" }),
  source: z.enum(["webhook", "poll"]).nullable(),
  oem_updated_at: time.meta({ description: "when the maker recorded it" }),
  retrieved_at: time.meta({ description: "when Smartcar fetched it" }),
  received_at: time.meta({ description: "when it came here" }),
  fresh: z.boolean(),
  error: z.string().nullable().meta({ description: "why there is nothing newer" }),
});
export type Reading = z.infer<typeof Reading>;

export const Problem = z.object({
  type: z.string(),
  code: z.string().nullable(),
  message: z.string().meta({ description: "for the car's owner" }),
  action: z.string().nullable(),
  url: z.string().nullable().meta({ description: "https only" }),
  help: z.string().nullable().meta({ description: "where the documents say more" }),
  since: time,
});
export type Problem = z.infer<typeof Problem>;

const identity = {
  id: z.string(),
  topic: z.string(),
  name: z.string(),
  make: z.string().nullable(),
  model: z.string().nullable(),
  year: z.number().nullable(),
  powertrain: z.string().nullable(),
  mode: z.string().nullable(),
  available: z.boolean().meta({ description: "as B/V/availability" }),
  updated_at: time,
  last_webhook_at: time,
  problem: Problem.nullable().meta({ description: "the most actionable one" }),
};

export const VehicleSummary = z.object({
  ...identity,
  readings: z.array(Reading).meta({ description: "those that a glance needs" }),
});
export type VehicleSummary = z.infer<typeof VehicleSummary>;

export const SignalRow = z.object({
  code: z.string(),
  label: z.string(),
  group: z.string().nullable(),
  verdict: z.enum(["here", "stale", "car", "grant", "webhook", "error", "never"]),
  car: known,
  granted: known,
  webhook: known,
  last_seen: z.string().nullable().meta({ description: "day (UTC)" }),
  advice: z.string(),
});
export type SignalRow = z.infer<typeof SignalRow>;

export const CommandRow = z.object({
  variant: z.string(),
  command: z.string(),
  usable: z.boolean(),
  reason: z.string().nullable().meta({ description: "why it cannot be used" }),
});
export type CommandRow = z.infer<typeof CommandRow>;

export const Polling = z.object({
  mode: z.enum(["auto", "always", "never"]),
  reason: z.string(),
  interval_s: z.number(),
  next_poll_at: time,
  last_poll_at: time,
  calls_used: z.number(),
  calls_remaining: z.number().nullable(),
  budget: z.number().meta({ description: "0 = no limit" }),
  resets_at: time,
  reserve: z.number().meta({ description: "kept for commands" }),
  forecast: z.number().meta({ description: "calls used by the month's end, if it goes on like this" }),
  per_day: z
    .array(z.object({ day: z.string(), polls: z.number(), commands: z.number() }))
    .meta({ description: "this month (UTC)" }),
});
export type Polling = z.infer<typeof Polling>;

export const VehicleDetail = z.object({
  ...identity,
  usual_delay_min: z
    .number()
    .meta({ description: "within which fresh data of an active car of this make usually appears at Smartcar" }),
  readings: z.array(Reading),
  problems: z.array(Problem),
  signals: z.array(SignalRow).meta({ description: "every signal of the catalogue, and why it is there or missing" }),
  commands: z.array(CommandRow),
  polling: Polling,
});
export type VehicleDetail = z.infer<typeof VehicleDetail>;

export const VehicleList = z.object({ vehicles: z.array(VehicleSummary) });
export type VehicleList = z.infer<typeof VehicleList>;

export const History = z.object({
  code: z.string(),
  label: z.string(),
  unit: z.string().nullable(),
  from: z.string(),
  to: z.string(),
  points: z.array(z.tuple([z.number(), z.number()])).meta({ description: "epoch milliseconds and value" }),
});
export type History = z.infer<typeof History>;

export const Session = z.object({
  start: z.string(),
  end: z.string(),
  partial: z.boolean().meta({ description: "it was going on already when it was first seen" }),
  energy_kwh: z.number().nullable(),
  energy_source: z.string().nullable(),
  soc_start: z.number().nullable(),
  soc_end: z.number().nullable(),
  location: z.object({ latitude: z.number(), longitude: z.number() }).nullable(),
  at_home: z.boolean().nullable(),
});
export type Session = z.infer<typeof Session>;

export const SessionList = z.object({ energy_total_kwh: z.number().nullable(), sessions: z.array(Session) });
export type SessionList = z.infer<typeof SessionList>;
