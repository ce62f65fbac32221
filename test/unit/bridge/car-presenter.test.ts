import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CarPresenter, type PresenterOptions } from "../../../src/bridge/car-presenter.ts";
import { Topics } from "../../../src/bridge/topics.ts";
import { hours, minutes } from "../../../src/lib/duration.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { signalCode } from "../../../src/vehicle/ids.ts";
import { Intake, type IntakeEvents } from "../../../src/vehicle/intake.ts";
import type { Observation, ProblemReport } from "../../../src/vehicle/observation.ts";
import type { Vehicle } from "../../../src/vehicle/vehicle.ts";
import { car } from "../../support/cars.ts";
import { strictEvents } from "../../support/events.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { FakeLog } from "../../support/fake-log.ts";
import { batch, CAR, failure, observation } from "../../support/observations.ts";
import { tempStore } from "../../support/temp-store.ts";
import { FakePublisher } from "./fake-publisher.ts";

let files: ReturnType<typeof tempStore>;
let clock: FakeClock;

beforeEach(() => {
  files = tempStore();
  clock = new FakeClock();
});
afterEach(() => files.remove());

const B = "smartcar/volkswagen-id-4/";

/** A presenter on a real intake, as the wiring joins them. */
function build(overrides: Partial<PresenterOptions> = {}, store = files.store) {
  const publisher = new FakePublisher();
  const events = strictEvents<IntakeEvents>();
  const intake = new Intake({
    store: store.states,
    events,
    isKnown: () => true,
    isIgnored: () => false,
    privacyOf: () => "exact",
    accepts: () => true,
  });
  intake.start();
  const log = new FakeLog();
  const shown: string[][] = [];
  let vehicle = car();
  let echo: string | null = null;
  const presenter = new CarPresenter({
    publisher,
    topics: new Topics({ base: "smartcar", discoveryPrefix: "homeassistant" }),
    units: "metric",
    clock,
    vehicles: () => [vehicle],
    vehicle: () => vehicle,
    stateOf: (id) => intake.state(id),
    commands: { lockEcho: () => echo, capabilities: () => ({}) },
    accepts: () => true,
    webhookCarries: () => null,
    energyTotal: () => null,
    dropped: () => [],
    pollMs: () => hours(6),
    log,
    onShown: (_, readings) => shown.push([...readings.keys()]),
    ...overrides,
  });
  events.on("changed", (change) => presenter.onChange(change));
  return {
    presenter,
    publisher,
    intake,
    log,
    shown,
    become: (next: Partial<Vehicle>) => {
      vehicle = car(next);
      presenter.refresh(vehicle);
    },
    echo: (word: string | null) => {
      echo = word;
      presenter.refresh(vehicle);
    },
    poll: async (...observations: Observation[]) => {
      await intake.takePoll(batch(observations, { source: "poll", receivedAt: clock.now() }));
      await settle();
    },
    report: async (report: Partial<ProblemReport>) => {
      const full = { message: null, action: null, url: null, signals: [], at: clock.now(), code: null, type: "X" };
      await intake.report(CAR, "poll", { state: "ERROR", ...full, ...report });
      await settle();
    },
  };
}

const fact = (code: string, body: JsonObject, ageMs = 0): Observation => {
  const at = clock.now() - ageMs;
  return observation({
    code: signalCode(code),
    body,
    oemUpdatedAt: at,
    retrievedAt: at,
    receivedAt: at,
    source: "poll",
  });
};
const soc = (value: unknown, ageMs = 0) => fact("tractionbattery-stateofcharge", { value } as JsonObject, ageMs);

