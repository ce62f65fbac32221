import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../../src/lib/errors.ts";
import type { StateRepository } from "../../../src/store/states.ts";
import type { IntakeStore } from "../../../src/vehicle/change.ts";
import type { Delivery } from "../../../src/vehicle/delivery.ts";
import { signalCode, type VehicleId, vehicleId } from "../../../src/vehicle/ids.ts";
import { Intake, type IntakeEvents } from "../../../src/vehicle/intake.ts";
import type { Batch } from "../../../src/vehicle/observation.ts";
import type { LocationPrivacy } from "../../../src/vehicle/privacy.ts";
import { collect, strictEvents } from "../../support/events.ts";
import { batch, CAR, failure, observation, T0 } from "../../support/observations.ts";
import { tempStore } from "../../support/temp-store.ts";

let files: ReturnType<typeof tempStore>;
let privacy: LocationPrivacy;
let accepted: string[];
let known: Set<VehicleId>;

beforeEach(() => {
  files = tempStore();
  privacy = "exact";
  accepted = [];
  known = new Set([CAR]);
});
afterEach(() => files.remove());

function build(store: IntakeStore = files.store.states) {
  const events = strictEvents<IntakeEvents>();
  const intake = new Intake({
    store,
    events,
    isKnown: (id) => known.has(id),
    isIgnored: (id) => id === IGNORED,
    privacyOf: () => privacy,
    accepts: (_id, code) => accepted.includes(code),
  });
  intake.start();
  return { intake, events };
}

function delivery(eventId: string, content: Batch | null, overrides: Partial<Delivery> = {}): Delivery {
  const raw = JSON.stringify({ eventId });
  return { eventId, eventType: "VEHICLE_STATE", receivedAt: T0, batch: content, unusable: null, raw, ...overrides };
}

const IGNORED = vehicleId("left-alone");
const SOC = signalCode("tractionbattery-stateofcharge");

