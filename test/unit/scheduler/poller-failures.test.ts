import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { days, hours, minutes, seconds } from "../../../src/lib/duration.ts";
import { car } from "../../support/cars.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { batch, CAR } from "../../support/observations.ts";
import { tempStore } from "../../support/temp-store.ts";
import { pollerBench, refusal } from "./poller-bench.ts";

let files: ReturnType<typeof tempStore>;
let clock: FakeClock;
let t0: number;

beforeEach(() => {
  files = tempStore();
  clock = new FakeClock(Date.UTC(2026, 10, 2, 12));
  t0 = clock.now();
});
afterEach(() => files.remove());

const build = () => pollerBench(files.store, clock);
/** One good read first. */
async function running() {
  const made = build();
  made.poller.start();
  await clock.advance(0);
  made.asked.length = 0;
  return made;
}

describe("a failing read", () => {
  it("is tried again after 30 s, doubling to 15 min, while there never was one", async () => {
    const { poller, times, refuse } = build();
    refuse(refusal());
    poller.start();
    await clock.advance(minutes(46));
    expect(times(t0).map((ms) => ms / seconds(30))).toEqual([0, 1, 3, 7, 15, 31, 61, 91]);
    await poller.stop();
  });

  it("backs off later on, never under the floor, and is no problem of the login", async () => {
    const { poller, times, refuse, intake } = await running();
    refuse(refusal());
    await clock.advance(hours(7));
    const tries = times(t0 + hours(6)).map((ms) => ms / minutes(1));
    expect(tries).toEqual([0, 6.25, 18.75, 43.75]);
    expect(intake.state(CAR).problems.size).toBe(0);
    await poller.stop();
  });

  it("obeys retry-after to the second", async () => {
    const { poller, times, refuse, answer, fresh } = build();
    refuse(refusal({ status: 429, type: "RATE_LIMIT", smartcarCode: "VEHICLE", retryAt: t0 + seconds(77) }));
    poller.start();
    await clock.advance(seconds(76));
    expect(times(t0)).toEqual([0]);
    answer(() => Promise.resolve(fresh()));
    await clock.advance(seconds(1));
    expect(times(t0)).toEqual([0, seconds(77)]);
    expect(poller.view(CAR).next).toMatchObject({ dueAt: t0 + seconds(77) + hours(6), reason: "idle" });
    await poller.stop();
  });

  it("obeys retry-after whoever wishes a read, whatever was solved meanwhile, and over a restart", async () => {
    const { poller, times, refuse, answer, fresh, budget } = build();
    refuse(refusal({ status: 429, type: "RATE_LIMIT", smartcarCode: "VEHICLE", retryAt: t0 + hours(1) }));
    poller.start();
    await clock.advance(minutes(10));
    answer(() => Promise.resolve(fresh()));
    const error = { code: "SC_RATE_LIMITED", sent: false, retryAt: t0 + hours(1) };
    expect(await poller.read(car(), "command")).toMatchObject({ ok: false, error });
    poller.release(CAR);
    await clock.advance(minutes(10));
    await poller.stop();
    const again = build();
    again.poller.start();
    expect(await again.poller.read(car(), "confirm")).toMatchObject({ ok: false, error });
    await clock.advance(minutes(40) - 1);
    expect([times(t0), again.times(t0), budget.view(CAR).used]).toEqual([[0], [], 1]);
    await clock.advance(1);
    expect(again.times(t0)).toEqual([hours(1)]);
    await again.poller.stop();
  });

  it("of a command counts as well when it names a time or the calls are used up, and only then", async () => {
    const { poller, times, budget } = await running();
    const limit = { status: 429, type: "RATE_LIMIT", smartcarCode: "VEHICLE" };
    poller.heed(CAR, refusal({ ...limit, retryAt: t0 + hours(8) }));
    poller.heed(CAR, refusal({ ...limit, retryAt: t0 + hours(7) }));
    poller.heed(CAR, refusal({ disposition: "re-authorise", type: "PERMISSION" }));
    poller.heed(CAR, refusal({ scope: "application", retryAt: t0 + hours(20) }));
    await clock.advance(hours(8));
    expect(times(t0)).toEqual([hours(8)]);
    expect(budget.view(CAR).remaining).toBe(498);
    poller.heed(CAR, refusal({ status: 430, type: "BILLING", scope: "billing" }));
    expect(budget.view(CAR).remaining).toBe(0);
    expect(poller.view(CAR).next.dueAt).toBe(Date.UTC(2026, 11, 1));
    await poller.stop();
  });

  it("pauses for all when Smartcar limits the application, and does not hold it against the car", async () => {
    const { poller, bucket, times, refuse, answer, fresh } = build();
    const until = t0 + minutes(10);
    refuse(refusal({ status: 429, type: "RATE_LIMIT", scope: "application", disposition: "wait", retryAt: until }));
    poller.start();
    await clock.advance(0);
    bucket.pause(until);
    answer(() => Promise.resolve(fresh()));
    await clock.advance(minutes(10) - 1);
    expect(times(t0)).toEqual([0]);
    await clock.advance(1);
    expect(times(t0)).toEqual([0, minutes(10)]);
    await poller.stop();
  });

  it("leaves some of the application's calls to commands", async () => {
    const { poller, bucket, asked } = build();
    while (bucket.available() > 10) bucket.take();
    poller.start();
    await clock.advance(seconds(29));
    expect(asked).toEqual([]);
    await clock.advance(seconds(2));
    expect(asked).toHaveLength(1);
    await poller.stop();
  });

  it("stops until the month turns on 430, says so as a problem, and clears it by the next read", async () => {
    const { poller, times, refuse, answer, fresh, intake, budget } = build();
    refuse(refusal({ status: 430, type: "BILLING", smartcarCode: "VEHICLE_REQUEST_LIMIT", scope: "billing" }));
    poller.start();
    await clock.advance(days(28));
    expect(times(t0)).toEqual([0]);
    expect(budget.view(CAR)).toMatchObject({ used: 500, remaining: 0 });
    expect(poller.view(CAR).next).toMatchObject({ dueAt: Date.UTC(2026, 11, 1) });
    expect([...intake.state(CAR).problems.keys()]).toEqual(["BILLING/VEHICLE_REQUEST_LIMIT"]);
    expect(await poller.read(car(), "command")).toMatchObject({ ok: false, error: { code: "OVER_BUDGET" } });
    answer(() => Promise.resolve(fresh()));
    await clock.advance(Date.UTC(2026, 11, 1) - clock.now());
    expect(times(0)).toEqual([t0, Date.UTC(2026, 11, 1)]);
    expect(intake.state(CAR).problems.size).toBe(0);
    await poller.stop();
  });

  it("holds for a day when the owner must act, and reads at once when released", async () => {
    const { poller, times, refuse, answer, fresh, intake } = await running();
    const told = { status: 400, type: "CONNECTED_SERVICES_ACCOUNT", smartcarCode: "AUTHENTICATION_FAILED" } as const;
    refuse(refusal({ ...told, disposition: "re-authorise", action: "REAUTHENTICATE" }));
    await clock.advance(hours(20));
    expect(times(t0)).toEqual([hours(6)]);
    expect(poller.view(CAR).next).toMatchObject({ dueAt: t0 + hours(30), reason: "the car's owner must act" });
    expect(intake.state(CAR).problems.size).toBe(1);
    answer(() => Promise.resolve(fresh()));
    poller.release(CAR);
    await clock.advance(0);
    expect(times(t0)).toEqual([hours(6), hours(20)]);
    expect(intake.state(CAR).problems.size).toBe(0);
    poller.release(CAR);
    await poller.stop();
  });

  it("waits an hour for the maker's limit, and a quarter for a limit without a time", async () => {
    const { poller, times, refuse } = build();
    refuse(refusal({ disposition: "wait", smartcarCode: "RATE_LIMIT", retryAt: t0 + hours(1) }));
    poller.start();
    await clock.advance(0);
    expect(poller.view(CAR).next.reason).toBe("the car maker's limit is reached");
    await clock.advance(minutes(59));
    refuse(refusal({ status: 429, type: "RATE_LIMIT", smartcarCode: "VEHICLE" }));
    await clock.advance(minutes(16));
    expect(times(t0)).toEqual([0, hours(1), hours(1) + minutes(15)]);
    await poller.stop();
  });

  it("gives the call back when it never left, and keeps it booked otherwise", async () => {
    const { poller, refuse, budget } = await running();
    refuse(refusal({ sent: false }));
    await poller.read(car(), "command");
    expect(budget.view(CAR).used).toBe(1);
    refuse(refusal());
    await poller.read(car(), "command");
    expect(budget.view(CAR).used).toBe(2);
    await poller.stop();
  });

  it("books each page by itself, ends where the budget does, and gives back only the one that never left", async () => {
    const { poller, answer, fresh, budget, failed } = await running();
    let pages = 0;
    answer((_target, _signal, mayGoOn) => {
      while (pages < 600 && mayGoOn?.() === true) pages++;
      return Promise.resolve(fresh());
    });
    expect(await poller.read(car(), "poll")).toMatchObject({ ok: true });
    expect([pages, budget.view(CAR)]).toMatchObject([448, { used: 450, forPolling: 0, remaining: 50 }]);
    answer((_target, _signal, mayGoOn) => {
      mayGoOn?.();
      return Promise.reject(refusal({ sent: false }));
    });
    expect(await poller.read(car(), "command")).toMatchObject({ ok: false });
    expect([budget.view(CAR).used, failed.length]).toEqual([451, 1]);
    await poller.stop();
  });

  it("for a command does not bring the next poll forward", async () => {
    const { poller, asked, refuse } = await running();
    refuse(refusal());
    await poller.read(car(), "confirm");
    asked.length = 0;
    await clock.advance(hours(6) - 1);
    expect(asked).toEqual([]);
    await clock.advance(1);
    expect(asked).toHaveLength(1);
    await poller.stop();
  });

  it("is answered although the database refuses, and nothing is asked then", async () => {
    const { poller, asked, failed } = await running();
    files.store.database.stop();
    const { ok } = await poller.read(car(), "command").catch(() => ({ ok: "thrown" }));
    expect([ok, asked.length]).toEqual([false, 0]);
    expect(failed[0]).toMatchObject({ error: { code: "STORE_CLOSED" } });
    await poller.stop();
  });
});