describe("car presenter", () => {
  it("publishes readings, signal, state and info of a change, and only those that changed", async () => {
    const { publisher, poll } = build();
    await poll(soc(57, 1_000), fact("closure-islocked", { value: true }, 1_000));
    expect(publisher.said(B).sort()).toEqual(
      ["battery", "info", "lock", "signals/closure-islocked", "signals/tractionbattery-stateofcharge", "state"].sort(),
    );
    expect([publisher.held.get(`${B}battery`), publisher.held.get(`${B}lock`)]).toEqual(["57", "LOCKED"]);
    await poll(soc(58));
    expect(publisher.said(B)).toEqual(["battery", "state", "signals/tractionbattery-stateofcharge"]);
    const at = new Date(clock.now()).toISOString();
    expect(publisher.json(`${B}state`)).toEqual({ battery: 58, lock: "LOCKED", updated_at: at });
    await poll(soc(58));
    expect(publisher.said(B)).toEqual([]);
  });

  it("shows the same after a restart, and nothing twice", async () => {
    const first = build();
    first.presenter.start();
    await first.poll(soc(57), failure({ code: signalCode("charge-wattage") }));
    first.presenter.stop();
    const again = build({}, files.reopen());
    again.presenter.start();
    expect(again.publisher.held).toEqual(first.publisher.held);
    again.publisher.said();
    again.presenter.present(car());
    again.presenter.refresh(car());
    expect(again.publisher.said()).toEqual([]);
    again.presenter.stop();
    expect(clock.pending).toBe(0);
  });

  it("says None for what the car reports as unknown, and keeps the value through an error", async () => {
    const { publisher, poll } = build();
    await poll(soc(null, 1_000));
    expect(publisher.held.get(`${B}battery`)).toBe("None");
    await poll(soc(60));
    await poll(failure({ toldAt: clock.now() + 1 }));
    expect(publisher.held.get(`${B}battery`)).toBe("60");
    expect(publisher.json(`${B}signals/tractionbattery-stateofcharge`)).toMatchObject({
      status: "ERROR",
      body: { value: 60 },
    });
  });

  it("says in info what car and grant carry, as soon as it reads differently", async () => {
    const { publisher, poll } = build();
    await poll(soc(57, 1_000), fact("vehicleidentification-vin", { value: "A" }, 1_000));
    publisher.said();
    const info = () => publisher.json(`${B}info`) as { vin: string; signals: Record<string, object> };
    await poll(failure({ toldAt: clock.now() + 1, error: { type: "PERMISSION", code: null, message: null } }));
    expect(publisher.said(B)).toContain("info");
    expect(info().signals["tractionbattery-stateofcharge"]).toMatchObject({ granted: false });
    await poll(fact("vehicleidentification-vin", { value: "B" }));
    expect(info().vin).toBe("B");
  });

  it("erases a reading that the car no longer speaks of", async () => {
    const { publisher, poll, shown } = build();
    const door = (columnPosition: number) => ({ row: 0, column: columnPosition, isOpen: true });
    await poll(fact("closure-doors", { values: [door(0), door(1)], columnCount: 2, rowCount: 2 }, 1_000));
    const first = [...publisher.held.keys()].filter((topic) => topic.includes("door_"));
    expect(first).toHaveLength(2);
    publisher.said();
    await poll(fact("closure-doors", { values: [door(0)], columnCount: 2, rowCount: 2 }));
    expect(publisher.said(B).filter((topic) => topic.startsWith("-"))).toHaveLength(1);
    expect(shown.at(-1)?.filter((name) => name.startsWith("door_"))).toHaveLength(1);
  });

  it("turns `fresh` once when a value outlives its cadence, and back with a new one", async () => {
    const { publisher, presenter, poll } = build();
    presenter.start();
    await poll(soc(57));
    publisher.said();
    const fresh = () => publisher.json(`${B}signals/tractionbattery-stateofcharge`);
    await clock.advance(hours(26) - minutes(1));
    expect(publisher.said()).toEqual([]);
    await clock.advance(minutes(2));
    expect(publisher.said(B)).toEqual(["signals/tractionbattery-stateofcharge"]);
    expect(fresh()).toMatchObject({ fresh: false });
    await clock.advance(hours(48));
    expect(publisher.said()).toEqual([]);
    await poll(soc(57));
    expect(fresh()).toMatchObject({ fresh: true });
    presenter.stop();
    expect(clock.pending).toBe(0);
  });

  it("is offline while the connection is gone or the owner must sign in again", async () => {
    const { publisher, become, report, poll } = build();
    const availability = () => publisher.held.get(`${B}availability`);
    become({ connected: false });
    expect(availability()).toBe("offline");
    become({});
    expect(availability()).toBe("online");
    await report({ type: "CONNECTED_SERVICES_ACCOUNT", code: "AUTHENTICATION_FAILED", action: "REAUTHENTICATE" });
    expect(availability()).toBe("offline");
    expect(publisher.json(`${B}problem`)).toEqual({
      active: true,
      type: "CONNECTED_SERVICES_ACCOUNT",
      code: "AUTHENTICATION_FAILED",
      message: expect.stringContaining("Sign in again"),
      action: "REAUTHENTICATE",
      url: null,
      since: new Date(clock.now()).toISOString(),
    });
    await poll(soc(57));
    expect([availability(), publisher.json(`${B}problem`)]).toEqual(["online", { active: false }]);
    await report({ type: "VEHICLE_STATE", code: "ASLEEP" });
    expect(availability()).toBe("online");
  });

  it("shows the commanded lock while it counts, then the car's own word again, or nothing", async () => {
    const { publisher, echo, poll } = build();
    echo("LOCKING");
    expect(publisher.held.get(`${B}lock`)).toBe("LOCKING");
    echo(null);
    expect(publisher.held.has(`${B}lock`)).toBe(false);
    publisher.said();
    echo(null);
    expect(publisher.said()).toEqual([]);
    await poll(fact("closure-islocked", { value: false }));
    echo("LOCKED");
    await poll(soc(57));
    expect(publisher.held.get(`${B}lock`)).toBe("LOCKED");
    expect(publisher.json(`${B}state`)).toMatchObject({ lock: "LOCKED" });
    echo(null);
    expect(publisher.held.get(`${B}lock`)).toBe("UNLOCKED");
  });

  it("tells what happened once, never for what is seen for the first time", async () => {
    const { publisher, poll, report } = build();
    await poll(fact("charge-ischarging", { value: false }, 1_000));
    expect(publisher.events).toEqual([]);
    await poll(fact("charge-ischarging", { value: true }), soc(57));
    await report({ type: "BILLING", code: "VEHICLE_LIMIT" });
    await report({ type: "BILLING", code: "VEHICLE_LIMIT" });
    await report({ type: "BILLING", code: "VEHICLE_LIMIT", state: "RESOLVED" });
    const told = publisher.events.map(({ payload }) => JSON.parse(payload));
    expect(told).toMatchObject([
      { event_type: "charging_started", battery: 57 },
      { event_type: "problem_raised", type: "BILLING" },
      { event_type: "problem_cleared", type: "BILLING" },
    ]);
    expect(publisher.events[0]?.topic).toBe(`${B}event`);
  });

  it("answers before it shows, and shows what came meanwhile once, telling all that happened", async () => {
    const { publisher, intake, presenter } = build();
    const take = (...facts: Observation[]) =>
      intake.takePoll(batch(facts, { source: "poll", receivedAt: clock.now() }));
    const charging = (value: boolean, ageMs: number) => fact("charge-ischarging", { value }, ageMs);
    await take(charging(false, 3_000));
    expect(publisher.said(B)).toEqual([]);
    await settle();
    publisher.said();
    // As if deliveries came without a pause: each is committed before the turn in which cars are shown.
    const changes = [charging(true, 2_000), charging(false, 1_000), soc(57)];
    for (const each of changes) {
      const previous = intake.state(CAR);
      void take(each);
      await intake.stop();
      expect(intake.state(CAR)).not.toBe(previous);
    }
    presenter.showDue();
    expect(publisher.said(B)).toEqual([
      "battery",
      "state",
      "info",
      "signals/charge-ischarging",
      "signals/tractionbattery-stateofcharge",
    ]);
    expect(publisher.events.map(({ payload }) => JSON.parse(payload).event_type)).toEqual([
      "charging_started",
      "charging_stopped",
    ]);
  });

  it("shows what is still due when it stops, and nothing afterwards", async () => {
    const { publisher, poll, presenter, intake } = build();
    presenter.start();
    await poll(soc(57, 1_000));
    publisher.said();
    void intake.takePoll(batch([soc(58)], { source: "poll", receivedAt: clock.now() }));
    await intake.stop();
    presenter.stop();
    expect(publisher.held.get(`${B}battery`)).toBe("58");
    publisher.said();
    await poll(soc(59));
    expect(publisher.said()).toEqual([]);
  });

  it("logs a car that cannot be shown, and goes on", async () => {
    let broken = true;
    const energyTotal = () => {
      if (broken) throw new Error("no energy");
      return 1;
    };
    const { publisher, poll, log } = build({ energyTotal });
    await poll(soc(57, 1_000));
    expect(log.at("error")).toMatchObject([{ fields: { vehicle: CAR }, message: "a car could not be shown" }]);
    broken = false;
    await poll(soc(58));
    expect(publisher.held.get(`${B}battery`)).toBe("58");
  });

  it("takes everything below the car's topic back", async () => {
    const { publisher, presenter, poll } = build();
    presenter.present(car());
    await poll(soc(57));
    presenter.withdraw(CAR, "volkswagen-id-4");
    expect([...publisher.held.keys()]).toEqual([]);
  });
});
