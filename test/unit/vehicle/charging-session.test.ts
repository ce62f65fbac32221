import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hours, minutes, seconds } from "../../../src/lib/duration.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { type ChargingLedger, type FinishedSession, track } from "../../../src/vehicle/charging-session.ts";
import { signalCode } from "../../../src/vehicle/ids.ts";
import { merge } from "../../../src/vehicle/merge.ts";
import type { Observation } from "../../../src/vehicle/observation.ts";
import { EMPTY_STATE, type VehicleState } from "../../../src/vehicle/state.ts";
import { observation, T0 } from "../../support/observations.ts";

/** Signals by short names. */
const CODES = {
  charging: "charge-ischarging",
  status: "charge-detailedchargingstatus",
  cable: "charge-ischargingcableconnected",
  soc: "tractionbattery-stateofcharge",
  added: "charge-energyadded",
  watts: "charge-wattage",
  capacity: "tractionbattery-nominalcapacity",
  place: "location-preciselocation",
  home: "location-isathome",
} as const;
type Facts = Partial<Record<keyof typeof CODES, boolean | number | string | JsonObject | null>>;

function fact(name: keyof typeof CODES, value: Facts[keyof Facts], at: number | null, receivedAt = T0): Observation {
  const body =
    name === "capacity"
      ? { capacity: value as number, unit: "kWh" }
      : name === "place"
        ? (value as JsonObject)
        : { value: value as number };
  return observation({
    code: signalCode(CODES[name]),
    body,
    oemUpdatedAt: at,
    retrievedAt: null,
    receivedAt: Math.max(receivedAt, at ?? 0),
  });
}

/** A car whose facts are merged as the intake does, and followed. */
class Car {
  state: VehicleState = EMPTY_STATE;
  ledger: ChargingLedger | null = null;
  readonly told: FinishedSession[] = [];
  readonly records: FinishedSession[] = [];

  /** Facts at so many minutes after T0, arriving together. */
  at(minute: number, facts: Facts): this {
    const at = T0 + minutes(minute);
    return this.take(...Object.entries(facts).map(([name, value]) => fact(name as keyof Facts, value ?? null, at)));
  }

  take(...observations: readonly Observation[]): this {
    const previous = this.state;
    const signals = new Map(previous.signals);
    for (const one of observations) signals.set(one.code, merge(signals.get(one.code), one).signal);
    this.state = { ...previous, signals };
    const { ledger, record, ended } = track(this.ledger, previous, this.state);
    this.ledger = ledger;
    if (record !== null) this.records.push(record);
    if (record !== null && ended) this.told.push(record);
    return this;
  }

  get total(): number {
    return this.ledger?.energyTotalKwh ?? Number.NaN;
  }

  get last(): FinishedSession | undefined {
    return this.records.at(-1);
  }
}

const parked = (facts: Facts = {}) => new Car().at(-60, { charging: false, cable: true, ...facts });
const minute = (n: number) => T0 + minutes(n);

