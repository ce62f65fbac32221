import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { hours } from "../../../src/lib/duration.ts";
import type { FinishedSession } from "../../../src/vehicle/charging-session.ts";
import { vehicleId } from "../../../src/vehicle/ids.ts";
import { CAR, T0 } from "../../support/observations.ts";
import { tempStore } from "../../support/temp-store.ts";

let files: ReturnType<typeof tempStore>;
beforeEach(() => {
  files = tempStore();
});
afterEach(() => files.remove());

const LEDGER = { session: null, energyTotalKwh: 12.345 };

function session(hour: number, overrides: Partial<FinishedSession> = {}): FinishedSession {
  return {
    start: T0 + hours(hour),
    end: T0 + hours(hour + 1),
    partial: false,
    energyKwh: 7.5,
    energySource: "energy_added",
    socStart: 40,
    socEnd: 50.5,
    location: { latitude: 50.1, longitude: 8.6 },
    atHome: true,
    ...overrides,
  };
}

describe("charging sessions in the database", () => {
  it("come back as they were, newest first, by vehicle and time", () => {
    const unknown = { energyKwh: null, energySource: null, socStart: null, socEnd: null, location: null, atHome: null };
    const all = [session(0), session(2, { partial: true, atHome: false }), session(4, unknown)];
    for (const one of all) files.store.charging.save(CAR, LEDGER, one);
    files.store.charging.save(vehicleId("other"), LEDGER, session(1));
    const { charging } = files.reopen();
    expect(charging.list(CAR, 0, T0 + hours(24))).toEqual([...all].reverse());
    expect(charging.list(CAR, T0, T0 + hours(2))).toEqual([all[0]]);
    expect(charging.list(CAR, T0, T0 + hours(24), 1)).toEqual([all[2]]);
    expect(charging.load()).toEqual(
      new Map([
        [CAR, LEDGER],
        [vehicleId("other"), LEDGER],
      ]),
    );
  });

  it("replace an earlier telling of the same session", () => {
    files.store.charging.save(CAR, LEDGER, session(0));
    files.store.charging.save(CAR, LEDGER, session(0, { energyKwh: 9 }));
    expect(files.store.charging.list(CAR, 0, T0 + hours(24))).toEqual([session(0, { energyKwh: 9 })]);
  });

  it("can be pruned without touching the total", () => {
    files.store.charging.save(CAR, LEDGER, session(0));
    files.store.charging.save(CAR, LEDGER, session(5));
    files.store.charging.prune(T0 + hours(5));
    expect(files.store.charging.list(CAR, 0, T0 + hours(24))).toEqual([session(5)]);
    expect(files.store.charging.load().get(CAR)).toEqual(LEDGER);
  });

  it("get their tables in a database from before them", () => {
    const { sqlite } = files.store.database;
    sqlite.exec("DROP TABLE charging_sessions; DROP TABLE charging_ledgers; PRAGMA user_version = 1");
    const { charging } = files.reopen();
    charging.save(CAR, LEDGER, session(0));
    expect(charging.list(CAR, 0, T0 + hours(24))).toHaveLength(1);
  });
});
