import { afterEach, describe, expect, it } from "vitest";
import { hours, minutes, seconds } from "../../src/lib/duration.ts";
import { stillCar } from "../support/e2e-bench.ts";
import { type LiveApp, type LiveAppOptions, startLiveApp } from "../support/live-app.ts";

let live: LiveApp | undefined;
afterEach(async () => {
  await live?.close();
  live = undefined;
});

/** Polls only, since the webhook would do without. */
async function start(options: LiveAppOptions = {}): Promise<LiveApp> {
  live = await startLiveApp({
    ...options,
    env: { POLLING_MODE: "always", POLLING_IDLE_INTERVAL: "1h", ...options.env },
  });
  return live;
}

const SIGNALS = "/v3/vehicles/*/signals";
const reads = (app: LiveApp, car = "a") => app.asked(`/vehicles/vehicle-${car}/signals`);
const logins = (app: LiveApp) => app.asked("/oauth2/token");
/** Words that would send the owner to sign in again. */
const SIGN_IN = /sign|log ?in|re-?auth|credential|password/i;

describe("a login that does not work", () => {
  it.each([
    { name: "drops connections", fault: { kind: "drop" } },
    { name: "answers 503", fault: { kind: "error", status: 503 } },
    { name: "answers HTML with 200", fault: { kind: "html", status: 200 } },
    { name: "answers HTML with 502", fault: { kind: "html", status: 502 } },
    { name: "cuts its answer in the middle", fault: { kind: "truncated" } },
  ] as const)("is asked every 5 minutes at the most when it $name, and works again by itself", async ({ fault }) => {
    const app = await start({
      prepare: (simulator) => simulator.addFault({ ...fault, path: "/oauth2/token", times: null }),
    });
    await app.pass(hours(3));
    // 1, 2, 4 … s, then 4 to 5 min apart.
    expect(logins(app).length).toBeGreaterThan(36);
    expect(logins(app).length).toBeLessThan(60);
    expect(app.asked("/v3/")).toEqual([]);
    const down = await app.ready();
    expect(down.status).toBe(503);
    expect(down.smartcar.ok).toBe(false);
    expect(down.smartcar.detail).not.toMatch(/secret|credential|client_id/i);
    expect(app.log.at("warn").filter(({ message }) => message === "smartcar login failed").length).toBeLessThan(3);

    app.simulator.clearFaults();
    await app.pass(minutes(16));
    expect((await app.ready()).status).toBe(200);
    expect(app.retained("test-a/battery")).toBe(50);
  });

  it("is left alone for longer when it says that the secret is wrong, and says what to do", async () => {
    const app = await start({ env: { SMARTCAR_CLIENT_SECRET: "not-the-secret" } });
    await app.pass(hours(6));
    // 1, 2, 4, 8, 16, then 30 min apart.
    expect(logins(app).length).toBeGreaterThan(10);
    expect(logins(app).length).toBeLessThan(25);
    expect(app.asked("/v3/")).toEqual([]);
    const { smartcar } = await app.ready();
    expect(smartcar.detail).toMatch(/refused/);
    expect(app.log.text).toContain("client_secret");
    expect(app.log.text).not.toContain("not-the-secret");
  });

  it("is waited for when it is slow", async () => {
    const app = await start({
      prepare: (simulator) =>
        simulator.addFault({ kind: "latency", path: "/oauth2/token", delayMs: seconds(50), times: 1 }),
    });
    await app.pass(seconds(60));
    await app.pass(minutes(2));
    expect(logins(app)).toHaveLength(1);
    expect(app.retained("test-a/battery")).toBe(50);
  });

  it("is asked again no sooner than it says", async () => {
    const app = await start({
      prepare: (simulator) =>
        simulator.addFault({ kind: "error", status: 429, retryAfter: 3_600, path: "/oauth2/token", form: "oauth" }),
    });
    await app.pass(minutes(59));
    expect(logins(app)).toHaveLength(1);
    await app.pass(minutes(2));
    expect(logins(app)).toHaveLength(2);
    expect((await app.ready()).status).toBe(200);
  });
});

describe("a token that lives for ten seconds", () => {
  it("is renewed before its end, each time, so that no call meets an old one", async () => {
    const app = await start({ simulator: { tokenLifetimeS: 10 } });
    app.forgetRequests();
    await app.pass(minutes(30));
    const times = logins(app).map(({ at }) => at);
    expect(times.length).toBeGreaterThan(100);
    for (const [index, at] of times.slice(1).entries()) expect(at - (times[index] ?? 0)).toBeLessThan(seconds(10));
    expect(app.asked("/connections").length).toBeGreaterThan(0);
    expect(app.asked("/v3/").filter(({ status }) => status === 401)).toEqual([]);
    expect((await app.ready()).status).toBe(200);
  });
});

