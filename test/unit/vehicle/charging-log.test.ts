import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { minutes } from "../../../src/lib/duration.ts";
import { AppError } from "../../../src/lib/errors.ts";
import { type ChargingEvents, ChargingLog, type ChargingStore } from "../../../src/vehicle/charging-log.ts";
import { signalCode } from "../../../src/vehicle/ids.ts";
import { Intake, type IntakeEvents } from "../../../src/vehicle/intake.ts";
import type { LocationPrivacy } from "../../../src/vehicle/privacy.ts";
import { collect, strictEvents } from "../../support/events.ts";
import { batch, CAR, observation, T0 } from "../../support/observations.ts";
import { type TestStore, tempStore } from "../../support/temp-store.ts";

const HOME = { latitude: 50.12345, longitude: 8.65432 };

let files: ReturnType<typeof tempStore>;
let privacy: LocationPrivacy;
beforeEach(() => {
  files = tempStore();
  privacy = "exact";
});
afterEach(() => files.remove());

/** The log behind an intake, on one database. */
function build(store: TestStore = files.store, charging: ChargingStore = store.charging) {
  const intakeEvents = strictEvents<IntakeEvents>();
  const intake = new Intake({
    store: store.states,
    events: intakeEvents,
    isKnown: () => true,
    isIgnored: () => false,
    accepts: () => false,
    privacyOf: () => privacy,
  });
  intake.start();
  const events = strictEvents<ChargingEvents>();
  const finished = collect(events, "finished");
  const log = new ChargingLog({
    store: charging,
    events,
    stateOf: (id) => intake.state(id),
    privacyOf: () => privacy,
  });
  log.start();
  let failures = 0;
  intakeEvents.on("changed", (change) => {
    try {
      log.observe(change);
    } catch {
      failures++;
    }
  });
  const tell = (minute: number, facts: Readonly<Record<string, boolean | number>>) => {
    const at = T0 + minutes(minute);
    const observations = Object.entries(facts).map(([code, value]) =>
      observation({ code: signalCode(code), body: { value }, oemUpdatedAt: at, retrievedAt: at, receivedAt: at }),
    );
    return intake.takePoll(batch(observations, { source: "poll", receivedAt: at }));
  };
  const tellPlace = () =>
    intake.takePoll(batch([observation({ code: signalCode("location-preciselocation"), body: HOME })]));
  return { intake, log, finished, tell, tellPlace, failures: () => failures };
}

const sessions = (store: TestStore) => store.charging.list(CAR, 0, Number.MAX_SAFE_INTEGER);

describe("the charging log", () => {
  it("keeps an open session and the total over a restart", async () => {
    const first = build();
    expect(first.log.energyTotal(CAR)).toBeNull();
    await first.tell(-5, { "charge-ischarging": false, "charge-energyadded": 3 });
    expect(first.log.energyTotal(CAR)).toBe(0);
    await first.tell(0, { "charge-ischarging": true, "charge-energyadded": 0 });
    await first.tell(30, { "charge-energyadded": 5.5 });
    expect(first.log.energyTotal(CAR)).toBe(5.5);

    const store = files.reopen();
    const second = build(store);
    expect(second.log.energyTotal(CAR)).toBe(5.5);
    await second.tell(60, { "charge-ischarging": false, "charge-energyadded": 11 });
    expect(second.finished).toMatchObject([
      { vehicleId: CAR, session: { start: T0, end: T0 + minutes(60), energyKwh: 11, partial: false } },
    ]);
    expect(sessions(store)).toEqual([second.finished[0]?.session]);
    expect(second.log.energyTotal(CAR)).toBe(11);

    const third = build(files.reopen());
    expect(third.log.energyTotal(CAR)).toBe(11);
    expect(third.finished).toEqual([]);
  });

  it("makes up for an end that was not followed before a crash", async () => {
    const first = build();
    await first.tell(-5, { "charge-ischarging": false });
    await first.tell(0, { "charge-ischarging": true });
    const blind = build(files.store, { load: () => new Map(), save: () => undefined });
    await blind.tell(60, { "charge-ischarging": false });
    const store = files.reopen();
    build(store);
    expect(sessions(store)).toMatchObject([{ start: T0, end: T0 + minutes(60) }]);
  });

  it("moves on only with the disk, and makes up for what it refused", async () => {
    let full = false;
    const { charging } = files.store;
    const { tell, log, finished, failures } = build(files.store, {
      load: () => charging.load(),
      save: (...all) => {
        if (full) throw new AppError("STORE_FAILED", "disk full", { disposition: "retry" });
        charging.save(...all);
      },
    });
    await tell(-5, { "charge-ischarging": false, "charge-energyadded": 0 });
    await tell(0, { "charge-ischarging": true });
    full = true;
    await tell(60, { "charge-ischarging": false, "charge-energyadded": 9 });
    expect([failures(), log.energyTotal(CAR), finished]).toEqual([1, 0, []]);
    full = false;
    await tell(62, { "tractionbattery-stateofcharge": 70 });
    expect(log.energyTotal(CAR)).toBe(9);
    expect(finished).toMatchObject([{ session: { start: T0, end: T0 + minutes(60), energyKwh: 9 } }]);
  });

  it.each<[LocationPrivacy, object | null]>([
    ["exact", HOME],
    ["rounded", { latitude: 50.12, longitude: 8.65 }],
    ["off", null],
  ])("keeps the place as privacy allows: %s, also when it was taken in before", async (level, location) => {
    const { tell, tellPlace, finished } = build();
    await tellPlace();
    await tell(-5, { "charge-ischarging": false, "location-isathome": true });
    await tell(0, { "charge-ischarging": true });
    privacy = level;
    await tell(60, { "charge-ischarging": false });
    const atHome = level === "off" ? null : true;
    expect(finished).toMatchObject([{ session: { location, atHome } }]);
    expect(sessions(files.store)).toMatchObject([{ location, atHome }]);
    expect(files.store.charging.load().get(CAR)?.session).toMatchObject({ location, atHome });
  });

  it("writes nothing when nothing concerns charging", async () => {
    let saves = 0;
    const { tell } = build(files.store, { load: () => new Map(), save: () => saves++ });
    await tell(0, { "odometer-traveleddistance": 1, "charge-ischarging": false });
    await tell(1, { "odometer-traveleddistance": 2 });
    await tell(2, { "charge-ischarging": false, "tractionbattery-stateofcharge": 50 });
    expect(saves).toBe(1);
  });

  it("keeps the total of a vehicle that went, but not its open session", async () => {
    const { tell, log } = build();
    await tell(0, { "charge-ischarging": false, "charge-energyadded": 0 });
    await tell(1, { "charge-ischarging": true });
    await tell(10, { "charge-energyadded": 4 });
    log.forget(CAR);
    expect(files.reopen().charging.load().get(CAR)).toEqual({ session: null, energyTotalKwh: 4 });
  });
});
