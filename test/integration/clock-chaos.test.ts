import { afterEach, describe, expect, it } from "vitest";
import { days, hours, minutes } from "../../src/lib/duration.ts";
import { type LiveApp, type LiveAppOptions, startLiveApp } from "../support/live-app.ts";

let live: LiveApp | undefined;
afterEach(async () => {
  await live?.close();
  live = undefined;
});

async function start(options: LiveAppOptions = {}): Promise<LiveApp> {
  live = await startLiveApp({
    ...options,
    env: { POLLING_MODE: "always", POLLING_IDLE_INTERVAL: "1h", ...options.env },
  });
  return live;
}

const reads = (app: LiveApp) => app.asked("/vehicles/vehicle-a/signals");

/** A delivery with the maker's own time, which no clock of ours moves. */
async function deliver(app: LiveApp, value: number, at: number): Promise<number | null | undefined> {
  const meta = { oemUpdatedAt: at, retrievedAt: at };
  const signals = [{ code: "engine-oil-x", body: { value }, meta }];
  const [answer] = await app.simulator.deliver({ url: `${app.app.addresses.publicUrl}/webhooks/smartcar`, signals });
  await app.pass(1_000);
  return answer?.status;
}

/** Gives a command and lets time pass until it was answered. */
async function command(app: LiveApp, value: number): Promise<{ status: string }> {
  const id = `clock-${value}`;
  await app.seen.publish("smartcar/test-a/charge_limit/set", JSON.stringify({ value, id }));
  const { payload } = await app.until(
    (message) => message.topic.endsWith("/charge_limit/result") && message.payload.includes(id),
  );
  return JSON.parse(payload) as { status: string };
}

const shown = (app: LiveApp) => app.retained("test-a/signals/engine-oil-x")?.body?.value;

describe("a clock that jumps by a day", () => {
  it("forth and back neither stops nor hurries reads, and takes in deliveries and commands", async () => {
    const app = await start();
    const maker = app.clock.now();
    expect(await deliver(app, 1, maker + 1)).toBe(200);
    for (const [round, jump] of [days(1), -days(1), -days(1), days(1)].entries()) {
      app.forgetRequests();
      app.clock.jump(jump);
      await app.pass(minutes(5));
      expect(await deliver(app, round + 2, maker + round + 2), `round ${round}`).toBe(200);
      expect(shown(app), `round ${round}`).toBe(round + 2);
      expect(await command(app, 60 + round)).toMatchObject({ status: "succeeded" });
      // A new value each time, or reads that bring nothing would come more seldom anyway.
      app.simulator.setSignal("vehicle-a", "odometer-traveleddistance", { body: { value: 1_000 + round, unit: "km" } });
      await app.pass(hours(3));
      expect(reads(app).length, `round ${round}`).toBeGreaterThanOrEqual(1);
      expect(reads(app).length, `round ${round}`).toBeLessThanOrEqual(6);
      expect((await app.ready()).status).toBe(200);
    }
  });

  it("back ends no wait later than it would have ended: for a login that failed", async () => {
    const app = await start({
      prepare: (simulator) => simulator.addFault({ kind: "drop", path: "/oauth2/token", times: null }),
    });
    await app.pass(hours(1));
    app.simulator.clearFaults();
    app.clock.jump(-days(1));
    await app.pass(minutes(6));
    expect((await app.ready()).status).toBe(200);
    await app.pass(minutes(15));
    expect(app.retained("test-a/battery")).toBe(50);
  });

  it("back ends no wait later than it would have ended: for an application that was told to slow down", async () => {
    const app = await start();
    app.simulator.addFault({ kind: "error", status: 429, code: "SMARTCAR_API", retryAfter: 1_200, path: "/v3/**" });
    await app.pass(minutes(11));
    app.forgetRequests();
    app.clock.jump(-days(1));
    await app.pass(minutes(5));
    expect(app.asked("/v3/")).toEqual([]);
    await app.pass(minutes(30));
    expect(app.asked("/connections").length).toBeGreaterThan(0);
    await app.pass(hours(2));
    expect(reads(app).length).toBeGreaterThan(0);
  });

  it("back ends no wait later than it would have ended: for a car that Smartcar asked to leave alone", async () => {
    const app = await start();
    const path = "/v3/vehicles/vehicle-a/signals";
    app.simulator.addFault({ kind: "error", status: 429, code: "VEHICLE", retryAfter: 3_600, path });
    await app.pass(hours(1.2));
    expect(reads(app).at(-1)?.at).toBeGreaterThan(app.clock.now() - hours(1));
    app.clock.jump(-days(1));
    app.forgetRequests();
    await app.pass(hours(2.5));
    expect(reads(app).length).toBeGreaterThan(0);
  });
});

describe("a machine that was suspended for a night", () => {
  it("logs in anew, finds its broker, reads once, and carries out the first command", async () => {
    const app = await start();
    app.forgetRequests();
    // Timers stand still meanwhile, and the broker has long given us up.
    app.clock.jump(hours(9));
    app.dropClients();
    await app.pass(minutes(2));
    expect(app.asked("/oauth2/token")).toHaveLength(1);
    expect(app.asked("/v3/").filter(({ status }) => status === 401)).toEqual([]);
    expect(reads(app)).toHaveLength(1);
    expect(app.retained("bridge/state")).toBe("online");
    expect(await command(app, 70)).toMatchObject({ status: "succeeded" });
    expect((await app.ready()).status).toBe(200);
  });
});
