import { beforeEach, describe, expect, it } from "vitest";
import { hours, minutes, seconds } from "../../../src/lib/duration.ts";
import { signalCode, type VehicleId, vehicleId } from "../../../src/vehicle/ids.ts";
import { Subscriber, type SubscriberEvents, type Webhook, type WebhookAdmin } from "../../../src/vehicle/subscriber.ts";
import { car } from "../../support/cars.ts";
import { collect, strictEvents } from "../../support/events.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { CAR } from "../../support/observations.ts";

const CALLBACK = "https://cars.example.org/webhooks/smartcar";
const OTHER = vehicleId("veh-2");
const code = signalCode("tractionbattery-stateofcharge");
const webhook: Webhook = {
  id: "hook-1",
  name: "home",
  callbackUri: `${CALLBACK}/`,
  isEnabled: true,
  triggers: [code],
  signals: [code],
};

let clock: FakeClock;
beforeEach(() => {
  clock = new FakeClock();
});

/** A webhook administration that remembers who is subscribed, and how often it was looked at. */
function bench({ autoSubscribe = true, admin = {} }: { autoSubscribe?: boolean; admin?: Partial<WebhookAdmin> } = {}) {
  const vehicles = [car()];
  const subscribed = new Set<VehicleId>();
  const looks: number[] = [];
  const events = strictEvents<SubscriberEvents>();
  const subscriber = new Subscriber({
    admin: {
      listWebhooks: () => {
        looks.push(clock.now());
        return Promise.resolve([webhook]);
      },
      listSubscriptions: () => Promise.resolve([...subscribed].map((id) => ({ vehicleId: id }))),
      subscribe: (_webhookId, target) => {
        subscribed.add(target.vehicleId);
        return Promise.resolve();
      },
      ...admin,
    },
    callbackUrl: CALLBACK,
    autoSubscribe,
    vehicles: () => [...vehicles],
    clock,
    random: () => 0,
    events,
  });
  subscriber.start();
  return { subscriber, vehicles, subscribed, looks, checked: collect(events, "checked") };
}

describe("subscriber", () => {
  it("subscribes who is missing, looks once more soon, and then every hour", async () => {
    const { subscriber, subscribed, looks, checked } = bench();
    const t0 = clock.now();
    subscriber.ready();
    subscriber.ready();
    await clock.advance(hours(1) + minutes(2));
    expect([...subscribed]).toEqual([CAR]);
    expect(looks.map((at) => at - t0)).toEqual([2, 62, 3_662].map(seconds));
    expect(checked.map(({ verdict }) => verdict.kind)).toEqual(["fine", "fine", "fine"]);
    expect([subscriber.isSubscribed(CAR), subscriber.carries(CAR, code)]).toEqual([true, true]);
    await subscriber.stop();
    expect(clock.pending).toBe(0);
  });

  it("does not pass by a vehicle that comes while it looks", async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const asked: VehicleId[] = [];
    const { subscriber, vehicles } = bench({
      admin: {
        subscribe: (_webhookId, target) => {
          asked.push(target.vehicleId);
          return asked.length === 1 ? answered : Promise.resolve();
        },
      },
    });
    subscriber.ready();
    await clock.advance(seconds(10));
    vehicles.push(car({ id: OTHER }));
    subscriber.checkSoon();
    await clock.advance(seconds(10));
    answer();
    await settle();
    expect(asked).toEqual([CAR]);
    await clock.advance(seconds(3));
    expect(asked).toEqual([CAR, CAR, OTHER]);
    await subscriber.stop();
  });

  it("leaves subscribing alone when it is told to, and says what is there", async () => {
    const { subscriber, subscribed, checked } = bench({ autoSubscribe: false });
    subscriber.checkSoon();
    await clock.advance(seconds(2));
    expect([[...subscribed], checked[0]?.verdict.kind]).toEqual([[], "fine"]);
    expect(subscriber.carries(CAR, code)).toBe(false);
    await subscriber.stop();
  });

  it("keeps what it knows to be fine while it cannot ask, and asks later and later", async () => {
    let isDown = false;
    const looks: number[] = [];
    const { subscriber } = bench({
      admin: {
        listWebhooks: () => {
          looks.push(clock.now());
          return isDown ? Promise.reject(new Error("down")) : Promise.resolve([webhook]);
        },
        listSubscriptions: () => Promise.resolve([{ vehicleId: CAR }]),
      },
    });
    subscriber.checkSoon();
    await clock.advance(seconds(2));
    isDown = true;
    const since = clock.now() + hours(1);
    await clock.advance(hours(1) + minutes(4));
    expect(looks.slice(1).map((at) => at - since)).toEqual([0, 30, 90, 210].map(seconds));
    expect(subscriber.verdict.kind).toBe("fine");
    await subscriber.stop();
  });
});
