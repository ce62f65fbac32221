import type { SignalScript } from "./script-schema.ts";
import type { Reading } from "./signal.ts";

/** A script's words as a reading: an error makes it an ERROR, neither error nor body makes it UNAVAILABLE. */
export function scriptedReading({ body = null, error = null, status, meta = null }: SignalScript): Reading {
  const implied = error !== null ? "ERROR" : body !== null ? "SUCCESS" : "UNAVAILABLE";
  return { status: status ?? implied, error, body, meta };
}
