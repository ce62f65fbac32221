import { beforeEach, describe, expect, it } from "vitest";
import { minutes } from "../../../src/lib/duration.ts";
import { ConnectStates, issueState, LINK_LIFE_MS } from "../../../src/smartcar/connect-states.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { MemorySettings } from "../../support/memory-settings.ts";

const CAR = { reauthenticate: null };
const SECRET = "secret-of-the-application";

describe("the state of a Connect link", () => {
  let clock: FakeClock;
  let store: MemorySettings;
  const states = (...secrets: string[]) => new ConnectStates({ secrets, store, clock });
  beforeEach(() => {
    clock = new FakeClock();
    store = new MemorySettings();
  });

  it("is believed once, also after a restart", () => {
    const { state, expiresAt } = states(SECRET).issue(CAR);
    expect(expiresAt).toBe(clock.now() + LINK_LIFE_MS);
    expect(states(SECRET).redeem(state)).toEqual(CAR);
    expect(states(SECRET).redeem(state)).toBeNull();
  });

  it("may come from another process with the same configuration", () => {
    const { state } = issueState(SECRET, { reauthenticate: "vehicle-1" }, clock);
    expect(states(SECRET).redeem(state)).toEqual({ reauthenticate: "vehicle-1" });
  });

  it("survives the rotation of the secret", () => {
    const { state } = states(SECRET).issue(CAR);
    expect(states("newer-secret", SECRET).redeem(state)).toEqual(CAR);
    expect(states("newer-secret").redeem(state)).toBeNull();
  });

  it("is worth nothing when anything in it was changed", () => {
    const { state } = states(SECRET).issue({ reauthenticate: "vehicle-1" });
    const [expiry = "", nonce = "", vehicle = "", mac = ""] = state.split(".");
    const later = (Number.parseInt(expiry, 36) + minutes(60)).toString(36);
    const other = Buffer.from("vehicle-2").toString("base64url");
    for (const forged of [
      [later, nonce, vehicle, mac],
      [expiry, "another-nonce", vehicle, mac],
      [expiry, nonce, other, mac],
      [expiry, nonce, "", mac],
      [expiry, nonce, vehicle, mac.slice(1)],
      [expiry, nonce, vehicle, ""],
      [expiry, nonce, vehicle],
      [],
    ]) {
      expect(states(SECRET).redeem(forged.join(".")), forged.join(".")).toBeNull();
    }
    expect(states(SECRET).redeem(null)).toBeNull();
    expect(states(SECRET).redeem("x".repeat(100_000))).toBeNull();
    expect(states(SECRET).redeem(state)).toEqual({ reauthenticate: "vehicle-1" });
  });

  it("is too old after a quarter of an hour", async () => {
    const { state } = states(SECRET).issue(CAR);
    await clock.advance(LINK_LIFE_MS);
    expect(states(SECRET).redeem(state)).toBeNull();
  });

  it("is refused while too many used ones would have to be forgotten for it, and forgotten ones are expired", async () => {
    const mine = states(SECRET);
    for (let i = 0; i < 200; i++) expect(mine.redeem(mine.issue(CAR).state)).toEqual(CAR);
    expect(mine.redeem(mine.issue(CAR).state)).toBeNull();
    await clock.advance(LINK_LIFE_MS);
    expect(mine.redeem(mine.issue(CAR).state)).toEqual(CAR);
    expect(Object.keys(store.read<object>("connect_links_used") ?? {})).toHaveLength(1);
  });

  it("does not show the secret", () => {
    const { state } = states(SECRET).issue(CAR);
    expect(Buffer.from(state, "base64url").toString("latin1")).not.toContain(SECRET);
    expect(state).toMatch(/^[\w.-]+$/);
  });
});
