import { minutes } from "../../../src/lib/duration.ts";
import { ApplicationBucket } from "../../../src/scheduler/bucket.ts";
import { Budget } from "../../../src/scheduler/budget.ts";
import { Poller, type PollerEvents } from "../../../src/scheduler/poller.ts";
import type { PollingSettings } from "../../../src/scheduler/polling-settings.ts";
import type { SignalSource } from "../../../src/scheduler/reader.ts";
import { CallError } from "../../../src/vehicle/call-error.ts";
import { signalCode, type VehicleId } from "../../../src/vehicle/ids.ts";
import { Intake, type IntakeEvents } from "../../../src/vehicle/intake.ts";
import type { Batch, Observation } from "../../../src/vehicle/observation.ts";
import type { Vehicle } from "../../../src/vehicle/vehicle.ts";
import { car } from "../../support/cars.ts";
import { collect, strictEvents } from "../../support/events.ts";
import type { FakeClock } from "../../support/fake-clock.ts";
import { batch, CAR, observation } from "../../support/observations.ts";
import type { TestStore } from "../../support/temp-store.ts";

export const IDLE: PollingSettings = { mode: "auto", chargingMs: minutes(15), idleMs: minutes(360) };
const NO_JITTER = () => 0;

export function refusal(overrides: Partial<ConstructorParameters<typeof CallError>[2]> = {}): CallError {
  return new CallError("SC_TEST", "Smartcar refused", {
    disposition: "retry",
    scope: "vehicle",
    status: 502,
    type: "UPSTREAM",
    smartcarCode: "NO_RESPONSE",
    ...overrides,
  });
}

/** A poller on a real intake, budget and database, before a source that the test writes. */
export function pollerBench(
  store: TestStore,
  clock: FakeClock,
  { settings = IDLE, vehicles = [car()] }: { settings?: PollingSettings; vehicles?: Vehicle[] } = {},
) {
  const events = strictEvents<PollerEvents>();
  const intakeEvents = strictEvents<IntakeEvents>();
  const intake = new Intake({
    store: store.states,
    events: intakeEvents,
    isKnown: () => true,
    isIgnored: () => false,
    privacyOf: () => "exact",
    accepts: () => true,
  });
  intake.start();
  const bucket = new ApplicationBucket(clock, store.settings);
  const budget = new Budget(clock, store.ledger, { monthly: 500, reserve: 50 });
  const asked: { id: VehicleId; at: number }[] = [];
  let answer: SignalSource["readSignals"] = ({ vehicleId }) => Promise.resolve(fresh(vehicleId));
  const poller = new Poller({
    clock,
    random: NO_JITTER,
    source: {
      readSignals: (target, signal, mayGoOn) => {
        bucket.take();
        asked.push({ id: target.vehicleId, at: clock.now() });
        return answer(target, signal, mayGoOn);
      },
    },
    intake,
    budget,
    bucket,
    plans: store.plans,
    vehicles: () => vehicles,
    settings: () => settings,
    events,
  });
  /** A value that the car recorded just now. */
  const fresh = (vehicleId: VehicleId = CAR, extra: Observation[] = []): Batch => {
    const at = clock.now();
    const soc = observation({ oemUpdatedAt: at, retrievedAt: at, receivedAt: at, source: "poll" });
    return batch([soc, ...extra], { vehicleId, receivedAt: at, source: "poll" });
  };
  return {
    poller,
    intake,
    budget,
    bucket,
    asked,
    fresh,
    failed: collect(events, "failed"),
    planned: collect(events, "planned"),
    changes: collect(intakeEvents, "changed"),
    /** Instants at which the source was asked, relative to `since`. */
    times: (since: number) => asked.map(({ at }) => at - since),
    answer(next: SignalSource["readSignals"]) {
      answer = next;
    },
    refuse(error: CallError) {
      answer = () => Promise.reject(error);
    },
    flag(code: string, value: boolean): Observation {
      const at = clock.now();
      return observation({
        code: signalCode(code),
        body: { value },
        oemUpdatedAt: at,
        retrievedAt: at,
        receivedAt: at,
      });
    },
  };
}
