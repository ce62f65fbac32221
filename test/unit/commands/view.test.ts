import { describe, expect, it } from "vitest";
import { type Allowance, COMMANDS, showsEffect } from "../../../src/commands/catalogue.ts";
import type { Execution } from "../../../src/commands/execution.ts";
import { NO_REPLY_ADDRESS } from "../../../src/commands/request.ts";
import { CommandViews } from "../../../src/commands/view.ts";
import type { HeldSignal } from "../../../src/vehicle/signal.ts";
import { EMPTY_STATE } from "../../../src/vehicle/state.ts";
import { car } from "../../support/cars.ts";
import { CAR, observation, T0 } from "../../support/observations.ts";
import { EVERYTHING, hold, LOCKED } from "./support.ts";

const execution = (overrides: Partial<Execution>): Execution => ({
  key: 1,
  id: "abc",
  vehicleId: CAR,
  topic: "car",
  command: "lock",
  value: "LOCK",
  state: "sent",
  confirmed: false,
  error: null,
  requestedAt: T0,
  sentAt: T0,
  completedAt: null,
  calls: 1,
  reply: NO_REPLY_ADDRESS,
  ...overrides,
});
const stateWith = (...held: HeldSignal[]) => ({
  ...EMPTY_STATE,
  signals: new Map(held.map((signal) => [signal.code, signal])),
});
const views = (current: Execution | undefined, incapable: string[] = [], allow: readonly Allowance[] = EVERYTHING) =>
  new CommandViews({ current: () => current }, { has: (_, variant) => incapable.includes(variant) }, new Set(allow));

describe("the word the lock shows", () => {
  const unlocked = (at: number) => stateWith(hold(LOCKED, { value: false }, at));

  it("is the direction while the command runs", () => {
    expect(views(execution({})).lockEcho(CAR, unlocked(T0 - 1))).toBe("LOCKING");
    expect(views(execution({ value: "UNLOCK" })).lockEcho(CAR, EMPTY_STATE)).toBe("UNLOCKING");
  });

  it("is the commanded state after success, until the car speaks for itself", () => {
    const done = views(execution({ state: "succeeded", completedAt: T0 + 1_000 }));
    expect(done.lockEcho(CAR, unlocked(T0 - 1))).toBe("LOCKED");
    expect(done.lockEcho(CAR, EMPTY_STATE)).toBe("LOCKED");
    expect(done.lockEcho(CAR, unlocked(T0 + 500))).toBeNull();
  });

  it("stays when Smartcar merely looked again and the maker's word is older than the command", () => {
    const stale = observation({ body: { value: false }, oemUpdatedAt: T0 - 60_000, retrievedAt: T0 + 30_000 });
    const held: HeldSignal = { ...hold(LOCKED, {}, T0), value: { ...stale, code: hold(LOCKED, {}, T0).code } };
    const done = views(execution({ state: "succeeded", completedAt: T0 + 1_000 }));
    expect(done.lockEcho(CAR, stateWith(held))).toBe("LOCKED");
  });

  it.each<Partial<Execution>>([
    { state: "failed" },
    { state: "unknown" },
    { state: "succeeded", confirmed: true },
    { state: "sent", sentAt: null },
  ])("is the car's own for %j", (overrides) => {
    expect(views(execution(overrides)).lockEcho(CAR, EMPTY_STATE)).toBeNull();
    expect(views(undefined).lockEcho(CAR, EMPTY_STATE)).toBeNull();
  });
});

describe("what a car's commands are shown as", () => {
  it("says link by link what is known", () => {
    const capabilities = views(undefined, ["charging_stop"], ["lock", "charging"]).capabilities(
      car({ permissions: ["control_charge"] }),
    );
    expect(capabilities).toMatchObject({
      lock: { car: null, granted: false, allowed: true },
      unlock: { car: null, granted: false, allowed: false },
      charging_stop: { car: false, granted: true, allowed: true },
      refresh: { car: null, granted: true, allowed: false },
    });
    expect(views(undefined).capabilities(car({ permissions: [] }))).toMatchObject({ lock: { granted: null } });
  });

  it("announces a command while one of its variants is not ruled out", () => {
    const names = (...incapable: string[]) => [...views(undefined, incapable).available(car())].sort();
    expect(names()).toEqual([...EVERYTHING].sort());
    expect(names("charging_stop")).toContain("charging");
    expect(names("charging_stop", "charging_start")).not.toContain("charging");
    expect([...views(undefined, [], ["unlock"]).available(car())]).toEqual(["unlock"]);
  });
});

describe("the effect of a command", () => {
  const shows = (
    command: "lock" | "charging" | "charge_limit" | "destination",
    value: string | number | boolean,
    held: HeldSignal,
  ) => showsEffect(COMMANDS[command], value, stateWith(held), T0);

  it("is shown by a fact not older than the command", () => {
    expect(shows("lock", "LOCK", hold(LOCKED, { value: true }, T0))).toBe(true);
    expect(shows("lock", "LOCK", hold(LOCKED, { value: true }, T0 - 1))).toBe(false);
    expect(shows("lock", "UNLOCK", hold(LOCKED, { value: true }, T0))).toBe(false);
    expect(shows("charging", true, hold("charge-ischarging", { value: true }, T0))).toBe(true);
    expect(shows("destination", 1, hold(LOCKED, { value: true }, T0))).toBe(false);
    expect(shows("charging", true, hold(LOCKED, { value: true }, T0))).toBe(false);
  });

  it.each([
    [{ activeLimit: 80 }, true],
    [
      {
        values: [
          { type: "LOCATION", limit: 90 },
          { type: "global", limit: 80 },
        ],
      },
      true,
    ],
    [{ values: [{ type: "GLOBAL", limit: 90 }] }, false],
    [{ values: "odd" }, false],
  ])("of a charge limit is read from %j", (body, expected) => {
    expect(shows("charge_limit", 80, hold("charge-chargelimits", body, T0))).toBe(expected);
  });
});
