import { Writable } from "node:stream";
import { type Logger as PinoLogger, pino } from "pino";
import pretty from "pino-pretty";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { Redactor } from "../lib/redact.ts";
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
  /** Changes the level of this log and of every child it has. @throws RangeError for an unknown level */
  setLevel(level: string): void;
}

/** Children of a pino logger keep the level they were made with; this one threshold holds for all of them. */
interface Threshold {
  rank: number;
}

export function createLogger(options: LoggerOptions): Logger {
  const threshold: Threshold = { rank: rankOf(options.level) };
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
    log: new PinoLog(base, threshold),
    setLevel(level) {
      threshold.rank = rankOf(level);
    },
  };
}

class PinoLog implements Log {
  readonly #pino: PinoLogger;
  readonly #threshold: Threshold;

  constructor(logger: PinoLogger, threshold: Threshold) {
    this.#pino = logger;
    this.#threshold = threshold;
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
    return new PinoLog(this.#pino.child(fields), this.#threshold);
  }

  #write(method: Method, fields: object, message: string): void {
    if (LEVELS.indexOf(method) >= this.#threshold.rank) this.#pino[method](fields, message);
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
