import { probeBroker } from "../bridge/broker-probe.ts";
import type { BrokerSettings } from "../bridge/session-options.ts";
import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { seconds } from "../lib/duration.ts";
import type { Redactor } from "../lib/redact.ts";
import { Budget, type BudgetLimits } from "../scheduler/budget.ts";
import type { AccountSettings } from "../smartcar/gateway.ts";
import { inspectStore, type StoreInspection } from "../store/inspect.ts";
import { defaultName } from "../vehicle/directory.ts";
import type { VehicleId } from "../vehicle/ids.ts";
import { EMPTY_STATE } from "../vehicle/state.ts";
import type { Connection, Vehicle } from "../vehicle/vehicle.ts";
import {
  configurationLink,
  connectionsLink,
  credentialsLink,
  type KnownCar,
  permissionsLink,
  type Slip,
  tokenLink,
  userIdsLink,
} from "./account.ts";
import { type DaemonPlace, publicPortAnswer, webhookCounts } from "./daemon-probe.ts";
import { brokerLink, budgetLink, discoveryLink, diskLink, readingsLink } from "./home.ts";
import { type Link, needs, notKnown } from "./link.ts";
import { billedRead } from "./read-once.ts";
import { SmartcarProbe } from "./smartcar-probe.ts";
import {
  deliveriesLink,
  publicAddressLink,
  signaturesLink,
  subscriptionsLink,
  verificationLink,
  webhookKeyLink,
  webhookLinks,
} from "./webhook.ts";

export interface DoctorSettings {
  readonly warnings: readonly string[];
  readonly slips: readonly Slip[];
  readonly account: AccountSettings;
  readonly hasWebhookKey: boolean;
  readonly autoSubscribe: boolean;
  /** Where Smartcar is to deliver; null when `http.public_url` is not set. */
  readonly callbackUrl: string | null;
  readonly broker: BrokerSettings;
  /** Where a car is announced; null when it is not. */
  readonly discoveryTopic: ((id: VehicleId) => string) | null;
  readonly dataDir: string;
  readonly budget: BudgetLimits;
  /** Cars that the configuration leaves alone. */
  readonly ignored: ReadonlySet<string>;
  readonly daemon: DaemonPlace;
}

export interface DoctorOptions {
  readonly settings: DoctorSettings;
  /** Spends one call on a read of the first car. */
  readonly billed: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly redactor: Redactor;
}

const BROKER_LIMIT_MS = seconds(10);

/**
 * Walks the whole chain itself, whether or not the bridge runs. Changes nothing anywhere, but for the booking of the one
 * billed read. Never throws for what it finds.
 */
export async function examine(options: DoctorOptions): Promise<Link[]> {
  const { settings, billed, clock } = options;
  const disk = inspectStore(settings.dataDir, { writable: billed });
  const smartcar = new SmartcarProbe(settings.account, options);
  try {
    const found = await smartcar.look(settings.callbackUrl);
    const all = found.listError === null ? carsOf(found.connections, disk) : carsFrom(disk);
    const cars = all.filter(({ vehicle }) => !settings.ignored.has(vehicle.id));
    const listed = { error: found.listError, connected: found.token.valid && !found.listError ? cars.length : null };
    const [counts, port, home] = await Promise.all([
      webhookCounts(settings.daemon, clock),
      publicPortAnswer(settings.daemon, clock),
      atHome(settings, cars, clock),
    ]);
    const first = cars[0];
    const reading =
      billed && first !== undefined && found.token.valid
        ? await billedRead({
            car: first,
            smartcar,
            ledger: disk.facts?.ledger ?? null,
            limits: settings.budget,
            clock,
            verdict: found.verdict,
          })
        : readingsLink(cars);
    const missing = cars.filter(({ vehicle }) => found.subscribed?.has(vehicle.id) === false);
    const subscriptions = {
      looked: found.subscribed !== null,
      missing: missing.map(({ vehicle }) => vehicle.name),
      cars: cars.length,
      autoSubscribe: settings.autoSubscribe,
    };
    return [
      configurationLink(settings.warnings),
      credentialsLink(settings.slips, found.token.valid),
      tokenLink(found.token),
      // Without a token nothing was listed, and the reason is the token's.
      found.token.valid ? connectionsLink(listed) : needs("connections", "token"),
      userIdsLink(listed, smartcar.unreadableConnections),
      permissionsLink(cars),
      webhookKeyLink(settings.hasWebhookKey),
      ...webhookLinks(found.verdict, found.token.valid),
      verificationLink({
        hasKey: settings.hasWebhookKey,
        answered: counts?.verified ?? null,
        delivered: cars.some(({ state }) => state.lastWebhookAt !== null),
      }),
      subscriptionsLink(subscriptions),
      publicAddressLink(settings.callbackUrl, port),
      deliveriesLink(cars.map(({ state }) => state.lastWebhookAt)),
      signaturesLink(counts),
      reading,
      budgetOf(cars, disk, settings.budget, clock),
      ...home,
      diskLink({ ...disk, incident: null }),
    ];
  } finally {
    disk.close();
    await smartcar.close();
  }
}

