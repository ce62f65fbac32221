import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { merge } from "../../../src/vehicle/merge.ts";
import type { Observation } from "../../../src/vehicle/observation.ts";
import { type HeldSignal, standing } from "../../../src/vehicle/signal.ts";
import { failure, observation, T0 } from "../../support/observations.ts";

function fold(observations: readonly Observation[]): HeldSignal | undefined {
  return observations.reduce<HeldSignal | undefined>((held, next) => merge(held, next).signal, undefined);
}

/** What the outside can see; when a fact told twice was told first is not part of it. */
function visible(held: HeldSignal | undefined) {
  const seen = (fact: Observation | null) =>
    fact === null ? null : [fact.status, fact.error, fact.body, fact.oemUpdatedAt, fact.retrievedAt];
  return held === undefined
    ? null
    : { value: seen(held.value), complaint: seen(held.complaint), stands: seen(standing(held)) };
}

const time = fc.option(
  fc.integer({ min: 0, max: 5 }).map((n) => T0 + n * 60_000),
  { nil: null },
);
const arrivals = fc
  .uniqueArray(
    fc.record({
      ok: fc.boolean(),
      oemUpdatedAt: time,
      retrievedAt: time,
      sequence: fc.option(fc.integer({ min: 1, max: 9 }), { nil: null }),
      told: fc.integer({ min: 0, max: 5 }),
    }),
    // No exact ties: those are left to arrival on purpose.
    {
      selector: (fact) => JSON.stringify([fact.oemUpdatedAt, fact.retrievedAt, fact.sequence]),
      minLength: 1,
      maxLength: 8,
    },
  )
  .map((facts) =>
    facts.map((fact, index): Observation => {
      const toldAt = T0 + fact.told * 60_000;
      const common = { sequence: fact.sequence, toldAt, receivedAt: T0 + index };
      const { oemUpdatedAt, retrievedAt } = fact;
      return fact.ok
        ? observation({ ...common, oemUpdatedAt, retrievedAt, body: { value: contentOf(fact) } })
        : failure({
            ...common,
            oemUpdatedAt,
            retrievedAt,
            error: { type: "E", code: String(contentOf(fact)), message: null },
          });
    }),
  );

/** Content that follows from what facts are ordered by, so that equal keys mean the same fact. */
function contentOf(fact: { oemUpdatedAt: number | null; retrievedAt: number | null; ok: boolean }): number {
  return (fact.oemUpdatedAt ?? 7) * 31 + (fact.retrievedAt ?? 3);
}

describe("merge", () => {
  it("does not depend on the order of arrival", () => {
    fc.assert(
      fc.property(arrivals, fc.integer(), (facts, seed) => {
        const shuffled = [...facts].sort((a, b) => hash(a, seed) - hash(b, seed));
        expect(visible(fold(shuffled))).toEqual(visible(fold(facts)));
      }),
      { numRuns: 2_000 },
    );
  });

  it("does not depend on how often a fact arrives", () => {
    fc.assert(
      fc.property(arrivals, fc.array(fc.nat(7), { maxLength: 12 }), (facts, again) => {
        const repeated = [...facts, ...again.flatMap((index) => facts[index % facts.length] ?? [])];
        expect(visible(fold(repeated))).toEqual(visible(fold(facts)));
      }),
      { numRuns: 1_000 },
    );
  });

  it("changes nothing when everything comes once more", () => {
    fc.assert(
      fc.property(arrivals, (facts) => {
        const held = fold(facts);
        for (const fact of facts) expect(merge(held, fact).changed).toBe(false);
      }),
    );
  });

  it("takes the newer by oemUpdatedAt, then retrievedAt, then sequence", () => {
    const old = observation({ body: { value: 1 }, sequence: 1 });
    for (const newer of [
      observation({ body: { value: 2 }, oemUpdatedAt: T0 + 1, retrievedAt: T0 }),
      observation({ body: { value: 2 }, retrievedAt: T0 + 2_000 }),
      observation({ body: { value: 2 }, sequence: 2 }),
    ]) {
      expect(fold([old, newer])?.value).toBe(newer);
      expect(fold([newer, old])?.value?.body).toEqual({ value: 2 });
    }
  });

  it("lets unknown times and a missing sequence lose to known ones", () => {
    const timed = observation({ body: { value: 1 } });
    const untimed = observation({ body: { value: 2 }, oemUpdatedAt: null, retrievedAt: null, receivedAt: T0 + 99_000 });
    expect(fold([timed, untimed])?.value).toBe(timed);
    const numbered = observation({ body: { value: 3 }, sequence: 5 });
    expect(fold([numbered, timed])?.value).toBe(numbered);
  });

  it("gives an exact tie of different content to the later arrival", () => {
    const first = observation({ body: { value: 1 } });
    const second = observation({ body: { value: 2 }, receivedAt: first.receivedAt + 1 });
    expect(fold([first, second])?.value).toBe(second);
  });

  it("keeps the last good value through an error, and shows the error", () => {
    const held = fold([observation(), failure({ toldAt: T0 + 60_000 })]);
    expect(held?.value?.body).toEqual({ value: 57, unit: "percent" });
    expect(held === undefined ? null : standing(held)?.status).toBe("ERROR");
  });

  it("ignores the stale body of an error", () => {
    const stale = failure({ body: { value: 3 }, oemUpdatedAt: T0, retrievedAt: T0 + 1_000 });
    const held = fold([observation(), stale]);
    expect(held?.value?.body).toEqual({ value: 57, unit: "percent" });
    expect(held === undefined ? null : standing(held)).toBe(stale);
  });

  it("lets an error without times stand only while no value is newer", () => {
    const error = failure({ toldAt: T0 + 60_000 });
    const older = observation({ oemUpdatedAt: T0, retrievedAt: T0 + 30_000 });
    const newer = observation({ oemUpdatedAt: T0 + 90_000, retrievedAt: T0 + 91_000 });
    for (const order of [
      [error, older],
      [older, error],
    ]) {
      const held = fold(order);
      expect(held === undefined ? null : standing(held)).toBe(error);
    }
    for (const order of [
      [error, newer],
      [newer, error],
    ]) {
      const held = fold(order);
      expect(held === undefined ? null : standing(held)).toBe(newer);
    }
  });

  it("judges an untimed error by the deliveries' sequence where both have one", () => {
    const value = observation({ sequence: 20, retrievedAt: T0 });
    const late = failure({ sequence: 10, toldAt: T0 + 90_000 });
    const held = fold([value, late]);
    expect(held === undefined ? null : standing(held)).toBe(value);
  });

  it("does not call a fact told again a change, but does call a new time one", () => {
    const held = fold([observation({ sequence: 1 })]);
    expect(merge(held, observation({ sequence: 2, toldAt: T0 + 9_000, receivedAt: T0 + 9_000 })).changed).toBe(false);
    expect(merge(held, observation({ oemUpdatedAt: T0 + 1 })).changed).toBe(true);
  });
});

function hash(fact: Observation, seed: number): number {
  return Math.imul(fact.receivedAt ^ seed, 2_654_435_761) >>> 0;
}
