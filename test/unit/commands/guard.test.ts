import { describe, expect, it } from "vitest";
import { advance, type Execution, recover, resultOf } from "../../../src/commands/execution.ts";
import { type GuardFacts, judge } from "../../../src/commands/guard.ts";
import { type CommandRequest, NO_REPLY_ADDRESS } from "../../../src/commands/request.ts";
import { minutes, seconds } from "../../../src/lib/duration.ts";
import { car } from "../../support/cars.ts";
import { CAR, T0 } from "../../support/observations.ts";
import { EVERYTHING, request } from "./support.ts";

const facts = (overrides: Partial<GuardFacts> = {}): GuardFacts => ({
  now: T0,
  allow: new Set(EVERYTHING),
  maxAgeMs: seconds(60),
  incapable: () => false,
  ...overrides,
});
const code = (asked: Partial<CommandRequest>, given: Partial<GuardFacts> = {}) => {
  const verdict = judge(request({ now: T0, ...asked }), facts(given));
  return verdict.accepted ? "accepted" : verdict.error.code;
};

describe("the guard", () => {
  it("accepts what is allowed, granted, capable and young, with the canonical value", () => {
    expect(judge(request({ now: T0, command: "charging", value: "ON" }), facts())).toMatchObject({
      accepted: true,
      value: true,
    });
  });

  it.each<[string, Partial<CommandRequest>, Partial<GuardFacts>]>([
    ["RETAINED", { retained: true }, {}],
    ["BAD_VALUE", { unreadable: "the payload looks like JSON but is none" }, {}],
    ["BAD_VALUE", { value: "OPEN" }, {}],
    ["UNKNOWN_VEHICLE", { vehicle: null }, {}],
    ["NOT_ALLOWED", {}, { allow: new Set() }],
    ["NOT_ALLOWED", { value: "UNLOCK" }, { allow: new Set(["lock"]) }],
    ["TOO_OLD", { requestedAt: T0 - seconds(60) - 1 }, {}],
    ["TOO_OLD", { expiresAt: T0 }, {}],
    ["TOO_OLD", { requestedAt: T0 + minutes(5) + 1 }, {}],
    ["TOO_OLD", { requestedAt: T0 + minutes(2), receivedAt: T0 - seconds(60) - 1 }, {}],
    ["NOT_CONNECTED", { vehicle: car({ connected: false }) }, {}],
    ["NO_PERMISSION", { vehicle: car({ permissions: ["read_battery"] }) }, {}],
    ["NOT_CAPABLE", {}, { incapable: (variant) => variant === "lock" }],
  ])("refuses with %s: %j", (expected, asked, given) => {
    expect(code(asked, given)).toBe(expected);
  });

  it.each<[string, Partial<CommandRequest>, Partial<GuardFacts>]>([
    ["exactly max_age old", { requestedAt: T0 - seconds(60) }, {}],
    ["a caller's clock a little ahead", { requestedAt: T0 + minutes(5) }, {}],
    ["not yet expired", { expiresAt: T0 + 1 }, {}],
    ["a list without permissions", { vehicle: car({ permissions: [] }) }, {}],
    ["another variant that the car cannot do", { value: "LOCK" }, { incapable: (variant) => variant === "unlock" }],
    [
      "refresh without any permission",
      { command: "refresh", value: "PRESS", vehicle: car({ permissions: ["x"] }) },
      {},
    ],
  ])("lets pass: %s", (_, asked, given) => {
    expect(code(asked, given)).toBe("accepted");
  });

  it("names a retained message before anything else", () => {
    expect(code({ retained: true, vehicle: null, value: "JAM", unreadable: "x" })).toBe("RETAINED");
  });

  it("says what to send and what to add", () => {
    const refusal = (asked: Partial<CommandRequest>, given: Partial<GuardFacts> = {}) => {
      const verdict = judge(request({ now: T0, ...asked }), facts(given));
      return verdict.accepted ? null : verdict.error.action;
    };
    expect(refusal({ value: "JAM" })).toBe("send LOCK or UNLOCK");
    expect(refusal({ value: "UNLOCK" }, { allow: new Set(["lock"]) })).toBe("add unlock to commands.allow");
  });
});

describe("an execution", () => {
  const waiting: Execution = {
    key: 1,
    id: "abc",
    vehicleId: CAR,
    topic: "car",
    command: "lock",
    value: "LOCK",
    state: "waiting",
    confirmed: false,
    error: null,
    requestedAt: T0,
    sentAt: null,
    completedAt: null,
    calls: 0,
    reply: NO_REPLY_ADDRESS,
  };
  const states = ["waiting", "sent", "succeeded", "failed", "rejected", "superseded", "unknown"] as const;
  const ends = ["succeeded", "failed", "rejected", "superseded", "unknown"] as const;

  it("is sent once, from waiting only", () => {
    const possible = states.filter((state) => advance({ ...waiting, state }, { type: "send", at: T0 }) !== null);
    expect(possible).toEqual(["waiting"]);
  });

  it("ends once: unsent as rejected or superseded, sent as anything else", () => {
    const end = (state: (typeof states)[number]) =>
      ends.filter((status) => advance({ ...waiting, state }, { type: "end", status, at: T0, error: null, calls: 0 }));
    expect(Object.fromEntries(states.map((state) => [state, end(state)]))).toEqual({
      waiting: ["rejected", "superseded"],
      sent: ["succeeded", "failed", "unknown"],
      succeeded: [],
      failed: [],
      rejected: [],
      superseded: [],
      unknown: [],
    });
  });

  it("is confirmed once, when it succeeded or its outcome is unknown", () => {
    const possible = states.filter((state) => advance({ ...waiting, state }, { type: "confirm" }) !== null);
    expect(possible).toEqual(["succeeded", "unknown"]);
    expect(advance({ ...waiting, state: "succeeded", confirmed: true }, { type: "confirm" })).toBeNull();
  });

  it("has no result before its end, and never a negative duration", () => {
    expect([resultOf(waiting), resultOf({ ...waiting, state: "sent", sentAt: T0 })]).toEqual([null, null]);
    const ended = { ...waiting, state: "rejected", completedAt: T0 - 5_000 } as const;
    expect(resultOf(ended)?.duration_ms).toBe(0);
  });

  it("is never sent again after a crash: rejected when it waited, unknown when it was sent", () => {
    expect(recover(waiting, T0)).toMatchObject({ state: "rejected", calls: 0, error: { code: "RESTARTED" } });
    expect(recover({ ...waiting, state: "sent", sentAt: T0 }, T0)).toMatchObject({ state: "unknown", calls: 1 });
    expect(recover({ ...waiting, state: "succeeded" }, T0)).toBeNull();
  });
});
