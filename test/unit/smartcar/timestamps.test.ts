import { describe, expect, it } from "vitest";
import { readRetryAfter, readTime } from "../../../src/smartcar/timestamps.ts";

const AT = Date.UTC(2026, 5, 1, 8, 0, 5);

describe("readTime", () => {
  it.each([
    ["ISO with milliseconds", "2026-06-01T08:00:05.000Z", AT],
    ["ISO without fraction", "2026-06-01T08:00:05Z", AT],
    ["ISO with microseconds", "2026-06-01T08:00:05.123456Z", AT + 123],
    ["ISO with an offset", "2026-06-01T10:00:05+02:00", AT],
    ["ISO with a short offset", "2026-06-01T10:00:05+0200", AT],
    ["ISO without a zone is UTC", "2026-06-01T08:00:05", AT],
    ["a blank for the T", "2026-06-01 08:00:05Z", AT],
    ["lower case", "2026-06-01t08:00:05z", AT],
    ["a date", "2026-06-01", Date.UTC(2026, 5, 1)],
    ["epoch milliseconds", AT, AT],
    ["epoch seconds", AT / 1000, AT],
    ["epoch seconds with a fraction", AT / 1000 + 0.5, AT + 500],
    ["milliseconds as text", String(AT), AT],
    ["seconds as text", String(AT / 1000), AT],
    ["text with blanks around", ` ${AT} `, AT],
  ])("reads %s", (_name, value, expected) => {
    expect(readTime(value)).toBe(expected);
  });

  it.each([
    ["zero", 0],
    ["zero as text", "0"],
    ["a negative", -AT],
    ["too small a number", 999_999_999],
    ["microseconds, a time far away", AT * 1000],
    ["missing", undefined],
    ["null", null],
    ["empty text", ""],
    ["words", "yesterday"],
    ["words with a number, which Date.parse would take", "signal 1"],
    ["not a day", "2026-13-45T00:00:00Z"],
    ["before 1970", "0001-01-01T00:00:00Z"],
    ["the epoch", "1970-01-01T00:00:00Z"],
    ["NaN", Number.NaN],
    ["infinity", Number.POSITIVE_INFINITY],
    ["an object", { at: AT }],
    ["a boolean", true],
  ])("does not take %s for a time", (_name, value) => {
    expect(readTime(value)).toBeNull();
  });
});

describe("readRetryAfter", () => {
  it.each([
    ["seconds", "90", AT + 90_000],
    ["zero", "0", AT],
    ["a fraction, rounded up", "1.2345", AT + 1_235],
    ["an HTTP date", "Mon, 01 Jun 2026 08:01:05 GMT", AT + 60_000],
    ["a past date", "Mon, 01 Jun 2026 07:00:00 GMT", AT],
  ])("reads %s", (_name, header, expected) => {
    expect(readRetryAfter(header, AT)).toBe(expected);
  });

  it.each([undefined, "", "soon", "-5", "2026-06-01"])("ignores %s", (header) => {
    expect(readRetryAfter(header, AT)).toBeNull();
  });
});
