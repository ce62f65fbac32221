import { Birth } from "../../bridge/birth.ts";
import { BridgePresenter } from "../../bridge/bridge-presenter.ts";
import { CarPresenter } from "../../bridge/car-presenter.ts";
import { HomeAssistant } from "../../bridge/home-assistant.ts";
import { Chain } from "../../doctor/chain.ts";
import type { Frame } from "../frame.ts";
import type { Account } from "./account.ts";
import type { Broker } from "./broker.ts";
import type { Cars } from "./cars.ts";
import type { Kept } from "./kept.ts";
import type { Orders } from "./orders.ts";

/** What is shown of it all over MQTT, and the chain that tells which link does not hold. */
export interface Shown {
  readonly homeAssistant: HomeAssistant;
  readonly presenter: CarPresenter;
  readonly chain: Chain;
  readonly bridge: BridgePresenter;
  readonly birth: Birth;
}

export interface ShownOf {
  readonly kept: Kept;
  readonly account: Account;
  readonly broker: Broker;
  readonly cars: Cars;
  readonly orders: Orders;
}

export function shownParts(frame: Frame, { kept, account, broker, cars, orders }: ShownOf): Shown {
  const { config, clock, random, version, topics, events, logOf } = frame;
  const { session, publisher, announcer } = broker;
  const { directory, subscriber } = cars;
  const { intake, charging, sweep, store, incidents } = kept;
  const { commands } = orders;
  const homeAssistant = new HomeAssistant({
    settings: {
      baseTopic: config.mqtt.base_topic,
      units: config.units,
      version,
      commandMaxAgeMs: config.commands.max_age,
    },
    enabled: config.homeassistant.enabled,
    commands: (vehicle) => commands.available(vehicle),
    topics,
    announcer,
  });
  const presenter = new CarPresenter({
    publisher,
    topics,
    units: config.units,
    vehicles: () => directory.list(),
    vehicle: (id) => directory.get(id),
    stateOf: (id) => intake.state(id),
    dropped: (id) => sweep.dropped(id),
    pollMs: cars.pollMs,
    onShown: (vehicle, readings, unknown) => homeAssistant.announceCar(vehicle, readings, unknown),
    commands,
    accepts: frame.accepts,
    webhookCarries: (id, code) => subscriber.carries(id, code),
    energyTotal: (id) => charging.energyTotal(id),
    log: logOf("mqtt"),
    clock,
  });
  const chain = new Chain({
    session,
    gateway: account.gateway,
    directory,
    intake,
    subscriber,
    webhook: account.webhook,
    publisher,
    database: store.database,
    budgetOf: (id) => account.budget.view(id),
    events: events.directory,
    hasWebhookKey: frame.hasWebhookKey,
    autoSubscribe: frame.autoSubscribe,
    callbackUrl: frame.callbackUrl,
    warnings: frame.warnings ?? [],
    slips: frame.slips,
    discoveryTopic: frame.discoveryTopic,
  });
  const bridge = new BridgePresenter({
    publisher,
    session,
    topics,
    version,
    vehicles: () => directory.list(),
    brokenLinks: () => chain.broken(),
    clock,
  });
  session.events.on("connected", () => incidents.tell((event) => bridge.tell(event)));
  void incidents.failed.then(() => {
    incidents.tell((event) => bridge.tell(event));
    bridge.refresh();
  });
  const birth = new Birth({
    session,
    statusTopic: topics.homeAssistantStatus,
    onBirth: () => publisher.republish(),
    log: logOf("mqtt"),
    clock,
    random,
  });
  return { homeAssistant, presenter, chain, bridge, birth };
}
