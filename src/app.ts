import { apiParts, chainWatch, liveNews } from "./api-parts.ts";
import { Announcer } from "./bridge/announcer.ts";
import { Birth } from "./bridge/birth.ts";
import { BridgePresenter } from "./bridge/bridge-presenter.ts";
import { CarPresenter } from "./bridge/car-presenter.ts";
import { CommandInbox } from "./bridge/command-inbox.ts";
import { type Announced, carObjectId } from "./bridge/discovery.ts";
import { HomeAssistant } from "./bridge/home-assistant.ts";
import { Publisher } from "./bridge/publisher.ts";
import { RequestInbox } from "./bridge/request-inbox.ts";
import { Session } from "./bridge/session.ts";
import { Topics } from "./bridge/topics.ts";
import { vehicleTopic } from "./bridge/vehicle-topic.ts";
import type { Execution } from "./commands/execution.ts";
import { CommandRunner } from "./commands/runner.ts";
import { CommandViews } from "./commands/view.ts";
import type { Config } from "./config/schema.ts";
import { wrongBoxes } from "./config/wrong-boxes.ts";
import { Chain } from "./doctor/chain.ts";
import { createEvents } from "./events.ts";
import { Access } from "./http/access.ts";
import { registerApi } from "./http/api.ts";
import { ConnectCallback } from "./http/connect-callback.ts";
import { LiveEvents } from "./http/live-events.ts";
import { metricsRoute } from "./http/metrics-route.ts";
import { PrivateServer } from "./http/private-server.ts";
import { PublicServer, WEBHOOK_PATH } from "./http/public-server.ts";
import type { Random } from "./lib/backoff.ts";
import type { Clock } from "./lib/clock.ts";
import { seconds } from "./lib/duration.ts";
import { Lifecycle, type StopFailure } from "./lib/lifecycle.ts";
import type { Log } from "./lib/log.ts";
import type { Redactor } from "./lib/redact.ts";
import { meter, timed } from "./meter.ts";
import { observe } from "./observe.ts";
import { requests } from "./requests.ts";
import { ApplicationBucket } from "./scheduler/bucket.ts";
import { Budget } from "./scheduler/budget.ts";
import type { Plan } from "./scheduler/cadence.ts";
import { pollMs } from "./scheduler/cadence.ts";
import { Jobs } from "./scheduler/jobs.ts";
import { Poller } from "./scheduler/poller.ts";
import { PollingBook } from "./scheduler/polling-settings.ts";
import { ConnectStates } from "./smartcar/connect-states.ts";
import { SmartcarGateway } from "./smartcar/gateway.ts";
import { WebhookReceiver } from "./smartcar/webhook.ts";
import { PrivacySweep } from "./store/privacy-sweep.ts";
import { openStore } from "./store/store.ts";
import { storeIncidents } from "./store-incidents.ts";
import { Metrics } from "./telemetry/metrics.ts";
import { TrafficLog } from "./traffic-log.ts";
import { calendar } from "./upkeep.ts";
import { ChargingLog } from "./vehicle/charging-log.ts";
import { Directory } from "./vehicle/directory.ts";
import type { SignalCode, VehicleId } from "./vehicle/ids.ts";
import { Intake } from "./vehicle/intake.ts";
import { Subscriber } from "./vehicle/subscriber.ts";
import { WebhookWatch } from "./webhook-watch.ts";
import { wire } from "./wiring.ts";

/** The edges that tests and the demo replace. */
export interface Seams {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly redactor: Redactor;
  /** @throws RangeError for a part that does not exist */
  readonly setLogLevel: (level: string, part?: string) => void;
  readonly version: string;
  /** What the configuration made suspicious, in words. */
  readonly warnings?: readonly string[];
}

export interface App {
  /** @throws AppError when the database cannot be opened or a port is taken. */
  start(): Promise<void>;
  /** Stops in reverse order within the limit; returns what did not stop in order. */
  stop(limitMs: number): Promise<readonly StopFailure[]>;
  /** Where the listeners are; valid after the start. */
  readonly addresses: { readonly privateUrl: string; readonly publicUrl: string };
}