describe("start and end of a session", () => {
  it("follow ischarging, with the times of the facts", () => {
    const car = parked({ soc: 40 }).at(0, { charging: true, soc: 40 });
    expect(car.told).toEqual([]);
    car.at(60, { charging: false, soc: 50 });
    expect(car.told).toMatchObject([{ start: minute(0), end: minute(60), partial: false, socStart: 40, socEnd: 50 }]);
    expect(car.ledger?.session?.end).toBe(minute(60));
  });

  it("are right when everything arrives hours late", () => {
    const late = T0 + hours(9);
    const car = parked().take(fact("charging", true, minute(0), late));
    car.take(fact("charging", false, minute(60), late + seconds(1)));
    expect(car.told).toMatchObject([{ start: minute(0), end: minute(60) }]);
  });

  it("fall back on retrieval and then on arrival where the maker tells no time", () => {
    const car = new Car().take({ ...fact("charging", false, null), retrievedAt: minute(-60) });
    car.take({ ...fact("charging", true, null), retrievedAt: minute(1), receivedAt: minute(2) });
    car.take({ ...fact("status", "NOT_CHARGING", null), receivedAt: minute(30) });
    expect(car.told).toMatchObject([{ start: minute(1), end: minute(30) }]);
    const untimed = new Car().take(fact("charging", false, null, minute(0)));
    untimed.take(fact("charging", true, null, minute(10))).take(fact("charging", false, null, minute(20)));
    expect(untimed.told).toMatchObject([{ start: minute(10), end: minute(20) }]);
  });

  it("follow the status word where ischarging is unknown", () => {
    const car = new Car()
      .at(-60, { status: "NOT_CHARGING" })
      .at(0, { status: "charging" })
      .at(9, { status: "RESTING" });
    expect(car.told).toEqual([]);
    car.at(60, { status: "FULLY_CHARGED" });
    expect(car.told).toMatchObject([{ start: minute(0), end: minute(60), partial: false }]);
  });

  it.each<[string, Facts]>([
    ["the status word", { status: "NOT_CHARGING" }],
    ["a full battery", { status: "FULLY_CHARGED" }],
    ["the cable", { cable: false }],
  ])("end with %s, though ischarging is forgotten", (_, facts) => {
    const car = parked().at(0, { charging: true }).at(60, facts);
    expect(car.told).toMatchObject([{ end: minute(60) }]);
    // And what is old stays old, whatever else is told later.
    car.at(90, { cable: true, status: "RESTING", soc: 60 });
    expect(car.ledger?.session?.end).toBe(minute(60));
  });

  it("do not believe a status or a cable that is older than ischarging", () => {
    const car = parked({ status: "NOT_CHARGING" }).at(-1, { cable: false }).at(0, { charging: true });
    expect(car.ledger?.session).toMatchObject({ start: minute(0), end: null });
  });

  it("take the first fact that shows the end", () => {
    const car = parked().at(0, { charging: true }).at(30, { charging: true });
    car.take(
      fact("charging", false, minute(61)),
      fact("cable", false, minute(65)),
      fact("status", "NOT_CHARGING", minute(60)),
    );
    expect(car.told).toMatchObject([{ end: minute(60) }]);
  });

  it("are partial when the car is first seen charging", () => {
    const car = new Car().take(fact("charging", true, minute(5)), fact("status", "CHARGING", minute(0)));
    car.at(6, { soc: 44, added: 7 }).at(30, { charging: false, soc: 50, added: 12 });
    expect(car.told).toMatchObject([{ start: minute(0), partial: true, socEnd: 50, energyKwh: 5 }]);
  });

  it("never stand in the wrong order", () => {
    const car = new Car().take(fact("charging", false, null)).take(fact("charging", true, null, minute(60)));
    car.take(fact("charging", false, minute(10), minute(61)));
    expect(car.told).toMatchObject([{ start: minute(60), end: minute(60) }]);
  });

  it("survive a clock that is years ahead", () => {
    const car = parked().at(0, { charging: true });
    car.take({ ...fact("cable", false, minute(0) + hours(24 * 400)), receivedAt: minute(10) });
    car.at(60, { charging: true }).at(90, { charging: false });
    expect(car.told).toMatchObject([{ end: minute(10) }, { start: minute(60), end: minute(90) }]);
  });
});

describe("a short stop", () => {
  const flapped = (gapMinutes: number, between: Facts = {}) =>
    parked({ added: 3 })
      .at(0, { charging: true, added: 0 })
      .at(30, { charging: false, added: 5 })
      .at(30.5, between)
      .at(30 + gapMinutes, { charging: true })
      .at(60, { charging: false, added: 10 });

  it("does not split a session: it is told again with the same start", () => {
    const car = flapped(2.5);
    expect(car.told).toMatchObject([
      { start: minute(0), end: minute(30), energyKwh: 5 },
      { start: minute(0), end: minute(60), energyKwh: 10 },
    ]);
    expect(car.total).toBe(10);
  });

  it("does when the cable was pulled, or when it was not so short", () => {
    expect(flapped(2, { cable: false }).told[1]).toMatchObject({ start: minute(32), energyKwh: 5 });
    expect(flapped(4).told[1]).toMatchObject({ start: minute(34), energyKwh: 5 });
  });

  it("may make the counter begin anew", () => {
    const car = parked({ added: 3 }).at(0, { charging: true, added: 0 }).at(30, { charging: false, added: 5 });
    car.at(31, { charging: true, added: 0.1 }).at(60, { charging: false, added: 4 });
    expect(car.told[1]).toMatchObject({ start: minute(0), energyKwh: 9 });
  });
});

