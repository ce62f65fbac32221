import type { Command } from "./command.ts";

/** What runs for years, and what runs every half minute beside it. */
const ALONE: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import("./start.ts")).start,
  health: async () => (await import("./health.ts")).health,
};

/**
 * The commands that a command line needs. Demo, simulator and the rest stay out of a bridge's memory: only when anything
 * but the plain call is asked for, and the usage might have to be shown, all of them are loaded.
 */
export async function neededCommands([name = "start", ...rest]: readonly string[]): Promise<
  readonly [Command, ...Command[]]
> {
  const alone = isPlain(rest) && Object.hasOwn(ALONE, name) ? ALONE[name] : undefined;
  return alone === undefined ? (await import("./table.ts")).commands : [await alone()];
}

function isPlain(options: readonly string[]): boolean {
  const [first, second] = options;
  return first === undefined || (options.length === 2 && first === "--config" && second?.startsWith("-") === false);
}
