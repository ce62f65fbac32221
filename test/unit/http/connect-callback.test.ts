import { describe, expect, it } from "vitest";
import { ConnectCallback, type ConnectedCar } from "../../../src/http/connect-callback.ts";
import { minutes, seconds } from "../../../src/lib/duration.ts";
import { connectUrl } from "../../../src/smartcar/connect.ts";
import { ConnectStates } from "../../../src/smartcar/connect-states.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { MemorySettings } from "../../support/memory-settings.ts";

const CAR: ConnectedCar = { id: "vehicle-1", name: "Family <car>", userId: "user-1", connected: true };

function bench({ listsAfter = 1 } = {}) {
  const clock = new FakeClock();
  const states = new ConnectStates({ secrets: ["the-secret"], store: new MemorySettings(), clock });
  const cars: ConnectedCar[] = [];
  let lists = 0;
  let soon = 0;
  const callback = new ConnectCallback({
    redeem: (state) => states.redeem(state),
    cars: () => cars,
    refresh: async () => {
      if (++lists >= listsAfter && cars.length === 0) cars.push(CAR);
    },
    refreshSoon: () => soon++,
    clock,
  });
  const visit = async (query: Record<string, string>) => {
    const answering = callback.get(new URLSearchParams(query));
    for (let i = 0; i < 5; i++) await clock.advance(seconds(2));
    const { status, body, headers } = await answering;
    return { status, text: String(body), headers };
  };
  return {
    clock,
    states,
    visit,
    lists: () => lists,
    soon: () => soon,
    link: () => states.issue({ reauthenticate: null }).state,
  };
}

describe("the Connect callback", () => {
  it("shows which cars came, as soon as Smartcar lists them", async () => {
    const { visit, link, lists } = bench({ listsAfter: 2 });
    const { status, text, headers } = await visit({ state: link(), user_id: "user-1" });
    expect(status).toBe(200);
    expect(text).toContain("<li>Family &lt;car&gt;</li>");
    expect(lists()).toBe(2);
    expect(headers?.["content-security-policy"]).toContain("default-src 'none'");
  });

  it("believes no link twice, none that is not ours, and none that is old", async () => {
    const { visit, link, clock, lists, soon } = bench();
    const state = link();
    await visit({ state, user_id: "user-1" });
    expect((await visit({ state, user_id: "user-1" })).status).toBe(400);
    expect((await visit({ state: "forged", user_id: "user-1" })).status).toBe(400);
    expect((await visit({ user_id: "user-1" })).status).toBe(400);
    const old = link();
    await clock.advance(minutes(15));
    expect((await visit({ state: old, user_id: "user-1" })).status).toBe(400);
    expect(lists()).toBe(1);
    expect(soon()).toBe(4);
  });

  it.each([
    ["access_denied", "You declined"],
    ["invalid_subscription", "connected services"],
    ["configuration_error", "set up wrongly"],
    ["no_vehicles", "holds no car"],
    ["vehicle_incompatible", "cannot be connected"],
    ["server_error", "had a fault"],
    ["something_new", "had a fault"],
    ["constructor", "had a fault"],
  ])("explains %s, and shows what came with it harmlessly", async (error, title) => {
    const { visit, link, lists } = bench();
    const { text } = await visit({
      state: link(),
      error,
      error_description: "<script>alert(1)</script>",
      make: "TESLA",
    });
    expect(text).toContain(title);
    expect(text).toContain("&lt;script&gt;");
    expect(text).not.toContain("<script");
    expect(text).toContain("make: TESLA");
    expect(lists()).toBe(0);
  });

  it("says so when the car takes its time", async () => {
    const { visit, link } = bench({ listsAfter: 99 });
    expect((await visit({ state: link(), user_id: "user-1" })).text).toContain("still on its way");
  });
});

describe("connectUrl", () => {
  const base = { connectUrl: "https://connect.smartcar.com", applicationId: "app", mode: "live" } as const;

  it("asks for no code, in the owner's country and make", () => {
    const url = new URL(
      connectUrl({ ...base, redirectUri: "https://a.example/cb", state: "s", make: "Land Rover", country: "gb" }),
    );
    expect(url.origin + url.pathname).toBe("https://connect.smartcar.com/oauth/authorize");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: "none",
      application_id: "app",
      redirect_uri: "https://a.example/cb",
      state: "s",
      mode: "live",
      make: "LAND_ROVER",
      flags: "country:GB",
    });
  });

  it("limits the choice to one car by its VIN", () => {
    const { searchParams } = new URL(connectUrl({ ...base, vin: "wvwzzz1kz8w000001" }));
    expect(searchParams.get("single_select_vin")).toBe("WVWZZZ1KZ8W000001");
    expect(searchParams.get("single_select")).toBe("true");
  });

  it("has an owner sign in again", () => {
    const url = new URL(connectUrl({ ...base, redirectUri: "https://a.example/cb", reauthenticate: "vehicle-1" }));
    expect(url.pathname).toBe("/oauth/reauthenticate");
    expect(url.searchParams.get("response_type")).toBe("vehicle_id");
    expect(url.searchParams.get("vehicle_id")).toBe("vehicle-1");
    expect(url.searchParams.has("mode")).toBe(false);
  });
});
