import { z } from "zod";

const count = z.number();

export const Recording = z.object({
  kept: z
    .object({
      minutes: count,
      since: z.string().meta({ description: "from then on nothing is missing" }),
      entries: count,
      bytes: count,
    })
    .nullable()
    .meta({ description: "the last minutes; null: none are kept" }),
  recorded: z
    .object({
      started_at: z.string(),
      ends_at: z.string(),
      ended_at: z.string().nullable().meta({ description: "null: it runs" }),
      end: z.enum(["time", "stopped", "full"]).nullable(),
      entries: count,
      bytes: count,
    })
    .nullable()
    .meta({ description: "the recording of the next minutes, running or ended; null: none since the start" }),
  limits: z.object({ minutes: count, bytes: count }),
});
export type Recording = z.infer<typeof Recording>;

/** Which of the two recordings. */
export const RecordingFile = z.object({ of: z.enum(["kept", "recorded"]) });
export type RecordingFile = z.infer<typeof RecordingFile>;
