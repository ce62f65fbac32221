import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { PrivacySweep } from "../../../src/store/privacy-sweep.ts";
import { signalCode } from "../../../src/vehicle/ids.ts";
import { Intake, type IntakeEvents } from "../../../src/vehicle/intake.ts";
import type { LocationPrivacy } from "../../../src/vehicle/privacy.ts";
import { strictEvents } from "../../support/events.ts";
import { batch, CAR, observation, T0 } from "../../support/observations.ts";
import { type TestStore, tempStore } from "../../support/temp-store.ts";

const PLACE = signalCode("location-preciselocation");
const BODY = { latitude: 52.520008, longitude: 13.404954 };
let files: ReturnType<typeof tempStore>;

beforeEach(async () => {
  files = tempStore();
  sweep(files.store, "exact");
  const intake = new Intake({
    store: files.store.states,
    events: strictEvents<IntakeEvents>(),
    isKnown: () => true,
    isIgnored: () => false,
    privacyOf: () => "exact",
    accepts: () => false,
  });
  intake.start();
  const raw = JSON.stringify({ data: BODY });
  const told = { eventType: "VEHICLE_STATE", receivedAt: T0, raw };
  const content = batch([observation({ code: PLACE, body: BODY }), observation()]);
  await intake.accept({ ...told, eventId: "e1", batch: content, unusable: null });
  await intake.accept({ ...told, eventId: "e2", batch: null, unusable: "unknown type" });
});
afterEach(() => files.remove());

function sweep(store: TestStore, level: LocationPrivacy): PrivacySweep {
  const part = new PrivacySweep(store.database, store.settings, level, () => level);
  part.start();
  return part;
}

/** Every byte of the database, its log included. */
function bytes(): string {
  return readdirSync(files.dir)
    .map((name) => readFileSync(join(files.dir, name), "latin1"))
    .join();
}

it("takes exact positions out of what an earlier rule stored, to the last byte", () => {
  expect(bytes()).toContain("52.520008");
  const store = files.reopen();
  expect(sweep(store, "off").dropped(CAR)).toEqual([PLACE]);
  expect([...(store.states.loadStates().get(CAR)?.signals.keys() ?? [])]).not.toContain(PLACE);
  expect(bytes()).not.toContain("52.520008");
});

it("rounds what may stay", () => {
  const store = files.reopen();
  expect(sweep(store, "rounded").dropped(CAR)).toEqual([]);
  const held = store.states.loadStates().get(CAR)?.signals.get(PLACE);
  expect(held?.value?.body).toEqual({ latitude: 52.52, longitude: 13.4 });
  expect(bytes()).not.toContain("52.520008");
});

it("touches nothing while the rule is the same", () => {
  const before = JSON.stringify([...files.store.states.loadStates().values()].map(({ signals }) => [...signals]));
  const store = files.reopen();
  expect(sweep(store, "exact").dropped(CAR)).toEqual([]);
  expect(JSON.stringify([...store.states.loadStates().values()].map(({ signals }) => [...signals]))).toBe(before);
});
