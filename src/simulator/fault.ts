import { z } from "zod";

const MAX_DELAY_MS = 600_000;

const delayMs = z.int().min(0).max(MAX_DELAY_MS);
const status = z.int().min(200).max(599);
const form = z.enum(["list", "flat", "wrapped", "oauth"]);

/** Which requests it strikes. */
const match = {
  method: z.string().toUpperCase().optional(),
  /** `*` stands for one path segment's text, `**` for any. */
  path: z.string().startsWith("/").max(500).default("/**"),
  /** Requests to let pass first. */
  skip: z.int().min(0).default(0),
  /** How often it strikes; null: until it is cleared. */
  times: z.int().min(1).nullable().default(1),
  /** Waits so long before anything else, the answer's head included. */
  delayMs: delayMs.default(0),
};

const refusal = {
  status: status.default(500),
  /** Left out, the usual ones for the status. */
  type: z.string().optional(),
  code: z.string().nullable().optional(),
  detail: z.string().default("Injected by a simulator fault."),
  form: form.default("list"),
  resolution: z.object({ type: z.string().nullable(), url: z.string().optional() }).optional(),
  suggestedUserMessage: z.string().optional(),
};

/**
 * Everything that can go wrong with an answer. `executed` says whether the request takes effect although the answer is
 * lost or wrong: that is what makes an outcome unknown.
 */
export const faultSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("latency"), ...match }),
  z.strictObject({
    kind: z.literal("error"),
    ...match,
    ...refusal,
    /** Seconds, or any text as it stands (an HTTP date); null sends no header. */
    retryAfter: z
      .union([z.int().min(0), z.string()])
      .nullable()
      .default(null),
    executed: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal("html"),
    ...match,
    status: status.default(502),
    executed: z.boolean().default(false),
  }),
  z.strictObject({ kind: z.literal("malformed"), ...match, executed: z.boolean().default(true) }),
  z.strictObject({ kind: z.literal("truncated"), ...match, executed: z.boolean().default(true) }),
  z.strictObject({
    kind: z.literal("drop"),
    ...match,
    when: z.enum(["before-headers", "after-headers"]).default("before-headers"),
    executed: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal("stream"),
    ...match,
    ...refusal,
    /** How long the connection stays open after the 202 until the outcome comes. */
    bodyAfterMs: delayMs.default(0),
    outcome: z.enum(["success", "error", "drop", "malformed"]).default("success"),
    executed: z.boolean().optional(),
  }),
]);

export type Fault = z.output<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;

/** Type and code that usually come with a status, so that a script need not know the taxonomy. */
export const USUAL_REFUSAL: Readonly<Record<number, { readonly type: string; readonly code: string | null }>> = {
  400: { type: "VALIDATION", code: null },
  401: { type: "AUTHENTICATION", code: "UNAUTHORIZED" },
  403: { type: "PERMISSION", code: null },
  404: { type: "RESOURCE_NOT_FOUND", code: "VEHICLE_NOT_FOUND" },
  409: { type: "VEHICLE_STATE", code: "ASLEEP" },
  429: { type: "RATE_LIMIT", code: "VEHICLE" },
  430: { type: "BILLING", code: "VEHICLE_REQUEST_LIMIT" },
  500: { type: "SERVER", code: "INTERNAL" },
  501: { type: "COMPATIBILITY", code: "VEHICLE_NOT_CAPABLE" },
  502: { type: "UPSTREAM", code: "NO_RESPONSE" },
};