/** Broker and discovery: looked at with a client id of our own. */
async function atHome(settings: DoctorSettings, cars: readonly KnownCar[], clock: Clock): Promise<Link[]> {
  const { broker, discoveryTopic } = settings;
  const topicOf = new Map(cars.map(({ vehicle }) => [vehicle, discoveryTopic?.(vehicle.id) ?? ""]));
  const topics = discoveryTopic === null ? [] : [...topicOf.values()];
  const probe = await probeBroker({ broker, topics, clock, limitMs: BROKER_LIMIT_MS });
  const link = probe.ok
    ? brokerLink({ connected: true, detail: null, fix: null })
    : brokerLink({ connected: false, detail: probe.detail, fix: probe.fix });
  if (probe.ok && probe.refused.length > 0) {
    return [link, notKnown("discovery", "the broker's access list does not let us look")];
  }
  const missing = cars.filter(({ vehicle }) => !probe.ok || !probe.retained.has(topicOf.get(vehicle) ?? ""));
  const discovery = discoveryLink({
    enabled: discoveryTopic !== null,
    looked: probe.ok,
    cars: cars.length,
    missing: missing.map(({ vehicle }) => vehicle.name),
    settling: false,
  });
  return [link, discovery];
}

function budgetOf(cars: readonly KnownCar[], { facts }: StoreInspection, limits: BudgetLimits, clock: Clock): Link {
  if (facts === null) return notKnown("budget", "nothing is counted yet: the bridge has not run with this data_dir");
  const budget = new Budget(clock, facts.ledger, limits);
  return budgetLink(cars.map(({ vehicle: { id, name } }) => ({ name, ...budget.view(id) })));
}

/** A car by the name the bridge gave it; before its first run by make and model. */
function carsOf(connections: readonly Connection[], { facts }: StoreInspection): KnownCar[] {
  const stored = new Map(facts?.vehicles.map((vehicle) => [vehicle.id, vehicle]));
  const byId = new Map(connections.map((connection) => [connection.vehicleId, connection]));
  return [...byId].map(([id, connection]) => ({
    vehicle: stored.get(id) ?? newVehicle(connection),
    state: facts?.states.get(id) ?? EMPTY_STATE,
  }));
}

/** While Smartcar cannot be asked, what the bridge knows of its cars still tells something. */
function carsFrom({ facts }: StoreInspection): KnownCar[] {
  const connected = facts?.vehicles.filter((vehicle) => vehicle.connected) ?? [];
  return connected.map((vehicle) => ({ vehicle, state: facts?.states.get(vehicle.id) ?? EMPTY_STATE }));
}

function newVehicle({ vehicleId: id, ...connection }: Connection): Vehicle {
  return { id, topic: "", name: defaultName(connection), connected: true, ...connection };
}
