import { UsageError } from "./command.ts";

/** Reads `--port 8080`; 0 asks for any free port. */
export function portOption(name: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (port <= 65_535) return port;
  throw new UsageError(`--${name} must be a port from 0 to 65535 (got ${JSON.stringify(text)})`);
}

/** Reads `--speed 60`. */
export function speedOption(text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const speed = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (speed > 0 && speed <= 10_000) return speed;
  throw new UsageError(`--speed must be a number above 0, at most 10000 (got ${JSON.stringify(text)})`);
}
