import type { Publisher } from "./bridge/publisher.ts";
import type { Session } from "./bridge/session.ts";
import { brokerLabel } from "./bridge/session-options.ts";
import type { CommandName } from "./commands/catalogue.ts";
import { COMMANDS } from "./commands/catalogue.ts";
import type { Execution } from "./commands/execution.ts";
import type { CommandRequest } from "./commands/request.ts";
import type { CommandRunner } from "./commands/runner.ts";
import type { CommandViews } from "./commands/view.ts";
import type { Slip } from "./doctor/account.ts";
import type { AppEvents } from "./events.ts";
import type { CarFacts } from "./http/car-view.ts";
import { signalRows } from "./http/car-view.ts";
import { Refused } from "./http/endpoints.ts";
import type { LiveEvents } from "./http/live-events.ts";
import { WEBHOOK_PATH } from "./http/public-server.ts";
import type { ChainView } from "./http/routes/chain.ts";
import type { Orders } from "./http/routes/commands.ts";
import type { SetupView } from "./http/routes/setup.ts";
import type { TrafficView } from "./http/routes/traffic.ts";
import { type Cars, pollingView } from "./http/routes/vehicles.ts";
import type { Box, ConnectOrder, Setup, SignalGroup } from "./http/schema/setup.ts";
import type { Traffic } from "./http/schema/traffic.ts";
import type { CommandRow, Polling } from "./http/schema/vehicles.ts";
import type { Clock } from "./lib/clock.ts";
import { days } from "./lib/duration.ts";
import type { Redactor } from "./lib/redact.ts";
import { report } from "./report.ts";
import type { ApplicationBucket } from "./scheduler/bucket.ts";
import { monthStart } from "./scheduler/month.ts";
import type { Poller } from "./scheduler/poller.ts";
import { connectUrl } from "./smartcar/connect.ts";
import type { ConnectStates } from "./smartcar/connect-states.ts";
import type { WebhookReceiver } from "./smartcar/webhook.ts";
import type { ChargingSessionRepository } from "./store/charging-sessions.ts";
import type { ExecutionRepository } from "./store/executions.ts";
import type { LedgerRepository } from "./store/ledger.ts";
import type { StateRepository } from "./store/states.ts";
import type { TrafficLog } from "./traffic-log.ts";
import { CATALOGUE } from "./vehicle/catalogue.ts";
import type { ChargingLog } from "./vehicle/charging-log.ts";
import type { Directory } from "./vehicle/directory.ts";
import { staleCodes } from "./vehicle/freshness.ts";
import { type SignalCode, type VehicleId, vehicleId } from "./vehicle/ids.ts";
import type { Intake } from "./vehicle/intake.ts";
import { iso } from "./vehicle/shown.ts";
import { scalar } from "./vehicle/state.ts";
import type { Subscriber } from "./vehicle/subscriber.ts";
import type { UnitSystem } from "./vehicle/units.ts";
import type { Vehicle } from "./vehicle/vehicle.ts";

/** What the configuration says that page and API show or need; secrets only as whether they are there. */
export interface ApiSettings {
  readonly version: string;
  readonly units: UnitSystem;
  readonly mode: "live" | "simulated";
  readonly reserve: number;
  readonly brokerUrl: string;
  readonly baseTopic: string;
  readonly homeassistant: { readonly enabled: boolean; readonly discovery_prefix: string };
  readonly privacy: string;
  readonly password: boolean;
  /** Where Smartcar is to deliver; null when `http.public_url` is not set. */
  readonly callbackUrl: string | null;
  readonly publicPort: number;
  readonly connectHost: string;
  readonly applicationId: string | undefined;
  readonly redirectUri: string | undefined;
  readonly hasWebhookKey: boolean;
  /** Values that look as if they belonged into another box. */
  readonly slips: readonly Slip[];
}

export interface ApiPartsOptions {
  readonly settings: ApiSettings;
  readonly clock: Clock;
  readonly events: AppEvents;
  readonly redactor: Redactor;
  readonly chain: ChainView;
  readonly directory: Directory;
  readonly intake: Intake;
  readonly subscriber: Subscriber;
  readonly charging: ChargingLog;
  readonly poller: Poller;
  /** The interval at which a vehicle would be polled now, in milliseconds: its values cannot be fresher. */
  readonly pollMs: (id: VehicleId) => number;
  readonly bucket: ApplicationBucket;
  readonly runner: CommandRunner;
  readonly commands: CommandViews;
  readonly session: Session;
  readonly publisher: Publisher;
  readonly webhook: WebhookReceiver;
  readonly log: TrafficLog;
  readonly states: ConnectStates;
  readonly accepts: (id: VehicleId, code: SignalCode) => boolean;
  readonly store: {
    readonly states: StateRepository;
    readonly ledger: LedgerRepository;
    readonly charging: ChargingSessionRepository;
    readonly executions: ExecutionRepository<Execution>;
  };
}

