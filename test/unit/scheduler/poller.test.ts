import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { days, hours, minutes, seconds } from "../../../src/lib/duration.ts";
import { vehicleId } from "../../../src/vehicle/ids.ts";
import type { Batch } from "../../../src/vehicle/observation.ts";
import { car } from "../../support/cars.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { CAR } from "../../support/observations.ts";
import { tempStore } from "../../support/temp-store.ts";
import { IDLE, pollerBench, refusal } from "./poller-bench.ts";

let files: ReturnType<typeof tempStore>;
let clock: FakeClock;
let t0: number;

beforeEach(() => {
  files = tempStore();
  clock = new FakeClock(Date.UTC(2026, 10, 2, 12));
  t0 = clock.now();
});
afterEach(() => files.remove());

const build = (options: Parameters<typeof pollerBench>[2] = {}) => pollerBench(files.store, clock, options);

describe("poller", () => {
  it("reads at once, then every six hours while the car brings news", async () => {
    const { poller, times } = build();
    poller.start();
    await clock.advance(hours(13));
    expect(times(t0)).toEqual([0, hours(6), hours(12)]);
    await poller.stop();
    expect(clock.pending).toBe(0);
  });

  it("reads every 15 minutes while the car charges", async () => {
    const { poller, times, answer, fresh, flag } = build();
    answer(() => Promise.resolve(fresh(CAR, [flag("charge-ischarging", true)])));
    poller.start();
    await clock.advance(minutes(46));
    expect(times(t0)).toEqual([0, minutes(15), minutes(30), minutes(45)]);
    await poller.stop();
  });

  it("reads seldom while nothing newer comes, and still about once a day", async () => {
    const { poller, times, answer, fresh } = build();
    const same = fresh();
    answer(() => Promise.resolve({ ...same, receivedAt: clock.now() }));
    poller.start();
    await clock.advance(days(20));
    const gaps = times(t0).map((at, index, all) => at - (all[index - 1] ?? 0));
    expect(gaps.length).toBeLessThan(28);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(hours(25));
    expect(gaps.slice(-10).every((gap) => gap >= hours(23))).toBe(true);
    await poller.stop();
  });

  it("does not call it news when the same facts are told again", async () => {
    const { poller, answer, fresh } = build();
    const same = fresh();
    answer(() => Promise.resolve({ ...same, receivedAt: clock.now() }));
    poller.start();
    await clock.advance(0);
    expect(await poller.read(car(), "command")).toEqual({ ok: true, news: false });
    expect(poller.view(CAR).next.intervalMs).toBe(hours(6));
    await poller.stop();
  });

  it("makes no call at a restart within the interval, and one when it is over", async () => {
    const first = build();
    first.poller.start();
    await clock.advance(0);
    await first.poller.stop();
    await clock.advance(hours(5));
    const second = pollerBench(files.reopen(), clock);
    second.poller.start();
    await clock.advance(hours(1) - 1);
    expect(second.asked).toEqual([]);
    await clock.advance(1);
    expect(second.times(t0)).toEqual([hours(6)]);
    await second.poller.stop();
  });

  it("counts deliveries as reads in mode auto, so a delivering webhook costs no calls", async () => {
    const { poller, times, intake, fresh } = build();
    poller.start();
    for (let hour = 0; hour < 48; hour += 4) {
      await clock.advance(hours(4));
      await intake.accept({
        eventId: `e${hour}`,
        eventType: "VEHICLE_STATE",
        receivedAt: clock.now(),
        batch: { ...fresh(), source: "webhook" },
        unusable: null,
        raw: "{}",
      });
    }
    expect(times(t0)).toEqual([0]);
    await clock.advance(hours(24) + seconds(30));
    expect(times(t0)).toEqual([0, hours(72)]);
    await poller.stop();
  });

  it("leaves the car alone in mode never, but reads when asked to", async () => {
    const { poller, times, planned } = build({ settings: { ...IDLE, mode: "never" } });
    poller.start();
    await clock.advance(days(2));
    expect(times(t0)).toEqual([]);
    expect(planned[0]?.next).toMatchObject({ dueAt: null, reason: "polling.mode is never" });
    expect(await poller.read(car(), "command")).toEqual({ ok: true, news: true });
    await poller.stop();
  });

  it("shares a running read, whoever asks for it, and makes one call", async () => {
    const { poller, asked, answer, fresh, budget } = build();
    let end: (batch: Batch) => void = () => undefined;
    answer(
      () =>
        new Promise((resolve) => {
          end = resolve;
        }),
    );
    poller.start();
    await clock.advance(0);
    const reads = [poller.read(car(), "command"), poller.read(car(), "confirm")];
    await settle();
    expect(asked).toHaveLength(1);
    end(fresh());
    expect(await Promise.all(reads)).toEqual([
      { ok: true, news: true },
      { ok: true, news: true },
    ]);
    expect(budget.view(CAR).used).toBe(1);
    await poller.stop();
  });

  it("reads at most four cars at a time and waits for them without spinning", async () => {
    const vehicles = Array.from({ length: 7 }, (_, n) => car({ id: vehicleId(`car-${n}`) }));
    const { poller, asked, answer, fresh } = build({ vehicles });
    const ends: (() => void)[] = [];
    answer(({ vehicleId: id }) => new Promise((resolve) => ends.push(() => resolve(fresh(id)))));
    poller.start();
    await clock.advance(minutes(1));
    expect(asked).toHaveLength(4);
    ends.splice(0, 2).forEach((end) => {
      end();
    });
    // What the two brought is stored together, which takes a turn more.
    await settle();
    await clock.advance(0);
    expect(asked).toHaveLength(6);
    for (const end of ends.splice(0)) end();
    await settle();
    await clock.advance(0);
    expect(new Set(asked.map(({ id }) => id)).size).toBe(7);
    const stopped = poller.stop();
    for (const end of ends) end();
    await stopped;
  });

  it("goes on in time when the clock is set back by a day", async () => {
    const { poller, times } = build();
    poller.start();
    await clock.advance(0);
    await clock.advance(hours(1));
    clock.jump(-days(1));
    const back = clock.now();
    await clock.advance(hours(7));
    expect(times(back).map((ms) => ms / hours(1))).toEqual([23, expect.closeTo(6, 1)]);
    await poller.stop();
  });

  it("goes on in time when the clock was set back while the bridge was away", async () => {
    const first = build();
    first.poller.start();
    await clock.advance(0);
    await first.poller.stop();
    clock.jump(-days(1));
    const back = clock.now();
    const second = pollerBench(files.reopen(), clock);
    second.poller.start();
    await clock.advance(hours(7));
    expect(second.times(back)).toEqual([hours(6)]);
    await second.poller.stop();
  });

  it("ends a running read at the stop and leaves no timer", async () => {
    const { poller, answer, failed } = build();
    answer(
      (_, signal) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener("abort", () => reject(refusal()));
        }),
    );
    poller.start();
    await clock.advance(0);
    await poller.stop();
    expect(failed).toHaveLength(1);
    expect(clock.pending).toBe(0);
    poller.replanAll();
    poller.replan(CAR);
    expect(clock.pending).toBe(0);
  });

  it("tells when it will read, and why", async () => {
    const { poller, planned } = build();
    poller.start();
    await clock.advance(0);
    await clock.advance(0);
    expect(planned[0]).toMatchObject({ vehicleId: CAR, lastPollAt: null, next: { dueAt: t0, reason: "first read" } });
    expect(planned.at(-1)).toMatchObject({ lastPollAt: t0, next: { dueAt: t0 + hours(6), reason: "idle" } });
    expect(poller.view(CAR)).toEqual(planned.at(-1));
    await poller.stop();
  });
});