describe("energy", () => {
  it("comes from the car's counter, which begins anew", () => {
    const car = parked({ added: 12.3 }).at(1, { charging: true, added: 0.2 }).at(30, { added: 6 });
    expect(car.total).toBeCloseTo(6);
    car.at(60, { charging: false, added: 11, watts: 99_000 });
    expect(car.told).toMatchObject([{ energyKwh: 11, energySource: "energy_added" }]);
  });

  it("comes from the counter's rise where it goes on from before", () => {
    const car = parked({ added: 5 }).at(0, { charging: true, added: 5 }).at(60, { charging: false, added: 12 });
    expect(car.told).toMatchObject([{ energyKwh: 7, energySource: "energy_added" }]);
  });

  it("counts all of a counter that began anew and was seen late, as the battery shows", () => {
    const before = { added: 12, soc: 40, capacity: 77 };
    const car = parked(before).at(0, { charging: true, added: 30.8, soc: 80 });
    expect(car.at(5, { charging: false }).told).toMatchObject([{ energyKwh: 30.8 }]);
    const goesOn = parked(before).at(0, { charging: true, added: 30.8, soc: 64 });
    expect(goesOn.at(5, { charging: false }).told).toMatchObject([{ energyKwh: 18.8 }]);
  });

  it("is not misled by a counter that slips", () => {
    const car = parked({ added: 2 }).at(0, { charging: true, added: 0 });
    for (const [at, added] of [8, 0, 8.5, 8.4, 9].entries()) car.at(at + 1, { added });
    expect(car.at(60, { charging: false }).told).toMatchObject([{ energyKwh: 9 }]);
    expect(car.total).toBeCloseTo(9);
  });

  it("notices a counter that begins anew in the middle", () => {
    const car = parked({ added: 2 }).at(0, { charging: true, added: 0 });
    for (const [at, added] of [8, 0.1, 0.5, 3].entries()) car.at(at + 1, { added });
    expect(car.at(60, { charging: false }).told).toMatchObject([{ energyKwh: 11 }]);
  });

  it("takes the counter's last word a little after the end, and adds it to record and total", () => {
    const car = parked({ added: 2 }).at(0, { charging: true, added: 0 }).at(60, { charging: false, added: 9 });
    car.at(61, { added: 10, soc: 70 });
    expect(car.told).toHaveLength(1);
    expect(car.last).toMatchObject({ start: minute(0), energyKwh: 10, socEnd: 70 });
    expect(car.total).toBe(10);
    car.at(200, { added: 17, soc: 20 });
    expect(car.last).toMatchObject({ energyKwh: 10, socEnd: 70 });
    expect(car.total).toBe(10);
  });

  it("takes what a poll brings with the end, however late", () => {
    const car = parked({ added: 2, soc: 40 }).at(0, { charging: true, added: 0 });
    car.take(fact("charging", false, minute(60)), fact("added", 31.8, minute(300)), fact("soc", 80, minute(300)));
    expect(car.told).toMatchObject([{ end: minute(60), energyKwh: 31.8, socEnd: 80 }]);
  });

  it("is integrated from power where there is no counter", () => {
    const car = parked().at(0, { charging: true, watts: 10_000 }).at(30, { watts: 6_000 });
    expect(car.total).toBeCloseTo(4);
    car.at(60, { watts: 6_000 }).at(70, { charging: false });
    expect(car.told).toMatchObject([{ energyKwh: 8, energySource: "power" }]);
  });

  it("does not bridge gaps of more than an hour", () => {
    const car = parked().at(0, { charging: true, watts: 10_000 }).at(60, { watts: 10_000 });
    car.at(121, { watts: 10_000 }).at(151, { watts: 10_000 }).at(151, { charging: false });
    expect(car.told).toMatchObject([{ energyKwh: 15, energySource: "power" }]);
  });

  it("comes from the battery where there is neither", () => {
    const car = parked({ soc: 40, capacity: 80 }).at(0, { charging: true }).at(30, { soc: 45 });
    expect(car.total).toBeCloseTo(4);
    car.at(60, { charging: false, soc: 50 });
    expect(car.told).toMatchObject([{ energyKwh: 8, energySource: "battery" }]);
  });

  it("gives way to the next source when a counter stands still", () => {
    const car = parked({ added: 5, soc: 40, capacity: 80 }).at(0, { charging: true, added: 5 });
    car.at(30, { added: 5, soc: 45 });
    expect(car.total).toBe(0);
    car.at(60, { charging: false, soc: 50 });
    expect(car.told).toMatchObject([{ energyKwh: 8, energySource: "battery" }]);
    expect(car.total).toBeCloseTo(8);
  });

  it("is null when nothing tells of it", () => {
    expect(parked().at(0, { charging: true }).at(60, { charging: false }).told).toMatchObject([
      { energyKwh: null, energySource: null, socStart: null, socEnd: null, location: null, atHome: null },
    ]);
  });
});