export interface ApiParts {
  readonly cars: Cars;
  readonly orders: Orders;
  readonly traffic: TrafficView;
  readonly setup: SetupView;
}

/** What the API shows and does, out of the program's parts. */
export function apiParts(options: ApiPartsOptions): ApiParts {
  const startedAt = options.clock.now();
  const cars = carsOf(options);
  const setup = () => setupOf(options.settings, startedAt);
  const traffic = () => trafficOf(options, cars);
  return {
    cars,
    orders: ordersOf(options),
    setup: {
      setup,
      connectLink: (order) => connectLinkOf(options, order),
      check: async () => {
        await options.directory.refresh();
        options.subscriber.checkSoon();
      },
    },
    traffic: { traffic, report: () => reportOf(options, cars, setup(), traffic(), startedAt) },
  };
}

/** Tells those who listen what to ask for anew. */
export function liveNews(live: LiveEvents, events: AppEvents, log: TrafficLog): void {
  const car = (id: VehicleId) => live.note("vehicles", `vehicle:${id}`);
  events.intake.on("changed", ({ vehicleId: id }) => car(id));
  events.directory.on("added", ({ id }) => car(id));
  events.directory.on("updated", ({ vehicle }) => car(vehicle.id));
  events.directory.on("disconnected", ({ id }) => car(id));
  events.directory.on("removed", ({ id }) => car(id));
  events.subscriber.on("checked", () => live.note("chain", "vehicles"));
  events.poller.on("planned", ({ vehicleId: id }) => live.note(`vehicle:${id}`, "traffic"));
  events.charging.on("finished", ({ vehicleId: id }) => live.note(`vehicle:${id}`));
  events.runner.on("moved", ({ vehicleId: id }) => live.note("commands", "vehicles", `vehicle:${id}`));
  events.runner.on("answer", () => live.note("commands"));
  log.onNews = () => live.note("traffic");
}

/** A look at what nobody tells of: says so when the chain reads differently than before. */
export function chainWatch(chain: ChainView, live: () => LiveEvents): () => void {
  let before = "";
  return () => {
    const now = JSON.stringify(chain.links().map(({ name, status, detail }) => [name, status, detail]));
    if (now !== before) live().note("chain");
    before = now;
  };
}

function carsOf(options: ApiPartsOptions): Cars {
  const { clock, directory, intake, pollMs, commands, charging, subscriber, accepts, store, settings } = options;
  return {
    list: () => directory.list(),
    facts: (vehicle): CarFacts => {
      const state = intake.state(vehicle.id);
      return {
        vehicle,
        state,
        units: settings.units,
        stale: staleCodes(state, vehicle.make, pollMs(vehicle.id), clock.now()),
        accepts: (code) => accepts(vehicle.id, code),
        webhookCarries: (code) => (state.carried.has(code) ? true : subscriber.carries(vehicle.id, code)),
        lockEcho: commands.lockEcho(vehicle.id, state),
        energyTotal: charging.energyTotal(vehicle.id),
      };
    },
    commands: (vehicle) => commandRows(commands, vehicle),
    polling: (id) => pollingOf(options, id),
    history: (id, code, from, to, most) => store.states.history(id, code, from, to, most),
    sessions: (id, from, to) => store.charging.list(id, from, to),
  };
}

function pollingOf({ poller, store, settings, clock }: ApiPartsOptions, id: VehicleId): Polling {
  const now = clock.now();
  return pollingView(poller.view(id), settings.reserve, store.ledger.perDay(id, monthStart(now)), now);
}

const VARIANT_COMMANDS: Readonly<Record<string, CommandName>> = {
  lock: "lock",
  unlock: "lock",
  charging_start: "charging",
  charging_stop: "charging",
  charge_port_open: "charge_port",
  charge_port_close: "charge_port",
};

