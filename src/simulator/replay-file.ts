import { z } from "zod";
import { AppError } from "../lib/errors.ts";
import { type JsonObject, type JsonValue, parseJson } from "../lib/json.ts";

/** No recording is larger than half of this. */
export const MAX_RECORDING_BYTES = 16 * 1024 * 1024;
const FORMAT = "smartcar2mqtt-recording";
const VERSION = 1;

/** A file that cannot be replayed. */
export class RecordingError extends AppError {
  override readonly name = "RecordingError";

  constructor(message: string, hint = "Take the file as the page saved it, under Traffic.") {
    super("RECORDING", message, { disposition: "fix-config", hint });
  }
}

const json = z.json() as z.ZodType<JsonValue>;
const object = z.record(z.string(), json) as z.ZodType<JsonObject>;
const text = z.string().min(1).max(200);
const at = z.iso.datetime().transform((time) => Date.parse(time));
const instant = z.number().nullable();

const header = z.looseObject({
  format: z.literal(FORMAT),
  version: z.literal(VERSION),
  from: at,
  to: at,
  settings: object,
});

const knownSignal = z.looseObject({
  code: text,
  status: text,
  error: z.looseObject({ type: text, code: text.nullable() }).nullable(),
  body: object.nullable(),
  oem_updated_at: instant,
  retrieved_at: instant,
});
export type KnownSignal = z.output<typeof knownSignal>;

const car = z.looseObject({
  kind: z.literal("car"),
  vehicle: z.looseObject({
    id: text,
    user_id: text,
    make: text.nullable(),
    model: text.nullable(),
    year: z.int().nullable(),
    powertrain: text.nullable(),
    mode: text.nullable(),
    permissions: z.array(text),
    connected: z.boolean(),
  }),
  signals: z.array(knownSignal),
});
export type RecordedCar = z.output<typeof car>;

const delivery = z.looseObject({
  kind: z.literal("delivery"),
  at,
  outcome: text,
  cause: z.string().nullable(),
  body: json,
});
export type RecordedDelivery = z.output<typeof delivery>;

const call = z.looseObject({
  kind: z.literal("call"),
  at,
  method: text,
  path: z.string().max(1_000),
  status: z.int().nullable(),
  error: text.nullable(),
  retry_after: text.nullable(),
  body: json,
});
export type RecordedCall = z.output<typeof call>;

/** What people and the broker did: told for whoever reads the file, nothing that Smartcar would repeat. */
const aside = z.looseObject({ kind: z.enum(["command", "request", "result", "mqtt"]), at });

const entry = z.discriminatedUnion("kind", [car, delivery, call, aside]);

export interface Recording {
  /** The time it covers, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
  /** What of the recording program's configuration decided how things went. */
  readonly settings: JsonObject;
  readonly cars: readonly RecordedCar[];
  readonly deliveries: readonly RecordedDelivery[];
  readonly calls: readonly RecordedCall[];
}

/**
 * Reads a recording's text.
 *
 * @throws RecordingError for what is none, is of another version, or is damaged
 */
export function readRecording(recording: string): Recording {
  if (Buffer.byteLength(recording) > MAX_RECORDING_BYTES) throw tooLarge();
  const [first = "", ...lines] = recording.replace(/\r?\n$/, "").split(/\r?\n/);
  const { from, to, settings } = readHeader(first);
  const entries = lines.map((line, index) => readEntry(line, index + 2));
  const of = <K extends z.output<typeof entry>["kind"]>(kind: K) =>
    entries.filter((one): one is Extract<z.output<typeof entry>, { kind: K }> => one.kind === kind);
  return { from, to, settings, cars: of("car"), deliveries: of("delivery"), calls: of("call") };
}

export function tooLarge(): RecordingError {
  return new RecordingError(`the file is larger than ${MAX_RECORDING_BYTES / 1024 / 1024} MiB; no recording is`);
}

function readHeader(line: string): z.output<typeof header> {
  const found = parseJson(line.charCodeAt(0) === 0xfeff ? line.slice(1) : line);
  const named = z.looseObject({ format: z.literal(FORMAT), version: z.unknown() }).safeParse(found);
  if (!named.success) throw new RecordingError("the file is no recording: its first line does not say so");
  if (named.data.version !== VERSION) {
    throw new RecordingError(
      `the recording has version ${JSON.stringify(named.data.version)}, and this program reads version ${VERSION}`,
      "Replay it with the release that made it, or a newer one.",
    );
  }
  const read = header.safeParse(found);
  if (!read.success) throw damaged(1, read.error);
  return read.data;
}

function readEntry(line: string, number: number): z.output<typeof entry> {
  const found = parseJson(line);
  if (found === undefined) throw new RecordingError(`line ${number} of the recording is damaged: it is no JSON`);
  const read = entry.safeParse(found);
  if (!read.success) throw damaged(number, read.error);
  return read.data;
}

function damaged(number: number, { issues: [issue] }: z.ZodError): RecordingError {
  const where = issue === undefined || issue.path.length === 0 ? "" : `${issue.path.join(".")}: `;
  return new RecordingError(`line ${number} of the recording is damaged: ${where}${issue?.message ?? "not readable"}`);
}