describe("a Smartcar that refuses every token", () => {
  it("is asked at most twice per call and a login each, and reads come back", async () => {
    const app = await start({ cars: ["a", "b", "c"].map((name) => stillCar(name)) });
    app.forgetRequests();
    app.simulator.addFault({ kind: "error", status: 401, path: "/v3/**", times: null });
    await app.pass(hours(3));
    // Lists every 10 minutes at the most, and reads that fail ever more seldom, two requests each.
    const calls = app.asked("/v3/").length;
    expect(calls).toBeGreaterThan(10);
    expect(calls).toBeLessThan(150);
    expect(logins(app).length).toBeLessThanOrEqual(calls + 3);
    app.simulator.clearFaults();
    app.forgetRequests();
    await app.pass(hours(2));
    expect(reads(app).filter(({ status }) => status === 401)).toEqual([]);
    expect(reads(app).length).toBeGreaterThan(0);
    expect((await app.ready()).status).toBe(200);
  });
});

describe("a Smartcar that asks to wait", () => {
  it.each([
    { name: "seconds", retryAfter: () => 5_400 },
    { name: "a date", retryAfter: (now: number) => new Date(now + 5_400_000).toUTCString() },
  ])("is obeyed to the second for one car, in $name, and the others go on", async ({ retryAfter }) => {
    const app = await start({ cars: [stillCar("a"), stillCar("b")] });
    await app.pass(minutes(10));
    // Just before the next read; all of it is then within the hour that follows.
    await app.pass(minutes(40));
    app.forgetRequests();
    const path = "/v3/vehicles/vehicle-a/signals";
    const refused = app.clock.now();
    app.simulator.addFault({
      kind: "error",
      status: 429,
      code: "VEHICLE",
      retryAfter: retryAfter(refused + 1_200_000),
      path,
    });
    await app.pass(minutes(30));
    const [first] = reads(app);
    expect(first).toBeDefined();
    const until = typeof retryAfter(0) === "number" ? (first?.at ?? 0) + 5_400_000 : refused + 1_200_000 + 5_400_000;
    await app.pass(Math.floor((until - app.clock.now()) / 1_000) * 1_000 - 1_000);
    expect(reads(app)).toHaveLength(1);
    expect(reads(app, "b").length).toBeGreaterThanOrEqual(1);
    await app.pass(minutes(2));
    expect(reads(app)).toHaveLength(2);
    expect(app.retained("test-a/problem")).toMatchObject({ active: false });
  });

  it("is not asked about any car when it means the whole application", async () => {
    const app = await start({ cars: ["a", "b", "c"].map((name) => stillCar(name)) });
    app.forgetRequests();
    app.simulator.addFault({ kind: "error", status: 429, code: "SMARTCAR_API", retryAfter: 7_200, path: "/v3/**" });
    await app.pass(minutes(11));
    const [first] = app.asked("/v3/");
    expect(first?.at).toBeDefined();
    await app.pass((first?.at ?? 0) + 7_199_000 - app.clock.now());
    expect(app.asked("/v3/")).toHaveLength(1);
    await app.pass(minutes(20));
    for (const car of ["a", "b", "c"]) expect(reads(app, car).length, car).toBeGreaterThanOrEqual(1);
  });

  it("is asked ever more seldom when it names no time", async () => {
    const app = await start();
    app.forgetRequests();
    app.simulator.addFault({ kind: "error", status: 429, code: "VEHICLE", path: SIGNALS, times: null });
    await app.pass(hours(6));
    const times = reads(app).map(({ at }) => at);
    expect(times.length).toBeGreaterThan(3);
    expect(times.length).toBeLessThan(15);
    for (let i = 1; i < times.length; i++) expect((times[i] ?? 0) - (times[i - 1] ?? 0)).toBeGreaterThan(minutes(4));
    app.simulator.clearFaults();
    await app.pass(hours(7));
    expect(app.retained("test-a/problem")).toMatchObject({ active: false });
  });

  it("is not asked before the month turns after a 430, and is then", async () => {
    const startAt = Date.UTC(2026, 10, 30, 20);
    const app = await start({ startAt });
    app.forgetRequests();
    app.simulator.addFault({ kind: "error", status: 430, path: SIGNALS, times: null });
    await app.pass(hours(3.9));
    expect(reads(app)).toHaveLength(1);
    expect(app.retained("test-a/polling")).toMatchObject({ calls_remaining: 0 });
    expect(app.retained("test-a/problem")).toMatchObject({ active: true, type: "BILLING" });
    app.simulator.clearFaults();
    await app.pass(hours(1.2));
    expect(reads(app).length).toBeGreaterThanOrEqual(2);
    expect(app.retained("test-a/problem")).toMatchObject({ active: false });
  });
});