function commandRows(commands: CommandViews, vehicle: Vehicle): CommandRow[] {
  return Object.entries(commands.capabilities(vehicle)).map(([variant, { car, granted, allowed }]) => {
    const command =
      VARIANT_COMMANDS[variant] ??
      (variant.startsWith("charge_schedule") ? "charge_schedule" : (variant as CommandName));
    const allowance = variant === "unlock" ? "unlock" : command;
    const reason = !vehicle.connected
      ? "The car is no longer connected."
      : !allowed
        ? `Switched off here: add ${allowance} to commands.allow.`
        : granted === false
          ? `The owner has not granted ${COMMANDS[command].permission ?? "it"}: connect the car again and allow it.`
          : car === false
            ? "The car answered before that it cannot do this."
            : null;
    return { variant, command, usable: reason === null, reason };
  });
}

function ordersOf({ clock, events, runner, directory, store }: ApiPartsOptions): Orders {
  const waiting = new Set<() => void>();
  return {
    vehicle: (name) => directory.byTopic(name) ?? directory.get(vehicleId(name)),
    order: (request: CommandRequest, waitMs: number) =>
      new Promise<Execution | null>((resolve, reject) => {
        const end = (execution: Execution | null) => {
          timer.cancel();
          off();
          waiting.delete(giveUp);
          resolve(execution);
        };
        const giveUp = () => end(store.executions.findById(request.id, clock.now() - days(1)) ?? null);
        const timer = clock.after(waitMs, giveUp);
        const off = events.runner.on("answer", ({ execution }) => {
          if (execution.id === request.id) end(execution);
        });
        waiting.add(giveUp);
        try {
          runner.submit(request);
        } catch (error) {
          end(null);
          reject(error);
        }
      }),
    release: () => {
      for (const giveUp of [...waiting]) giveUp();
    },
    audit: (limit, id) => store.executions.newest(limit, id),
  };
}

const QUARANTINE_SHOWN = 50;

function trafficOf(options: ApiPartsOptions, cars: Cars): Traffic {
  const { webhook, log, store, session, publisher, bucket, settings } = options;
  const stats = webhook.stats();
  const status = session.status();
  const { topics, pending, published, failed, denied } = publisher.stats();
  return {
    webhook: {
      accepted: stats.accepted,
      duplicates: stats.duplicates,
      quarantined: stats.quarantined,
      failed: stats.failed,
      verified: stats.verified,
      refused: stats.rejectedMissing + stats.rejectedWrong + stats.verifyRefused + stats.verifyLimited,
      last_accepted_at: iso(stats.lastAcceptedAt),
      last_verified_at: iso(stats.lastVerifiedAt),
      last_refusal: stats.lastRejection,
    },
    deliveries: log.deliveries(),
    quarantine: store.states.quarantine(QUARANTINE_SHOWN).map((entry) => ({
      at: new Date(entry.receivedAt).toISOString(),
      event_id: entry.eventId,
      vehicle_id: entry.vehicleId,
      reason: entry.reason,
    })),
    calls: log.calls(),
    polls: log.polls(),
    plans: cars.list().map(({ id, name }) => ({ id, name, polling: cars.polling(id) })),
    mqtt: {
      state: status.state,
      detail: status.detail,
      since: new Date(status.since).toISOString(),
      broker: brokerLabel(settings.brokerUrl),
      topics,
      pending,
      published,
      failed,
      denied,
    },
    application_calls: bucket.available(),
  };
}

/** Groups that Smartcar's free plan offers in a webhook (seen in the dashboard in September 2026). */
const FREE_GROUPS = new Set([
  "Closure",
  "ConnectivitySoftware",
  "ConnectivityStatus",
  "InternalCombustionEngine",
  "Odometer",
  "TractionBattery",
  "VehicleIdentification",
]);
/** Known to cause requests to sign in again where it is ticked. */
const HARMFUL_GROUPS = new Set(["VehicleUserAccount"]);
const TRIGGERS = [
  "TractionBattery StateOfCharge",
  "Charge IsCharging",
  "Charge IsChargingCableConnected",
  "Closure IsLocked",
  "Odometer TraveledDistance",
  "Location PreciseLocation",
];

