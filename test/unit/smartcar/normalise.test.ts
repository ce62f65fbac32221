import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readSignal, readSignals } from "../../../src/smartcar/normalise.ts";
import { fixture } from "./support.ts";

const context = { source: "poll", receivedAt: 2_000, toldAt: 1_000, sequence: 9 } as const;
const soc = { code: "tractionbattery-stateofcharge", name: "StateOfCharge", group: "TractionBattery" };
const read = (item: unknown, key: string | null = null) => readSignal(item, key, context);

describe("a signal", () => {
  it("of the REST list becomes an observation", () => {
    const items = (JSON.parse(fixture("signals.json").toString()) as { data: unknown[] }).data;
    const observations = readSignals(items, context)?.observations;
    expect(observations).toHaveLength(3);
    expect(observations?.[0]).toEqual({
      code: "tractionbattery-stateofcharge",
      name: "StateOfCharge",
      group: "TractionBattery",
      status: "SUCCESS",
      error: null,
      body: { value: 57, unit: "percent" },
      oemUpdatedAt: Date.UTC(2026, 5, 1, 8),
      retrievedAt: Date.UTC(2026, 5, 1, 8, 0, 5),
      sequence: 9,
      toldAt: 1_000,
      receivedAt: 2_000,
      source: "poll",
    });
    expect(observations?.[1]).toMatchObject({
      status: "ERROR",
      body: null,
      error: { type: "PERMISSION", code: "UNKNOWN", message: "not granted" },
    });
    expect(observations?.[2]).toMatchObject({ status: "SUCCESS", body: { value: null } });
  });

  it("keeps its body exactly, also fields and units nobody knows", () => {
    const body = { values: [1, { deep: [null] }], unit: "Furlong", __proto__x: 1 };
    expect(read({ ...soc, body })?.body).toBe(body);
  });

  it.each([
    ["missing with a body", undefined, { value: 1 }, "SUCCESS"],
    ["missing without a body", undefined, undefined, "UNAVAILABLE"],
    ["SUCCESS without a body", { value: "SUCCESS" }, undefined, "UNAVAILABLE"],
    ["SUCCESS with a null body", { value: "SUCCESS" }, null, "UNAVAILABLE"],
    ["a bare word", "success", { value: 1 }, "SUCCESS"],
    ["UNAVAILABLE", { value: "UNAVAILABLE" }, undefined, "UNAVAILABLE"],
    ["one nobody knows", { value: "Paused" }, { value: 1 }, "PAUSED"],
    ["an empty object", {}, { value: 1 }, "SUCCESS"],
  ])("status %s", (_name, status, body, expected) => {
    expect(read({ ...soc, status, body })).toMatchObject({ status: expected, error: null });
  });

  it.each([
    ["an object", { value: "ERROR", error: { type: "A", code: "B", detail: "m" } }],
    ["without the word", { error: { type: "A", code: "B", description: "m" } }],
    ["a list", { value: "ERROR", error: [{ type: "A", code: "B", title: "m" }] }],
    ["wrapped", { value: "ERROR", error: { error: { type: "A", code: "B", description: "m" } } }],
    ["a V3 list", { value: "ERROR", error: { errors: [{ type: "A", code: "B", detail: "m" }] } }],
  ])("error as %s", (_name, status) => {
    expect(read({ ...soc, status })).toMatchObject({
      status: "ERROR",
      error: { type: "A", code: "B", message: "m" },
    });
  });

  it("reads errors that are a word, lack a code, or are missing", () => {
    expect(read({ ...soc, status: { value: "ERROR", error: "PERMISSION" } })?.error).toEqual({
      type: "PERMISSION",
      code: null,
      message: null,
    });
    expect(read({ ...soc, status: { value: "ERROR", error: { type: "PERMISSION", code: null } } })?.error).toEqual({
      type: "PERMISSION",
      code: null,
      message: null,
    });
    expect(read({ ...soc, status: { value: "ERROR" } })).toMatchObject({ status: "ERROR", error: null });
    expect(read({ ...soc, error: { type: "X" } })).toMatchObject({ status: "ERROR", error: { type: "X" } });
  });

  it.each([
    ["its body is a number", { ...soc, body: 5 }],
    ["its body is a list", { ...soc, status: { value: "SUCCESS" }, body: [5] }],
    ["its status is a number", { ...soc, status: 7, body: { value: 1 } }],
    ["it is no object, but has a key", 42],
  ])("in disorder, %s, is an error on itself alone", (_name, item) => {
    expect(read(item, "TractionBattery.StateOfCharge")).toMatchObject({
      code: "tractionbattery-stateofcharge",
      status: "ERROR",
      error: { type: "BRIDGE", code: "MALFORMED" },
    });
  });

  it("does not cost its neighbours", () => {
    const result = readSignals([null, 7, { ...soc, body: 5 }, { body: {} }, { ...soc, body: { value: 1 } }], context);
    expect(result?.skipped).toBe(3);
    expect(result?.observations.map(({ status }) => status)).toEqual(["ERROR", "SUCCESS"]);
  });

  it("never throws, whatever it is", () => {
    fc.assert(
      fc.property(fc.anything(), fc.option(fc.string()), (item, key) => {
        read(item, key);
        readSignals(item, context);
      }),
    );
  });
});

describe("its code", () => {
  it.each([
    ["lower case", { code: "tractionbattery-stateofcharge" }],
    ["other case", { code: "TractionBattery-StateOfCharge" }],
    ["dotted", { code: "TractionBattery.StateOfCharge" }],
    ["from group and name", { group: "TractionBattery", name: "StateOfCharge" }],
    ["from group and name the wrong way round", { group: "StateOfCharge", name: "TractionBattery" }],
    ["of a REST item, from its id", { id: "tractionbattery-stateofcharge", attributes: {} }],
  ])("%s", (_name, item) => {
    expect(read(item)?.code).toBe("tractionbattery-stateofcharge");
  });

  it("of a group that is a name elsewhere keeps its order", () => {
    expect(read({ group: "Diagnostics", name: "Transmission" })?.code).toBe("diagnostics-transmission");
  });

  it("of groups nobody knows is group, then name", () => {
    expect(read({ group: "Drone", name: "Bay" })?.code).toBe("drone-bay");
  });

  it.each(["a/b", "a b", "#", "+", "", "a\u0000b", "x".repeat(200)])(
    "is not %j, which could not be a topic",
    (code) => {
      expect(read({ code, body: {} })).toBeNull();
    },
  );
});

describe("its times", () => {
  it.each([
    [{ oemUpdatedAt: 0, retrievedAt: 0 }, null, null],
    [{}, null, null],
    [undefined, null, null],
    ["odd", null, null],
    [{ oemUpdatedAt: 1_780_300_800, fetchedAt: 1_780_300_805_000 }, 1_780_300_800_000, 1_780_300_805_000],
    [
      { oemUpdatedAt: "2026-06-01T08:00:00Z", retrievedAt: null, fetchedAt: "1780300805" },
      1_780_300_800_000,
      1_780_300_805_000,
    ],
  ])("are read from %j", (meta, oemUpdatedAt, retrievedAt) => {
    expect(read({ ...soc, body: {}, meta })).toMatchObject({ oemUpdatedAt, retrievedAt });
  });
});
