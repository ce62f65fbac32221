import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ProblemReport } from "../../../src/vehicle/observation.ts";
import {
  applyReport,
  clearNoData,
  clearOrigin,
  cutsOff,
  foremost,
  type Problem,
  type ProblemOrigin,
  type Problems,
} from "../../../src/vehicle/problem.ts";
import { T0 } from "../../support/observations.ts";

const report = (overrides: Partial<ProblemReport> = {}): ProblemReport => ({
  state: "ERROR",
  type: "VEHICLE_STATE",
  code: "ASLEEP",
  message: null,
  action: null,
  url: null,
  at: T0,
  signals: [],
  ...overrides,
});
const NONE: Problems = new Map();
const fold = (reports: readonly ProblemReport[], origin: ProblemOrigin = "webhook"): Problems =>
  reports.reduce<Problems>((held, next) => applyReport(held, next, origin)?.problems ?? held, NONE);
const shown = (...reports: ProblemReport[]): string | null | undefined => foremost(fold(reports))?.code;
const LOGIN = { type: "CONNECTED_SERVICES_ACCOUNT", code: "AUTHENTICATION_FAILED", action: "REAUTHENTICATE" };

const reports = fc.array(
  fc.record({
    state: fc.constantFrom("ERROR" as const, "RESOLVED" as const),
    type: fc.constantFrom("BILLING", "VEHICLE_STATE", "CONNECTED_SERVICES_ACCOUNT", "COMPATIBILITY"),
    code: fc.constantFrom(null, "UNKNOWN", "A", "AUTHENTICATION_FAILED"),
    at: fc.integer({ min: T0, max: T0 + 3 }),
    url: fc.constantFrom(null, "https://x.y"),
  }),
  { maxLength: 12 },
);

describe("problems", () => {
  it("are the same however often a report is repeated, and gone once resolved", () => {
    fc.assert(
      fc.property(reports, (drafts) => {
        const all = drafts.map((draft) => report(draft));
        const held = fold(all);
        expect(fold(all.flatMap((one) => [one, one]))).toEqual(held);
        const last = all.at(-1);
        if (last !== undefined) expect(applyReport(held, last, "webhook")).toBeNull();
        const resolved = all.reduce<Problems>(
          (left, one) => applyReport(left, { ...one, state: "RESOLVED" }, "poll")?.problems ?? left,
          held,
        );
        expect(resolved.size).toBe(0);
      }),
    );
  });

  it("keep their beginning and are raised once, though their words change", () => {
    const first = applyReport(NONE, report(), "webhook");
    const second = applyReport(first?.problems ?? NONE, report({ at: T0 + 9, message: "New words." }), "webhook");
    expect(first?.raised).toMatchObject({ since: T0, message: "The car is asleep. Drive it or open it to wake it." });
    expect([second?.raised, foremost(second?.problems ?? NONE)]).toMatchObject([
      null,
      { since: T0, message: "New words." },
    ]);
  });

  it("are not what a car merely cannot do, or does not share for single signals", () => {
    expect(fold([report({ type: "COMPATIBILITY", code: "VEHICLE_NOT_CAPABLE" })]).size).toBe(0);
    expect(fold([report({ type: "PERMISSION", signals: ["x" as never] })]).size).toBe(0);
    expect(fold([report({ ...LOGIN, signals: ["x" as never] })]).size).toBe(1);
  });

  it("always have words, for what nobody has heard of too", () => {
    const { message } = foremost(fold([report({ type: "NEW", code: "THING" })])) ?? {};
    expect(message).toBe("Smartcar reports NEW/THING for this car.");
  });

  it("show the most actionable first, then the newest, and the same one after a restart", () => {
    const asleep = report({ at: T0 + 9 });
    const billing = report({ type: "BILLING", code: "PLAN" });
    const key = report({ type: "CONNECTED_SERVICES_ACCOUNT", code: "KEY", url: "https://x.y" });
    expect(shown(asleep, billing)).toBe("PLAN");
    expect(shown(key, billing, asleep)).toBe("KEY");
    expect(shown(key, report(LOGIN), asleep)).toBe("AUTHENTICATION_FAILED");
    const twins = [report({ type: "BILLING", code: "A" }), report({ type: "BILLING", code: "B" })];
    expect(shown(...twins)).toBe(shown(...twins.toReversed()));
    expect(shown(report({ type: "BILLING", code: "A" }), report({ type: "BILLING", code: "B", at: T0 + 1 }))).toBe("B");
    expect(foremost(NONE)).toBeNull();
  });

  it("cut the car off only when its owner must sign in", () => {
    const cut = (overrides: Partial<Problem>) =>
      cutsOff({ ...report(), message: "", since: T0, origin: "poll", whole: true, ...overrides });
    expect(cut(LOGIN)).toBe(true);
    expect(cut({ type: "CONNECTED_SERVICES_ACCOUNT", code: "VIRTUAL_KEY_REQUIRED" })).toBe(false);
    expect(cut({ type: "VEHICLE_STATE", code: "UNREACHABLE" })).toBe(false);
  });

  it("are cleared by a success of the way they were noticed, one after the other, and no others", () => {
    let held = applyReport(fold([report()]), report({ code: "A" }), "poll")?.problems ?? NONE;
    held = applyReport(held, report({ code: "B" }), "poll")?.problems ?? NONE;
    const cleared: (string | null)[] = [];
    for (let change = clearOrigin(held, "poll"); change !== null; change = clearOrigin(held, "poll")) {
      held = change.problems;
      cleared.push(change.cleared?.code ?? null);
    }
    expect([cleared, [...held.keys()]]).toEqual([["A", "B"], ["VEHICLE_STATE/ASLEEP"]]);
    const usedUp = (origin: "command" | "webhook") => fold([report({ type: "BILLING", code: null })], origin);
    expect(clearOrigin(usedUp("command"), "poll")?.problems.size).toBe(0);
    expect(clearOrigin(usedUp("command"), "webhook")).toBeNull();
    expect(clearNoData(held)).toBeNull();
    expect(clearNoData(fold([report({ type: "NO_DATA", code: "EMPTY_STORE" })], "poll"))?.problems.size).toBe(0);
  });
});
