import { z } from "zod";

/** One link of the chain from Smartcar to the broker, as `doctor` prints it. */
export const Link = z.object({
  name: z.string(),
  status: z.enum(["ok", "failed", "not_known"]),
  cost: z.enum(["free", "billed"]).meta({ description: "what finding out cost" }),
  detail: z.string(),
  fix: z.string().nullable().meta({ description: "the one thing to do about it" }),
});
export type Link = z.infer<typeof Link>;

export const ShownLink = Link.extend({ help: z.string().meta({ description: "where the documents say more" }) });
export type ShownLink = z.infer<typeof ShownLink>;

export const Chain = z.object({
  ready: z.boolean().meta({ description: "as /readyz: broker connected and token valid" }),
  links: z.array(ShownLink),
});
export type Chain = z.infer<typeof Chain>;