describe("a Smartcar that is out of order", () => {
  it.each([
    { name: "answers 500", lasts: 12, fault: { kind: "error", status: 500 } },
    { name: "answers 502 of the maker", lasts: 2, fault: { kind: "error", status: 502 } },
    { name: "answers 503 in HTML", lasts: 2, fault: { kind: "html", status: 503 } },
    { name: "cuts bodies in the middle", lasts: 2, fault: { kind: "truncated" } },
    { name: "answers half JSON", lasts: 2, fault: { kind: "malformed" } },
    { name: "drops connections", lasts: 2, fault: { kind: "drop" } },
    { name: "drops connections after the headers", lasts: 2, fault: { kind: "drop", when: "after-headers" } },
  ] as const)(
    "for $lasts hours ($name) is not hammered, nobody is sent to sign in, and all comes back",
    async (row) => {
      const { lasts, fault } = row;
      const app = await start();
      expect(app.retained("test-a/battery")).toBe(50);
      app.forgetRequests();
      app.simulator.addFault({ ...fault, path: "/v3/**", times: null });
      await app.pass(hours(lasts));
      // After the hour's interval 5, 10, 20, 40 … min, up to 6 h apart.
      expect(reads(app).length).toBeGreaterThanOrEqual(3);
      expect(reads(app).length).toBeLessThanOrEqual(lasts === 12 ? 9 : 6);
      // Every 10 minutes, and quicker only at first.
      expect(app.asked("/connections").length).toBeLessThan(lasts * 7.5 + 12);
      const problems = app.seen.messages
        .filter(({ topic }) => topic.endsWith("/problem"))
        .map(({ payload }) => payload);
      for (const problem of problems) expect(problem).not.toMatch(SIGN_IN);
      expect(app.retained("test-a/battery")).toBe(50);
      expect(app.retained("test-a/availability")).toBe("online");

      app.simulator.clearFaults();
      app.simulator.setSignal("vehicle-a", "tractionbattery-stateofcharge", { body: { value: 61, unit: "percent" } });
      await app.pass(hours(lasts === 12 ? 6.1 : 2.1));
      expect(app.retained("test-a/battery")).toBe(61);
      expect(app.retained("test-a/problem")).toMatchObject({ active: false });
      expect((await app.ready()).status).toBe(200);
    },
  );

  it("that accepts calls and never answers is given three minutes each", async () => {
    const app = await start();
    app.forgetRequests();
    app.simulator.addFault({ kind: "latency", path: "/v3/**", delayMs: seconds(600), times: null });
    await app.pass(hours(3));
    expect(reads(app).length).toBeGreaterThanOrEqual(2);
    expect(reads(app).length).toBeLessThan(7);
    expect(app.retained("test-a/availability")).toBe("online");
    app.simulator.clearFaults();
    app.simulator.setSignal("vehicle-a", "tractionbattery-stateofcharge", { body: { value: 62, unit: "percent" } });
    await app.pass(hours(3));
    expect(app.retained("test-a/battery")).toBe(62);
  });
});

describe("a connection that vanishes", () => {
  it("turns the car offline, keeps it for a second look, and comes back with everything", async () => {
    const app = await start();
    app.simulator.patchCar("vehicle-a", { connect: false });
    await app.pass(minutes(10) + seconds(5));
    expect(app.retained("test-a/availability")).toBe("offline");
    const before = reads(app).length;
    app.simulator.patchCar("vehicle-a", { connect: true });
    await app.pass(minutes(11));
    expect(app.retained("test-a/availability")).toBe("online");
    await app.pass(hours(2));
    expect(reads(app).length).toBeGreaterThan(before);
  });

  it("for good takes the car away, and a new one brings it back under the same name", async () => {
    const app = await start();
    app.simulator.patchCar("vehicle-a", { connect: false });
    await app.pass(minutes(12));
    expect(app.retained("test-a/battery")).toBeUndefined();
    const before = reads(app).length;
    await app.pass(hours(3));
    expect(reads(app).length).toBe(before);
    app.simulator.patchCar("vehicle-a", { connect: true });
    await app.pass(minutes(30));
    expect(app.retained("test-a/battery")).toBe(50);
  });
});

describe("a store that is empty", () => {
  it("is asked seldom, is called by its name, and is no reason to sign in", async () => {
    const app = await start({ simulator: { emptyStoreWithoutWebhook: true }, env: { POLLING_IDLE_INTERVAL: "6h" } });
    expect(app.retained("test-a/problem")).toMatchObject({ active: true, type: "NO_DATA" });
    expect(app.retained("test-a/problem").message).toMatch(/webhook/);
    await app.pass(hours(24));
    expect(reads(app).length).toBeLessThan(8);
    expect(app.retained("test-a/availability")).toBe("online");
    await app.simulator.setWebhook({
      callbackUrl: `${app.app.addresses.publicUrl}/webhooks/smartcar`,
      subscribe: "all",
    });
    await app.pass(minutes(1));
    expect(app.retained("test-a/battery")).toBe(50);
    expect(app.retained("test-a/problem")).toMatchObject({ active: false });
  });
});
