import * as z from "zod";
import { choice, flag, fromText, plainText } from "./values.ts";

/** Topic names that the bridge itself uses below the base topic. */
const RESERVED_TOPICS = ["bridge"];

function topicName() {
  return fromText((topic) => {
    if (!/^[a-z0-9_-]+$/.test(topic)) {
      return { what: "is no legal topic name", mend: "use only a-z, 0-9, _ and -" };
    }
    if (RESERVED_TOPICS.includes(topic)) {
      return { what: "is used by the bridge itself", mend: "choose another name" };
    }
    return { ok: topic };
  });
}

/** One entry of `vehicles`. */
export const vehicleSchema = z.strictObject(
  {
    id: plainText().min(1, { error: "is empty" }).meta({ description: "Smartcar's id of the vehicle." }),
    topic: topicName()
      .optional()
      .meta({ description: "Topic name instead of the one made from make and model: a-z, 0-9, _ and -." }),
    name: plainText().min(1, { error: "is empty" }).optional().meta({ description: "Name shown to people." }),
    location: choice(["exact", "rounded", "off"])
      .optional()
      .meta({ description: "Overrides privacy.location for this vehicle." }),
    enabled: flag().default(true).meta({ description: "false leaves this vehicle alone." }),
    accept: z
      .array(plainText().toLowerCase(), { error: "must be a list of signal codes" })
      .default([])
      .meta({ description: "Codes of signals whose values are taken without the plausibility check." }),
  },
  { error: (issue) => (issue.code === "invalid_type" ? "must be a mapping with an id" : undefined) },
);

/** Settings of single vehicles. Ids and topics must be unique, or two cars would answer to one name. */
export function vehicleList() {
  return z.array(vehicleSchema, { error: "must be a list" }).superRefine((list, context) => {
    for (const field of ["id", "topic"] as const) {
      const seen = new Map<string, number>();
      for (const [index, entry] of list.entries()) {
        const value = entry[field];
        if (value === undefined) continue;
        const first = seen.get(value);
        if (first === undefined) seen.set(value, index);
        else {
          context.addIssue({
            code: "custom",
            message: `is the same as in vehicles[${first}]`,
            path: [index, field],
            params: { mend: field === "id" ? "keep one entry per vehicle" : "give each vehicle its own topic" },
          });
        }
      }
    }
  });
}
