import type { Log } from "../../src/lib/log.ts";

export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: object;
}

/** A log that keeps its lines for the test. */
export class FakeLog implements Log {
  readonly lines: LogLine[] = [];

  trace = (fields: object, message: string) => this.#add("trace", fields, message);
  debug = (fields: object, message: string) => this.#add("debug", fields, message);
  info = (fields: object, message: string) => this.#add("info", fields, message);
  warn = (fields: object, message: string) => this.#add("warn", fields, message);
  error = (fields: object, message: string) => this.#add("error", fields, message);
  fatal = (fields: object, message: string) => this.#add("fatal", fields, message);
  child = () => this;

  at(level: string): LogLine[] {
    return this.lines.filter((line) => line.level === level);
  }

  /** All of it as text, to look for what must not be there. */
  get text(): string {
    return JSON.stringify(this.lines);
  }

  #add(level: string, fields: object, message: string): void {
    this.lines.push({ level, message, fields });
  }
}
