import { AppError } from "../lib/errors.ts";

const DEEPEST = 5;

/** What a log line says about an error. Only these fields: an error's other properties may hold headers or bodies. */
export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly disposition?: string;
  readonly hint?: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
}

export function serializeError(error: Error, depth = 0): LoggedError {
  const isOurs = error instanceof AppError;
  const code: unknown = (error as NodeJS.ErrnoException).code;
  // An expected failure is explained by its code; only a surprise needs the place it came from.
  const isSurprise = depth === 0 && (!isOurs || error.disposition === "bug");
  return {
    type: error.name,
    message: error.message,
    ...(typeof code === "string" ? { code } : {}),
    ...(isOurs ? { disposition: error.disposition } : {}),
    ...(isOurs && error.hint !== undefined ? { hint: error.hint } : {}),
    ...(isSurprise && error.stack !== undefined ? { stack: error.stack } : {}),
    ...(error.cause instanceof Error && depth < DEEPEST ? { cause: serializeError(error.cause, depth + 1) } : {}),
  };
}
