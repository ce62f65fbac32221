import { vehicleTopic } from "../../bridge/vehicle-topic.ts";
import { pollMs } from "../../scheduler/cadence.ts";
import { Poller } from "../../scheduler/poller.ts";
import { PollingBook } from "../../scheduler/polling-settings.ts";
import { Directory } from "../../vehicle/directory.ts";
import type { VehicleId } from "../../vehicle/ids.ts";
import { Subscriber } from "../../vehicle/subscriber.ts";
import type { Frame } from "../frame.ts";
import { WebhookWatch } from "../webhook-watch.ts";
import type { Account } from "./account.ts";
import type { Kept } from "./kept.ts";

/** The cars, and when they are asked. */
export interface Cars {
  readonly directory: Directory;
  readonly subscriber: Subscriber;
  readonly webhookWatch: WebhookWatch;
  readonly polling: PollingBook;
  readonly poller: Poller;
  /** The interval at which a vehicle would be polled now, in milliseconds: its values cannot be fresher. */
  readonly pollMs: (id: VehicleId) => number;
}

export function carParts(frame: Frame, { store, intake }: Kept, { gateway, budget, bucket }: Account): Cars {
  const { config, clock, random, events, callbackUrl } = frame;
  const directory = new Directory({
    source: gateway,
    store: store.vehicles,
    overrides: config.vehicles,
    nameTopic: ({ vehicleId: id, make, model }, taken) => vehicleTopic({ id, make, model }, taken),
    events: events.directory,
    clock,
    random,
  });
  const connected = () => directory.list().filter((vehicle) => vehicle.connected);
  const subscriber = new Subscriber({
    admin: gateway,
    callbackUrl,
    autoSubscribe: frame.autoSubscribe,
    vehicles: connected,
    events: events.subscriber,
    clock,
    random,
  });
  const polling = new PollingBook(
    {
      mode: config.polling.mode,
      chargingMs: config.polling.charging_interval,
      idleMs: config.polling.idle_interval,
    },
    store.settings,
  );
  const poller = new Poller({
    source: gateway,
    intake,
    budget,
    bucket,
    plans: store.plans,
    vehicles: connected,
    settings: (id) => polling.of(id),
    events: events.poller,
    clock,
    random,
  });
  return {
    directory,
    subscriber,
    webhookWatch: new WebhookWatch(subscriber),
    polling,
    poller,
    pollMs: (id) => pollMs(polling.of(id), intake.state(id), clock.now()),
  };
}
