import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { NO_VALUE, payloadOf } from "../../../src/bridge/payload.ts";
import type { JsonValue } from "../../../src/lib/json.ts";

describe("payload", () => {
  it.each<[JsonValue, string]>([
    [81.5, "81.5"],
    [-0, "0"],
    [1e21, "1e+21"],
    [true, "true"],
    [false, "false"],
    ["LOCKED", "LOCKED"],
    ["2026-05-01T08:00:00.000Z", "2026-05-01T08:00:00.000Z"],
    [null, "None"],
    ["", "None"],
    [Number.NaN, "None"],
    [Number.POSITIVE_INFINITY, "None"],
    [{ latitude: 50.1, longitude: 8.6 }, '{"latitude":50.1,"longitude":8.6}'],
    [[], "[]"],
  ])("%o is %s", (value, text) => {
    expect(payloadOf(value)).toBe(text);
  });

  it("reads back as the value, text apart, and is never empty", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const payload = payloadOf(value as JsonValue);
        expect(payload).not.toBe("");
        if (value === null || value === "") expect(payload).toBe(NO_VALUE);
        else if (typeof value === "string") expect(payload).toBe(value);
        else expect(JSON.parse(payload)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
