import { z } from "zod";

/** A value of the configuration that people mix up with others; never the value itself. */
export const Box = z.object({
  key: z.string(),
  env: z.string(),
  set: z.boolean(),
  ok: z.boolean(),
  detail: z.string(),
  fix: z.string().nullable(),
});
export type Box = z.infer<typeof Box>;

export const SignalGroup = z.object({ group: z.string(), names: z.array(z.string()), free: z.boolean() });
export type SignalGroup = z.infer<typeof SignalGroup>;

export const Setup = z.object({
  version: z.string(),
  started_at: z.string(),
  mode: z.enum(["live", "simulated"]),
  units: z.enum(["metric", "imperial"]),
  password: z.boolean().meta({ description: "whether a password protects this page" }),
  boxes: z.array(Box),
  webhook: z.object({
    url: z.string().nullable().meta({ description: "to paste as callback URI; null without http.public_url" }),
    path: z.string(),
    public_port: z.number(),
    triggers: z.array(z.string()),
    signals: z.array(SignalGroup),
  }),
  connect: z.object({
    possible: z.boolean(),
    fix: z.string().nullable(),
    redirect_uri: z.string().nullable(),
  }),
  homeassistant: z.object({ enabled: z.boolean(), discovery_prefix: z.string() }),
  base_topic: z.string(),
  privacy: z.string(),
});
export type Setup = z.infer<typeof Setup>;

export const ConnectOrder = z.strictObject({
  make: z.string().min(1).max(60).optional(),
  country: z
    .string()
    .regex(/^[A-Za-z]{2}$/, { error: "must be two letters, like DE" })
    .optional(),
  vin: z
    .string()
    .regex(/^[A-HJ-NPR-Za-hj-npr-z0-9]{11,17}$/, { error: "is no VIN" })
    .optional(),
  reauthenticate: z.string().min(1).max(100).optional().meta({ description: "id of the vehicle to sign in again" }),
});
export type ConnectOrder = z.infer<typeof ConnectOrder>;

export const ConnectLink = z.object({ url: z.string(), expires_at: z.string() });
export type ConnectLink = z.infer<typeof ConnectLink>;

export const Checked = z.object({ checked: z.boolean() });