describe("an empty store at Smartcar", () => {
  it("is a problem with the remedy in words, cleared by data from a poll", async () => {
    const { poller, answer, fresh, intake } = build();
    answer(() => Promise.resolve(batch([], { source: "poll", receivedAt: clock.now() })));
    poller.start();
    await clock.advance(0);
    const [problem] = intake.state(CAR).problems.values();
    expect(problem).toMatchObject({ type: "NO_DATA", code: "EMPTY_STORE", message: expect.stringMatching(/webhook/) });
    answer(() => Promise.resolve(fresh()));
    await poller.read(car(), "command");
    expect(intake.state(CAR).problems.size).toBe(0);
    await poller.stop();
  });

  it("is no problem any more once a delivery brings data", async () => {
    const { poller, answer, fresh, intake, changes } = build();
    answer(() => Promise.resolve(batch([], { source: "poll", receivedAt: clock.now() })));
    poller.start();
    await clock.advance(0);
    const delivery = { eventId: "e1", eventType: "VEHICLE_STATE", receivedAt: clock.now(), unusable: null, raw: "{}" };
    await intake.accept({ ...delivery, batch: { ...fresh(), source: "webhook" } });
    await settle();
    expect(intake.state(CAR).problems.size).toBe(0);
    expect(changes.at(-1)?.cleared).toMatchObject([{ type: "NO_DATA" }]);
    await poller.stop();
  });
});