function setupOf(settings: ApiSettings, startedAt: number): Setup {
  const groups = new Map<string, string[]>();
  for (const { group, name } of CATALOGUE) {
    if (!HARMFUL_GROUPS.has(group)) groups.set(group, [...(groups.get(group) ?? []), name]);
  }
  const signals = [...groups].map(([group, names]): SignalGroup => ({ group, names, free: FREE_GROUPS.has(group) }));
  const { callbackUrl, applicationId, redirectUri } = settings;
  const connectFix =
    applicationId === undefined
      ? "Set smartcar.application_id to the application's id (a UUID, shown beside its name)."
      : redirectUri === undefined
        ? "Set http.public_url, or smartcar.redirect_uri, so that Connect can send the browser back."
        : null;
  return {
    version: settings.version,
    started_at: new Date(startedAt).toISOString(),
    mode: settings.mode,
    units: settings.units,
    password: settings.password,
    boxes: boxesOf(settings),
    webhook: {
      url: callbackUrl,
      path: WEBHOOK_PATH,
      public_port: settings.publicPort,
      triggers: TRIGGERS,
      signals: signals.sort((a, b) => Number(b.free) - Number(a.free) || (a.group < b.group ? -1 : 1)),
    },
    connect: { possible: connectFix === null, fix: connectFix, redirect_uri: redirectUri ?? null },
    homeassistant: settings.homeassistant,
    base_topic: settings.baseTopic,
    privacy: settings.privacy,
  };
}

const BOXES = [
  { key: "client_id", looks: "begins with client_", where: "Configuration, API credentials" },
  { key: "client_secret", looks: "shown once, together with the client id", where: "API credentials" },
  { key: "application_id", looks: "a UUID", where: "Configuration, beside the application's name" },
  { key: "management_token", looks: "application management token", where: "Configuration, API keys" },
] as const;

function boxesOf({ hasWebhookKey, applicationId, slips }: ApiSettings): Box[] {
  // Without client id and secret nothing starts, so they are there.
  const given = {
    client_id: true,
    client_secret: true,
    application_id: applicationId !== undefined,
    management_token: hasWebhookKey,
  };
  return BOXES.map(({ key, looks, where }) => {
    const full = `smartcar.${key}`;
    const set = given[key];
    const slip = slips.find((each) => each.key === full);
    return {
      key: full,
      env: `SMARTCAR_${key.toUpperCase()}`,
      set,
      ok: set && slip === undefined,
      detail: slip !== undefined ? slip.what : set ? `is set, and looks right (${looks})` : `is not set yet (${looks})`,
      fix: slip !== undefined ? `${slip.mend}.` : set ? null : `Copy it from Smartcar's dashboard: ${where}.`,
    };
  });
}

function connectLinkOf({ settings, states, directory }: ApiPartsOptions, order: ConnectOrder) {
  const { applicationId, redirectUri, connectHost, mode } = settings;
  if (applicationId === undefined) {
    throw new Refused(409, "NO_APPLICATION_ID", "smartcar.application_id is not set; Connect links need it");
  }
  if (redirectUri === undefined) {
    throw new Refused(
      409,
      "NO_REDIRECT",
      "neither http.public_url nor smartcar.redirect_uri is set: there is no way back",
    );
  }
  const { reauthenticate } = order;
  if (reauthenticate !== undefined && directory.get(vehicleId(reauthenticate)) === undefined) {
    throw new Refused(404, "UNKNOWN_VEHICLE", `no vehicle has the id ${reauthenticate}`);
  }
  const { state, expiresAt } = states.issue({ reauthenticate: reauthenticate ?? null });
  return { url: connectUrl({ connectUrl: connectHost, applicationId, redirectUri, mode, state, ...order }), expiresAt };
}

const MEGABYTE = 1024 * 1024;

function reportOf(options: ApiPartsOptions, cars: Cars, setup: Setup, traffic: Traffic, startedAt: number): string {
  const { clock, chain, redactor, settings, intake } = options;
  const known = cars.list();
  const host = (url: string | null | undefined) => URL.parse(url ?? "")?.hostname ?? "";
  return report({
    setup,
    uptimeS: Math.round((clock.now() - startedAt) / 1_000),
    memoryMb: Math.round(process.memoryUsage.rss() / MEGABYTE),
    links: chain.links(),
    traffic,
    cars: known.map((vehicle) => ({ vehicle, signals: signalRows(cars.facts(vehicle)) })),
    clean: (text) => redactor.clean(text),
    names: [
      ...known.map(({ id }) => String(scalar(intake.state(id), "vehicleidentification-vin") ?? "")),
      host(settings.callbackUrl),
      host(settings.redirectUri),
      host(settings.brokerUrl),
      settings.applicationId ?? "",
    ],
  });
}
