import type { ReadingValue } from "../vehicle/readings.ts";

/** What stands for "no value" on every topic of a reading; Home Assistant shows it as unknown. */
export const NO_VALUE = "None";

/**
 * A reading as its topic carries it: JSON literals, words and times without quotes. Never empty, because an empty
 * retained payload erases the topic; never `null`, `NaN` or `undefined`.
 */
export function payloadOf(value: ReadingValue): string {
  switch (typeof value) {
    case "string":
      return value === "" ? NO_VALUE : value;
    case "number":
      return Number.isFinite(value) ? JSON.stringify(value) : NO_VALUE;
    case "boolean":
      return String(value);
    default:
      return value === null ? NO_VALUE : JSON.stringify(value);
  }
}