/** A car shows the effect of a command some seconds after it was answered. */
const SETTLED_MS = seconds(20);
/** A failed start has little to undo. */
const UNDO_LIMIT_MS = seconds(5);

/**
 * The whole program on one page: every part, and who gets which other. Nothing acts before `start`; parts start in the
 * order in which they stand here and stop in reverse.
 */
export function createApp(config: Config, seams: Seams): App {
  const { clock, random, redactor, version } = seams;
  const logOf = (part: string) => seams.log.child({ part });
  const life = new Lifecycle(clock);
  const events = createEvents(logOf("events"));
  const topics = new Topics({ base: config.mqtt.base_topic, discoveryPrefix: config.homeassistant.discovery_prefix });
  const override = new Map(config.vehicles.map((vehicle) => [vehicle.id, vehicle]));
  const accepts = (id: VehicleId, code: SignalCode) => override.get(id)?.accept.includes(code) === true;

  // What is known, and how it is kept.
  const incidents = storeIncidents(logOf("database"));
  const store = openStore<Plan, Execution, Announced>(config.data_dir, { clock, onIncident: incidents.note });
  life.own("database", store.database);
  const privacyOf = (id: VehicleId | null) =>
    (id === null ? undefined : override.get(id)?.location) ?? config.privacy.location;
  const privacyRule = JSON.stringify([
    config.privacy.location,
    config.vehicles.map(({ id, location }) => [id, location]),
  ]);
  const sweep = life.own("privacy", new PrivacySweep(store.database, store.settings, privacyRule, privacyOf));
  const intake = life.own(
    "intake",
    new Intake({
      store: store.states,
      events: events.intake,
      isKnown: (id) => directory.get(id) !== undefined,
      accepts,
      privacyOf,
    }),
  );
  const charging = life.own(
    "charging",
    new ChargingLog({ store: store.charging, events: events.charging, stateOf: (id) => intake.state(id), privacyOf }),
  );

  // Smartcar.
  const bucket = new ApplicationBucket(clock, store.settings);
  const budget = new Budget(clock, store.ledger, {
    monthly: config.polling.monthly_budget,
    reserve: config.polling.command_reserve,
  });
  const gateway = life.own(
    "smartcar",
    new SmartcarGateway({
      clientId: config.smartcar.client_id,
      clientSecrets: config.smartcar.client_secret,
      iamUrl: config.smartcar.iam_url,
      vehicleApiUrl: config.smartcar.vehicle_api_url,
      managementApiUrl: config.smartcar.management_api_url,
      mode: config.smartcar.mode,
      admission: bucket,
      log: logOf("smartcar"),
      clock,
      random,
      redactor,
      onCall: (call) => events.smartcar.emit("called", call),
    }),
  );
  const trafficLog = new TrafficLog(clock);
  const webhook = new WebhookReceiver({
    keys: config.smartcar.management_token,
    intake,
    onAnswered: (record) => {
      trafficLog.delivery(record);
      webhookWatch.note(record);
    },
    clock,
    log: logOf("webhook"),
  });

  // MQTT.
  const { mqtt } = config;
  const session = life.own(
    "mqtt",
    new Session({
      broker: {
        url: mqtt.url,
        username: mqtt.username,
        password: mqtt.password,
        caFile: mqtt.ca_file,
        certFile: mqtt.cert_file,
        keyFile: mqtt.key_file,
        servername: mqtt.servername,
        rejectUnauthorized: mqtt.reject_unauthorized,
        version: mqtt.version,
        clientId: mqtt.client_id,
      },
      stateTopic: topics.bridgeState,
      log: logOf("mqtt"),
      clock,
      random,
    }),
  );
  const publisher = life.own("publisher", new Publisher({ session, clock, random, log: logOf("mqtt") }));
  const announcer = life.own("announcer", new Announcer({ publisher, store: store.announcements, clock }));

  // The cars, and when they are asked.
  const directory = life.own(
    "directory",
    new Directory({
      source: gateway,
      store: store.vehicles,
      overrides: config.vehicles,
      nameTopic: ({ vehicleId: id, make, model }, taken) => vehicleTopic({ id, make, model }, taken),
      events: events.directory,
      clock,
      random,
    }),
  );
  const { public_url } = config.http;
  const callbackUrl = public_url === undefined ? null : public_url + WEBHOOK_PATH;
  const subscriber = life.own(
    "subscriber",
    new Subscriber({
      admin: gateway,
      callbackUrl,
      autoSubscribe: config.smartcar.auto_subscribe,
      vehicles: () => connected(),
      events: events.subscriber,
      clock,
      random,
    }),
  );
  const webhookWatch = new WebhookWatch(subscriber);
  const connected = () => directory.list().filter((vehicle) => vehicle.connected);
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

  // Commands.
  const allow = new Set(config.commands.allow);
  const runner = new CommandRunner({
    store: store.executions,
    sender: gateway,
    budget,
    incapabilities: store.incapabilities,
    allow,
    maxAgeMs: config.commands.max_age,
    stateOf: (id) => intake.state(id),
    vehicle: (id) => directory.get(id),
    read: (vehicle, kind) => poller.read(vehicle, kind),
    // A read made meanwhile, for another command say, has shown what there was to see.
    mayConfirm: (id, completedAt) =>
      polling.of(id).mode !== "never" && (poller.lastPollAt(id) ?? 0) < completedAt + SETTLED_MS,
    events: events.runner,
    clock,
  });
  const commands = new CommandViews(runner, store.incapabilities, allow);

  // What is shown of it all.
  const homeAssistant = new HomeAssistant({
    settings: {
      baseTopic: mqtt.base_topic,
      units: config.units,
      version,
      commandMaxAgeMs: config.commands.max_age,
    },
    enabled: config.homeassistant.enabled,
    commands: (vehicle) => commands.available(vehicle),
    topics,
    announcer,
  });
  const presenter = life.own(
    "presenter",
    new CarPresenter({
      publisher,
      topics,
      units: config.units,
      vehicles: () => directory.list(),
      stateOf: (id) => intake.state(id),
      dropped: (id) => sweep.dropped(id),
      pollMs: (id) => pollMs(polling.of(id), intake.state(id), clock.now()),
      onShown: (vehicle, readings, unknown) => homeAssistant.announceCar(vehicle, readings, unknown),
      commands,
      accepts,
      webhookCarries: (id, code) => subscriber.carries(id, code),
      energyTotal: (id) => charging.energyTotal(id),
      clock,
    }),
  );
  const slips = wrongBoxes(config.smartcar);
  const chain = new Chain({
    session,
    gateway,
    directory,
    intake,
    subscriber,
    webhook,
    publisher,
    database: store.database,
    budgetOf: (id) => budget.view(id),
    events: events.directory,
    hasWebhookKey: config.smartcar.management_token.length > 0,
    autoSubscribe: config.smartcar.auto_subscribe,
    callbackUrl,
    warnings: seams.warnings ?? [],
    slips,
    discoveryTopic: config.homeassistant.enabled ? (id) => topics.discovery(carObjectId(id)) : null,
  });
  const bridge = life.own(
    "bridge",
    new BridgePresenter({
      publisher,
      session,
      topics,
      version,
      vehicles: () => directory.list(),
      brokenLinks: () => chain.broken(),
      clock,
    }),
  );
  session.events.on("connected", () => incidents.tell((event) => bridge.tell(event)));
  life.own(
    "birth",
    new Birth({
      session,
      statusTopic: topics.homeAssistantStatus,
      onBirth: () => publisher.republish(),
      log: logOf("mqtt"),
      clock,
      random,
    }),
  );

  // The page and its API.
  const { smartcar, http } = config;
  const access = new Access({ password: http.password, clock });
  const connectStates = new ConnectStates(clock);
  const live: LiveEvents = new LiveEvents({ clock, onLook: chainWatch(chain, () => live) });
  const api = apiParts({
    settings: {
      version,
      units: config.units,
      mode: smartcar.mode,
      reserve: config.polling.command_reserve,
      brokerUrl: mqtt.url,
      baseTopic: mqtt.base_topic,
      homeassistant: config.homeassistant,
      privacy: config.privacy.location,
      password: access.isProtected,
      callbackUrl,
      publicPort: http.public_port,
      connectHost: smartcar.connect_url,
      applicationId: smartcar.application_id,
      redirectUri: smartcar.redirect_uri,
      hasWebhookKey: smartcar.management_token.length > 0,
      slips,
    },
    clock,
    events,
    redactor,
    chain,
    directory,
    intake,
    subscriber,
    charging,
    poller,
    pollMs: (id) => pollMs(polling.of(id), intake.state(id), clock.now()),
    bucket,
    runner,
    commands,
    session,
    publisher,
    webhook,
    log: trafficLog,
    states: connectStates,
    accepts,
    store,
  });

  // Doors: opened once everything behind them stands.
  life.own("commands", runner);
  const inbox = life.own(
    "inbox",
    new CommandInbox({
      session,
      publisher,
      topics,
      runner,
      vehicle: (topic) => directory.byTopic(topic),
      allow: config.commands.allow,
      retainIsHidden: mqtt.version === "3.1.1",
      log: logOf("commands"),
      clock,
    }),
  );
  life.own(
    "requests",
    new RequestInbox({
      session,
      publisher,
      topics,
      handlers: requests({ directory, subscriber, poller, polling, publisher, chain, setLogLevel: seams.setLogLevel }),
      eraseAfterUse: mqtt.version === "3.1.1",
      log: logOf("requests"),
    }),
  );
  const metrics = new Metrics();
  const publicServer = life.own(
    "public port",
    new PublicServer({
      host: config.http.public_host,
      port: config.http.public_port,
      webhook: timed(webhook, metrics, clock),
      pages: [
        new ConnectCallback({
          redeem: (state) => connectStates.redeem(state),
          cars: () => directory.list(),
          refresh: () => directory.refresh(),
          refreshSoon: () => directory.refreshSoon(),
          clock,
        }),
      ],
      log: logOf("http"),
      clock,
    }),
  );
  const privateServer = life.own(
    "private port",
    new PrivateServer({
      host: config.http.host,
      port: config.http.port,
      readiness: () => chain.readiness(),
      knows: (request) => access.knows(request),
      isProtected: access.isProtected,
      register: (app) => {
        metricsRoute(app, metrics);
        registerApi(app, { version, now: () => clock.now(), access, live, chain, ...api });
      },
      log: logOf("http"),
      clock,
    }),
  );
  life.own("poller", poller);
  life.own(
    "jobs",
    new Jobs(clock, calendar({ store, poller, clock }), (job, error) => events.jobs.emit("failed", { job, error })),
  );

  const { states } = store;
  wire({
    incapabilities: store.incapabilities,
    log: logOf("wiring"),
    clock,
    events,
    intake,
    directory,
    poller,
    subscriber,
    runner,
    charging,
    presenter,
    homeAssistant,
    bridge,
    inbox,
    publisher,
    topics,
    states,
  });
  observe(events, seams.log);
  trafficLog.watch(events);
  liveNews(live, events, trafficLog);
  meter({
    metrics,
    events,
    clock,
    version,
    monthlyBudget: config.polling.monthly_budget,
    chain,
    webhook,
    gateway,
    session,
    publisher,
    directory,
    intake,
    poller,
    database: store.database,
    quarantineSize: () => states.quarantineSize(),
  });

  return {
    start: () => life.start(UNDO_LIMIT_MS),
    stop: (limitMs) => life.stop(limitMs),
    get addresses() {
      return {
        privateUrl: urlOf(privateServer.address, config.http.host),
        publicUrl: urlOf(publicServer.address, config.http.public_host),
      };
    },
  };
}

function urlOf(address: { readonly port: number } | null, host: string): string {
  const name = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${address?.port ?? 0}`;
}
