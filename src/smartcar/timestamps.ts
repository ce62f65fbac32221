/** Numbers from here on are milliseconds (the first ones would be seconds of the year 5138). */
const SMALLEST_MS = 1e11;
/** Numbers from here on, below {@link SMALLEST_MS}, are seconds; anything smaller is no time of a car. */
const SMALLEST_S = 1e9;
/** End of the year 9999: beyond it a time is a mistake, and one that would win every merge for ever. */
const LATEST_MS = 253_402_300_799_999;

const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;

/**
 * Reads a time in any form Smartcar has used: ISO text, epoch seconds, epoch milliseconds, either of them as text.
 * Returns epoch milliseconds, or null for a time that says nothing: 0, negative, missing, unparsable. An ISO time
 * without a zone is UTC. Source: fact sheet 5.4.
 */
export function readTime(value: unknown): number | null {
  if (typeof value === "number") return fromNumber(value);
  if (typeof value !== "string") return null;
  const text = value.trim();
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return fromNumber(Number(text));
  const [, date, time, zone] = ISO.exec(text) ?? [];
  if (date === undefined) return null;
  return within(Date.parse(time === undefined ? date : `${date}T${time.replace(",", ".")}${normalZone(zone)}`));
}

/**
 * Reads a `retry-after` header: seconds, or an HTTP date. Returns the epoch milliseconds before which not to ask again;
 * null when there is no usable one. A past date means now.
 */
export function readRetryAfter(header: string | undefined, now: number): number | null {
  const text = header?.trim();
  if (text === undefined || text === "") return null;
  if (/^\d+(\.\d+)?$/.test(text)) return within(now + Math.ceil(Number(text) * 1_000));
  // Date.parse makes dates out of nearly anything; an HTTP date begins with the name of a day.
  if (!/^[A-Z][a-z]{2,8}, /.test(text)) return null;
  const at = within(Date.parse(text));
  return at === null ? null : Math.max(at, now);
}

function fromNumber(value: number): number | null {
  if (value >= SMALLEST_MS) return within(value);
  return value >= SMALLEST_S ? within(value * 1_000) : null;
}

function within(ms: number): number | null {
  return ms > 0 && ms <= LATEST_MS ? Math.round(ms) : null;
}

function normalZone(zone: string | undefined): string {
  if (zone === undefined || zone.toUpperCase() === "Z") return "Z";
  const digits = zone.slice(1).replace(":", "").padEnd(4, "0");
  return `${zone.charAt(0)}${digits.slice(0, 2)}:${digits.slice(2)}`;
}