describe("state of charge and place", () => {
  it("begin with what was known nearest to the start", () => {
    const late = (after: Facts) => {
      const car = new Car().at(-5, { charging: false, soc: 40 });
      const at = (n: keyof Facts, v: number | boolean, m: number) => fact(n, v, minute(m));
      car.take(at("charging", true, 0), at("soc", after.soc as number, 120));
      return car.ledger?.session?.socStart;
    };
    expect(late({ soc: 60 })).toBe(40);
    // It drove before it was plugged in.
    expect(late({ soc: 30 })).toBe(30);
  });

  it("are not those of the drive that follows", () => {
    const home = { latitude: 50.1, longitude: 8.6 };
    const car = parked({ place: home, home: true }).at(0, { charging: true, soc: 40 });
    car.take(
      fact("charging", false, minute(60)),
      fact("soc", 55, minute(90)),
      fact("soc", 42, minute(120)),
      fact("place", { latitude: 51, longitude: 9 }, minute(90)),
      fact("home", false, minute(90)),
    );
    expect(car.told).toMatchObject([{ location: home, atHome: true, socStart: 40 }]);
  });

  it("may come after the start", () => {
    const place = { latitude: 50.1, longitude: 8.6, heading: 12 };
    const car = parked().at(0, { charging: true }).at(10, { place }).at(60, { charging: false });
    expect(car.told).toMatchObject([{ location: { latitude: 50.1, longitude: 8.6 } }]);
  });
});

describe("whatever comes", () => {
  const name = fc.constantFrom(...(Object.keys(CODES) as (keyof typeof CODES)[]));
  const value = (of: keyof typeof CODES): fc.Arbitrary<Facts[keyof Facts]> => {
    switch (of) {
      case "charging":
      case "cable":
      case "home":
        return fc.oneof({ weight: 8, arbitrary: fc.boolean() }, { weight: 1, arbitrary: fc.constant(null) });
      case "status":
        return fc.constantFrom("CHARGING", "NOT_CHARGING", "FULLY_CHARGED", "ODD", null);
      case "place":
        return fc.record({
          latitude: fc.double(),
          longitude: fc.double({ min: -180, max: 180 }),
        }) as fc.Arbitrary<JsonObject>;
      case "soc":
        return fc.oneof(fc.double({ min: -5, max: 120 }), fc.constant(null));
      default:
        return fc.oneof(fc.double({ min: -10, max: 100 }), fc.double(), fc.constant(null));
    }
  };
  const when = fc.option(fc.integer({ min: -600, max: 600 }), { nil: null });
  const anyFact = name.chain((of) =>
    fc
      .tuple(value(of), when, fc.integer({ min: 0, max: 700 }))
      .map(([v, at, arrival]) => fact(of, v, at === null ? null : minute(at), minute(arrival))),
  );
  const batches = fc.array(fc.array(anyFact, { minLength: 1, maxLength: 5 }), { maxLength: 40 });

  it("the total never falls, and every session makes sense", () => {
    fc.assert(
      fc.property(batches, (all) => {
        const car = new Car();
        let total = 0;
        for (const one of all) {
          car.take(...one);
          if (car.ledger === null) continue;
          expect(car.total).toBeGreaterThanOrEqual(total);
          expect(Number.isFinite(car.total)).toBe(true);
          total = car.total;
        }
        for (const { start, end, energyKwh, energySource } of car.records) {
          expect(end).toBeGreaterThanOrEqual(start);
          expect(energyKwh === null).toBe(energySource === null);
          if (energyKwh !== null) expect(energyKwh).toBeGreaterThanOrEqual(0);
        }
        const starts = new Set(car.records.map(({ start }) => start));
        expect([...starts]).toEqual([...starts].sort((a, b) => a - b));
      }),
      { numRuns: 1_000 },
    );
  });

  it("a restart in between changes nothing", () => {
    fc.assert(
      fc.property(batches, (all) => {
        const [whole, restarted] = [new Car(), new Car()];
        for (const one of all) {
          whole.take(...one);
          restarted.take(...one);
          restarted.ledger = JSON.parse(JSON.stringify(restarted.ledger)) as ChargingLedger | null;
          restarted.take();
        }
        expect(JSON.stringify(restarted.ledger)).toBe(JSON.stringify(whole.ledger));
        // As text, since a database knows no negative zero.
        expect(JSON.stringify(restarted.records)).toBe(JSON.stringify(whole.records));
      }),
    );
  });

  it("the order inside a batch does not matter", () => {
    const distinct = fc.array(fc.uniqueArray(anyFact, { selector: ({ code }) => code, minLength: 1, maxLength: 6 }));
    fc.assert(
      fc.property(distinct, (all) => {
        const [forward, backward] = [new Car(), new Car()];
        for (const one of all) {
          forward.take(...one);
          backward.take(...[...one].reverse());
        }
        expect(backward.records).toEqual(forward.records);
        expect(backward.ledger).toEqual(forward.ledger);
      }),
    );
  });
});