describe("intake", () => {
  it("has a delivery on disk when it says stored, and the state is the same after a restart", async () => {
    const { intake } = build();
    const content = batch([observation(), failure({ code: signalCode("charge-wattage") })]);
    expect(await intake.accept(delivery("e1", content))).toBe("stored");
    const after = build(files.reopen().states).intake;
    expect(after.state(CAR)).toEqual(intake.state(CAR));
    expect(after.state(CAR).lastWebhookAt).toBe(T0);
  });

  it("announces a change only after the commit, and the same event only once", async () => {
    const { intake, events } = build();
    const changes = collect(events, "changed");
    const first = delivery("e1", batch([observation()]));
    expect(await Promise.all([intake.accept(first), intake.accept(first)])).toEqual(["stored", "duplicate"]);
    expect(await intake.accept(first)).toBe("duplicate");
    expect(changes.filter(({ codes }) => codes.has(SOC))).toHaveLength(1);
  });

  it("still knows an event after a restart", async () => {
    await build().intake.accept(delivery("e1", batch([observation()])));
    expect(await build(files.reopen().states).intake.accept(delivery("e1", batch([observation()])))).toBe("duplicate");
  });

  it("applies nothing of a transaction that failed", async () => {
    let broken = true;
    const real = files.store.states;
    const store: IntakeStore = {
      loadStates: () => real.loadStates(),
      knowsDelivery: (id) => real.knowsDelivery(id),
      commit: (gather) => {
        if (broken) throw new AppError("STORE_FAILED", "disk full", { disposition: "retry" });
        real.commit(gather);
      },
    };
    const { intake, events } = build(store);
    const changes = collect(events, "changed");
    await expect(intake.accept(delivery("e1", batch([observation()])))).rejects.toThrow("disk full");
    expect(intake.state(CAR).signals.size).toBe(0);
    expect(changes).toEqual([]);
    broken = false;
    expect(await intake.accept(delivery("e1", batch([observation()])))).toBe("stored");
  });

  it("shares one transaction between deliveries that wait together", async () => {
    let commits = 0;
    const real = files.store.states;
    const store: IntakeStore = {
      loadStates: () => real.loadStates(),
      knowsDelivery: (id) => real.knowsDelivery(id),
      commit: (gather) => {
        commits++;
        real.commit(gather);
      },
    };
    const { intake } = build(store);
    const many = Array.from({ length: 20 }, (_, n) =>
      intake.accept(delivery(`e${n}`, batch([observation({ oemUpdatedAt: T0 + n, body: { value: n } })]))),
    );
    await Promise.all(many);
    expect(commits).toBe(1);
    expect(intake.state(CAR).signals.get(SOC)?.value?.body).toEqual({ value: 19 });
  });

  it("sets deliveries of strangers aside, asks for them, and can take them in later", async () => {
    const { intake, events } = build();
    const strangers = collect(events, "unknownVehicle");
    const stranger = vehicleId("22222222-aaaa-4bbb-8ccc-000000000002");
    expect(await intake.accept(delivery("e1", batch([observation()], { vehicleId: stranger })))).toBe("quarantined");
    expect(strangers).toEqual([stranger]);
    expect(intake.state(stranger).signals.size).toBe(0);
    expect(files.store.states.quarantined(stranger)).toEqual([
      { eventId: "e1", receivedAt: T0, body: '{"eventId":"e1"}' },
    ]);
    const told = batch([observation()], { vehicleId: stranger, receivedAt: T0 - 5 });
    known.add(stranger);
    await intake.readmit(told, "e1");
    expect(intake.state(stranger)).toMatchObject({ lastWebhookAt: T0 - 5, signals: { size: 1 } });
    expect(files.store.states.quarantined(stranger)).toEqual([]);
    expect(files.store.states.loadStates().get(stranger)).toEqual(intake.state(stranger));
  });

  it("keeps what it does not understand, and never touches state with it", async () => {
    const { intake } = build();
    expect(await intake.accept(delivery("t", null, { unusable: "test" }))).toBe("quarantined");
    expect(intake.state(CAR).signals.size).toBe(0);
  });

  it("keeps the last good value beside one that cannot follow it, over a restart too", async () => {
    const odometer = (value: number, minute: number) =>
      observation({
        code: signalCode("odometer-traveleddistance"),
        body: { value, unit: "km" },
        oemUpdatedAt: T0 + minute * 60_000,
      });
    const { intake } = build();
    await intake.accept(delivery("e1", batch([odometer(42_000, 0)])));
    await intake.accept(delivery("e2", batch([odometer(17, 5)])));
    for (const state of [intake.state(CAR), build(files.reopen().states).intake.state(CAR)]) {
      const held = state.signals.get(signalCode("odometer-traveleddistance"));
      expect(held?.value?.body).toEqual({ value: 42_000, unit: "km" });
      expect(held?.refused?.body).toEqual({ value: 17, unit: "km" });
    }
  });

  it("takes any value of a signal that the vehicle is told to accept", async () => {
    accepted = ["tractionbattery-stateofcharge"];
    const { intake } = build();
    await intake.accept(delivery("e1", batch([observation({ body: { value: 90 } })])));
    await intake.accept(delivery("e2", batch([observation({ body: { value: 3 }, oemUpdatedAt: T0 + 1_000 })])));
    expect(intake.state(CAR).signals.get(SOC)?.value?.body).toEqual({ value: 3 });
  });

  it("applies location privacy before the disk", async () => {
    privacy = "rounded";
    const { intake } = build();
    const place = observation({
      code: signalCode("location-preciselocation"),
      body: { latitude: 52.520008, longitude: 13.404954 },
    });
    await intake.accept(delivery("e1", batch([place])));
    await intake.accept(
      delivery("e2", null, { unusable: "unknown type", raw: '{"data":{"latitude":52.520008,"address":"Street 1"}}' }),
    );
    const dump = JSON.stringify([...files.reopen().states.loadStates().values()].map(({ signals }) => [...signals]));
    expect(dump).toContain("52.52,");
    expect(dump).not.toContain("52.520008");
    expect(everything(files.reopen().states)).not.toMatch(/52\.520008|Street/);
  });

  it("drops positions altogether when location is off", async () => {
    privacy = "off";
    const { intake } = build();
    const place = observation({
      code: signalCode("location-preciselocation"),
      body: { latitude: 1.5, longitude: 2.5 },
    });
    const record = observation({
      code: signalCode("charge-chargerecords"),
      body: { values: [{ id: "r", location: { name: "Home", latitude: 1.5 }, energyAdded: 3 }] },
    });
    await intake.accept(delivery("e1", batch([place, record])));
    const { signals } = intake.state(CAR);
    expect([...signals.keys()]).toEqual([record.code]);
    expect(signals.get(record.code)?.value?.body).toEqual({ values: [{ id: "r", energyAdded: 3 }] });
  });

  it("keeps nothing of a vehicle that is to be left alone, not even aside", async () => {
    const { intake, events } = build();
    const strangers = collect(events, "unknownVehicle");
    const first = delivery("e1", batch([observation()], { vehicleId: IGNORED }));
    expect([await intake.accept(first), await intake.accept(first)]).toEqual(["ignored", "duplicate"]);
    expect([strangers, files.store.states.quarantineSize(), [...files.reopen().states.loadStates()]]).toEqual([
      [],
      0,
      [],
    ]);
  });

  it("keeps nothing of a vehicle that was removed while it was read", async () => {
    const { intake, events } = build();
    const changes = collect(events, "changed");
    const gone = vehicleId("removed");
    await intake.takePoll(batch([observation()], { vehicleId: gone, source: "poll" }));
    expect([intake.state(gone).signals.size, changes]).toEqual([0, []]);
    expect([...files.reopen().states.loadStates().keys()]).toEqual([]);
  });

  it("raises and clears problems once each", async () => {
    const { intake, events } = build();
    const changes = collect(events, "changed");
    const report = {
      state: "ERROR",
      type: "CONNECTED_SERVICES_ACCOUNT",
      code: "AUTHENTICATION_FAILED",
      message: "sign in again",
      action: "REAUTHENTICATE",
      url: "https://connect.example.org/",
      at: T0,
      signals: [],
    } as const;
    await intake.accept(delivery("e1", batch([], { problems: [report] })));
    await intake.accept(delivery("e2", batch([], { problems: [{ ...report, at: T0 + 1 }] })));
    await intake.accept(delivery("e3", batch([], { problems: [{ ...report, state: "RESOLVED", at: T0 + 2 }] })));
    expect(changes.flatMap(({ raised }) => raised.map(({ code }) => code))).toEqual(["AUTHENTICATION_FAILED"]);
    expect(changes.flatMap(({ cleared }) => cleared.map(({ code }) => code))).toEqual(["AUTHENTICATION_FAILED"]);
    expect(intake.state(CAR).problems.size).toBe(0);
  });
});

function everything(states: StateRepository): string {
  return JSON.stringify([...states.loadStates()]);
}
