import { z } from "zod";
import type { JsonValue } from "../../lib/json.ts";

/** Any JSON value, which is what a reading or a command's value may be. */
export const json = z.custom<JsonValue>((value) => value !== undefined, { error: "is missing" });
