/** What every part may log with: a constant message, and fields for the rest. */
export interface Log {
  trace(fields: object, message: string): void;
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  fatal(fields: object, message: string): void;
  /** A logger whose lines carry these fields too, e.g. `{ part: "mqtt" }`. */
  child(fields: object): Log;
}
