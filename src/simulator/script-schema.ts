import { z } from "zod";
import type { JsonObject, JsonValue } from "../lib/json.ts";
import { CAPABILITIES } from "./command.ts";
import { GENERATIONS } from "./event-payload.ts";
import { VERIFY_FORMS } from "./verification.ts";

const MAX_ADVANCE_S = 30 * 86_400;

const json: z.ZodType<JsonValue> = z.json();
const jsonObject = z.record(z.string(), json) as z.ZodType<JsonObject>;
const text = z.string().min(1).max(200);
const code = text.toLowerCase();
const httpUrl = z.url({ protocol: /^https?$/ });
const signalError = z.strictObject({ type: text, code: text.nullable() });

/** One signal as a script wants it. The status follows from what is given unless it is said. */
const signalScriptSchema = z.strictObject({
  body: jsonObject.nullable().optional(),
  error: signalError.nullable().optional(),
  status: text.optional(),
  /** Times, verbatim, instead of the stamped ones: `{"oemUpdatedAt": 0}`. */
  meta: jsonObject.nullable().optional(),
});
export type SignalScript = z.output<typeof signalScriptSchema>;

export const signalRequestSchema = signalScriptSchema.extend({
  code,
  /** False changes the store without a delivery. */
  deliver: z.boolean().default(true),
  /** Gives the signal back to the car instead. */
  release: z.boolean().default(false),
});

export const carOptionsSchema = z.strictObject({
  living: z.enum(["battery", "hybrid", "petrol"]).optional(),
  vehicleId: text.optional(),
  userId: text.optional(),
  connectionId: text.optional(),
  externalId: text.optional(),
  make: text.optional(),
  model: text.optional(),
  year: z.int().optional(),
  powertrainType: text.nullable().optional(),
  mode: z.enum(["live", "simulated"]).optional(),
  permissions: z.array(text).optional(),
  capabilities: z.array(z.enum(CAPABILITIES)).optional(),
  signals: z.record(code, jsonObject).optional(),
  signalErrors: z.record(code, signalError).optional(),
  effectDelayMs: z.int().min(0).max(600_000).optional(),
});

export const carPatchSchema = z.strictObject({
  permissions: z.array(text).optional(),
  grant: z.array(text).optional(),
  revoke: z.array(text).optional(),
  /** True or an id: the connection gets a new id, as after signing in again; false: it ends. */
  connect: z.union([z.boolean(), text]).optional(),
  /** Billed calls of this month. */
  callsUsed: z.int().min(0).optional(),
  signals: z.record(code, signalScriptSchema.nullable()).optional(),
  deliver: z.boolean().optional(),
});
export type CarPatch = z.output<typeof carPatchSchema>;

export const vehicleFaultSchema = z.strictObject({
  type: text,
  code: text.nullable().default(null),
  state: z.enum(["ERROR", "RESOLVED"]).default("ERROR"),
  description: z.string().optional(),
  suggestedUserMessage: z.string().optional(),
  resolution: z.strictObject({ type: text.nullable(), url: z.string().optional() }).optional(),
  signals: z.array(code).optional(),
});

const signalChoice = z.union([z.enum(["all", "free"]), z.array(code)]);

export const webhookSchema = z.strictObject({
  id: text.optional(),
  name: text.optional(),
  callbackUrl: httpUrl.optional(),
  errorCallbackUrl: httpUrl.nullable().optional(),
  isEnabled: z.boolean().optional(),
  autoSubscribe: z.boolean().optional(),
  triggers: signalChoice.optional(),
  data: signalChoice.optional(),
  /** Cars to subscribe along with it. */
  subscribe: z.union([z.literal("all"), z.array(text)]).optional(),
  /** False saves it unverified, without asking the callback. */
  verify: z.boolean().optional(),
});
export type WebhookChange = z.output<typeof webhookSchema>;

export const verifySchema = z.strictObject({
  id: text.optional(),
  form: z.enum(VERIFY_FORMS).optional(),
  challenge: z.string().optional(),
});

/** One hand-made delivery, attempted once and never repeated. */
export const deliverSchema = z.strictObject({
  vehicleId: text.optional(),
  webhookId: text.optional(),
  url: httpUrl.optional(),
  generation: z.enum(GENERATIONS).default("B"),
  /** Signals made up for this delivery; without it the car's stored ones, all or those of `codes`. */
  signals: z.array(signalScriptSchema.extend({ code })).optional(),
  codes: z.array(code).optional(),
  triggers: z.union([z.literal("FIRST_DELIVERY"), z.array(code)]).optional(),
  mode: z.enum(["LIVE", "TEST"]).default("LIVE"),
  eventId: text.optional(),
  /** null leaves it out. */
  sequence: z.int().nullable().optional(),
  deliveredAt: z.int().optional(),
  /** Instead of all that: any JSON, or with a string any text. */
  payload: json.optional(),
  signature: z.enum(["valid", "wrong", "none"]).default("valid"),
  /** Sent so often, with the same event id. */
  times: z.int().min(1).max(100).default(1),
});
export type HandDeliveryRequest = z.output<typeof deliverSchema>;
export type HandDeliveryInput = z.input<typeof deliverSchema>;

export const deliveriesSchema = z.union([
  deliverSchema,
  z.strictObject({ list: z.array(deliverSchema).min(1).max(200) }),
]);

export const advanceSchema = z.strictObject({ seconds: z.number().min(0).max(MAX_ADVANCE_S) });
export const limitsSchema = z.strictObject({
  bucket: z.int().min(0).max(120).optional(),
  monthlyBudget: z.int().min(0).optional(),
});
export const noBodySchema = z.union([z.null(), z.strictObject({})]);
