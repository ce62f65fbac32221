import { createRequire } from "node:module";
import { Writable } from "node:stream";
import { type Logger as PinoLogger, pino } from "pino";
import type { default as Pretty } from "pino-pretty";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Redactor } from "../lib/redact.ts";
import { isLogPart, LOG_PARTS } from "./parts.ts";
import { serializeError } from "./serialize-error.ts";

/** Levels in their order; `silent` lets nothing through. */
const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
type Method = Exclude<(typeof LEVELS)[number], "silent">;

export interface LoggerOptions {
  readonly level: string;
  readonly format: "json" | "pretty";
  readonly colour: boolean;
  readonly clock: Clock;
  /** Takes secrets out of every line, whoever wrote it. */
  readonly redactor: Redactor;
  readonly write: (text: string) => void;
}

export interface Logger {
  readonly log: Log;
  /**
   * Changes the level of one part, or of all of them: then no part has a level of its own any more.
   * @throws RangeError for an unknown level or part
   */
  setLevel(level: string, part?: string): void;
}

/** Children of a pino logger keep the level they were made with; these thresholds hold for all of them. */
interface Thresholds {
  rank: number;
  readonly parts: Map<string, number>;
}

export function createLogger(options: LoggerOptions): Logger {
  const thresholds: Thresholds = { rank: rankOf(options.level), parts: new Map() };
  const base = pino(
    {
      level: "trace",
      base: null,
      timestamp: () => `,"time":"${new Date(options.clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }), log: withErrors },
      // Errors are serialised once, above; pino's own serialiser would take them for plain objects.
      serializers: { err: (error: unknown) => error },
    },
    destination(options),
  );
  return {
    log: new PinoLog(base, thresholds, null),
    setLevel(level, part) {
      const rank = rankOf(level);
      if (part === undefined) {
        thresholds.rank = rank;
        thresholds.parts.clear();
        return;
      }
      if (!isLogPart(part)) throw new RangeError(`unknown part ${part}; known are ${LOG_PARTS.join(", ")}`);
      thresholds.parts.set(part, rank);
    },
  };
}

class PinoLog implements Log {
  readonly #pino: PinoLogger;
  readonly #thresholds: Thresholds;
  readonly #part: string | null;

  constructor(logger: PinoLogger, thresholds: Thresholds, part: string | null) {
    this.#pino = logger;
    this.#thresholds = thresholds;
    this.#part = part;
  }

  trace(fields: object, message: string): void {
    this.#write("trace", fields, message);
  }
  debug(fields: object, message: string): void {
    this.#write("debug", fields, message);
  }
  info(fields: object, message: string): void {
    this.#write("info", fields, message);
  }
  warn(fields: object, message: string): void {
    this.#write("warn", fields, message);
  }
  error(fields: object, message: string): void {
    this.#write("error", fields, message);
  }
  fatal(fields: object, message: string): void {
    this.#write("fatal", fields, message);
  }

  child(fields: object): Log {
    const part = "part" in fields && typeof fields.part === "string" ? fields.part : this.#part;
    return new PinoLog(this.#pino.child(fields), this.#thresholds, part);
  }

  #write(method: Method, fields: object, message: string): void {
    const own = this.#part === null ? undefined : this.#thresholds.parts.get(this.#part);
    if (LEVELS.indexOf(method) >= (own ?? this.#thresholds.rank)) this.#pino[method](fields, message);
  }
}

function rankOf(level: string): number {
  const rank = (LEVELS as readonly string[]).indexOf(level);
  if (rank < 0) throw new RangeError(`unknown log level ${level}`);
  return rank;
}

/** Errors are written under whatever name they are given, not only under pino's `err`. */
function withErrors(fields: object): Record<string, unknown> {
  // pino itself wraps a bare Error as `err`, so what arrives here is always a plain object.
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? serializeError(value) : value]),
  );
}

function destination(options: LoggerOptions): { write(line: string): void } {
  const { redactor, write } = options;
  if (options.format === "json") return { write: (line) => write(redactor.clean(line)) };
  const out = new Writable({
    decodeStrings: false,
    write(chunk: string, _encoding, done) {
      write(chunk);
      done();
    },
  });
  // Loaded only for somebody who looks on: a bridge that runs by itself writes JSON for as long as it lives.
  const pretty = createRequire(import.meta.url)("pino-pretty") as typeof Pretty;
  const stream = pretty({
    destination: out,
    colorize: options.colour,
    sync: true,
    singleLine: true,
    translateTime: "SYS:HH:MM:ss.l",
    ignore: "part",
    messageFormat: "{if part}[{part}] {end}{msg}",
  });
  return { write: (line) => void stream.write(redactor.clean(line)) };
}
