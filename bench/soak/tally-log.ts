import type { Log } from "../../src/lib/log.ts";

/** A log that only counts: how often each line came, from warnings on. */
export class TallyLog implements Log {
  readonly #counts = new Map<string, number>();

  trace = () => undefined;
  debug = () => undefined;
  info = () => undefined;
  warn = (fields: object, message: string) => this.#add("warn", fields, message);
  error = (fields: object, message: string) => this.#add("error", fields, message);
  fatal = (fields: object, message: string) => this.#add("fatal", fields, message);
  child = () => this;

  /** Lines of a level with how often each came. */
  at(level: "warn" | "error" | "fatal"): Record<string, number> {
    return Object.fromEntries([...this.#counts].filter(([line]) => line.startsWith(`${level}: `)));
  }

  #add(level: string, fields: object, message: string): void {
    const { err } = fields as { readonly err?: unknown };
    const line = `${level}: ${message}${err instanceof Error ? ` (${err.message})` : ""}`;
    this.#counts.set(line, (this.#counts.get(line) ?? 0) + 1);
  }
}
