import type { Publisher } from "../bridge/publisher.ts";
import type { Session } from "../bridge/session.ts";
import type { Readiness } from "../http/private-server.ts";
import type { Events } from "../lib/events.ts";
import type { BudgetView } from "../scheduler/budget.ts";
import type { SmartcarGateway } from "../smartcar/gateway.ts";
import type { WebhookReceiver } from "../smartcar/webhook.ts";
import type { StoreDatabase } from "../store/database.ts";
import type { Directory, DirectoryEvents } from "../vehicle/directory.ts";
import type { VehicleId } from "../vehicle/ids.ts";
import type { Intake } from "../vehicle/intake.ts";
import type { Subscriber } from "../vehicle/subscriber.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import {
  configurationLink,
  connectionsLink,
  credentialsLink,
  permissionsLink,
  type Slip,
  tokenLink,
  userIdsLink,
} from "./account.ts";
import { brokerLink, budgetLink, discoveryLink, diskLink, readingsLink } from "./home.ts";
import { LINK_NAMES, type Link, needs } from "./link.ts";
import {
  deliveriesLink,
  publicAddressLink,
  signaturesLink,
  subscriptionsLink,
  verificationLink,
  webhookKeyLink,
  webhookLinks,
} from "./webhook.ts";

export interface ChainOptions {
  readonly session: Pick<Session, "status">;
  readonly gateway: Pick<SmartcarGateway, "tokenStatus" | "unreadableConnections">;
  readonly directory: Pick<Directory, "list" | "listedAt">;
  readonly intake: Pick<Intake, "state">;
  readonly subscriber: Pick<Subscriber, "verdict" | "isSubscribed">;
  readonly webhook: Pick<WebhookReceiver, "stats">;
  readonly publisher: Pick<Publisher, "holds">;
  readonly database: Pick<StoreDatabase, "path" | "incident" | "failure" | "exposure" | "freeBytes" | "version">;
  readonly budgetOf: (id: VehicleId) => BudgetView;
  readonly events: Events<DirectoryEvents>;
  /** Whether webhooks can be checked at all. */
  readonly hasWebhookKey: boolean;
  readonly autoSubscribe: boolean;
  /** Where Smartcar is to deliver; null when `http.public_url` is not set. */
  readonly callbackUrl: string | null;
  /** What the configuration made suspicious, in words. */
  readonly warnings: readonly string[];
  readonly slips: readonly Slip[];
  /** Where a car is announced; null when it is not. */
  readonly discoveryTopic: ((id: VehicleId) => string) | null;
}

/** Which links hold, from what the running parts know of themselves. Asks nobody anything. */
export class Chain {
  readonly #options: ChainOptions;
  #listFailure: Error | null = null;

  constructor(options: ChainOptions) {
    this.#options = options;
    options.events.on("failed", (error) => {
      this.#listFailure = error;
    });
    options.events.on("listed", () => {
      this.#listFailure = null;
    });
  }

  /** Ready: connected to the broker, with a token that works, and with a database that can be used. */
  readiness(): Readiness {
    const { session, gateway, database } = this.#options;
    const { state, detail } = session.status();
    const token = gateway.tokenStatus();
    const parts = {
      mqtt: { ok: state === "connected", detail: state === "connected" ? detail : (detail ?? state) },
      smartcar: { ok: token.valid, detail: token.error?.message ?? (token.valid ? null : "no token yet") },
      database: { ok: database.failure === null, detail: database.failure?.message ?? null },
    };
    return { ready: parts.mqtt.ok && parts.smartcar.ok && parts.database.ok, parts };
  }

  /** The whole chain, in the order in which it has to hold. */
  links(): readonly Link[] {
    const { gateway, directory, intake, subscriber, warnings, slips, hasWebhookKey, callbackUrl } = this.#options;
    if (this.#options.database.version === null) return this.#beforeStart();
    const token = gateway.tokenStatus();
    const isRefused = !token.valid && token.error !== null;
    const connected = directory.list().filter((vehicle) => vehicle.connected);
    const cars = connected.map((vehicle) => ({ vehicle, state: intake.state(vehicle.id) }));
    const listed = { error: this.#listFailure, connected: directory.listedAt === null ? null : connected.length };
    return [
      configurationLink(warnings),
      credentialsLink(slips, token.valid),
      tokenLink(token),
      // Nothing can be listed without a token, and the reason is the token's.
      isRefused ? needs("connections", "token") : connectionsLink(listed),
      userIdsLink(listed, gateway.unreadableConnections),
      permissionsLink(cars),
      webhookKeyLink(hasWebhookKey),
      ...webhookLinks(subscriber.verdict, !isRefused),
      verificationLink({
        hasKey: hasWebhookKey,
        answered: this.#options.webhook.stats().verified,
        delivered: cars.some(({ state }) => state.lastWebhookAt !== null),
      }),
      this.#subscriptions(),
      publicAddressLink(callbackUrl, "the bridge listens on its public port"),
      deliveriesLink(cars.map(({ state }) => state.lastWebhookAt)),
      this.#signatures(),
      readingsLink(cars),
      this.#budget(connected),
      this.#broker(),
      this.#discovery(),
      this.#disk(),
    ];
  }

  /** The database comes first: without it nothing has been started, and of the rest nothing is known. */
  #beforeStart(): readonly Link[] {
    const { warnings, slips, hasWebhookKey } = this.#options;
    const known = [
      configurationLink(warnings),
      credentialsLink(slips, false),
      webhookKeyLink(hasWebhookKey),
      this.#disk(),
    ];
    return LINK_NAMES.map((name) => known.find((link) => link.name === name) ?? needs(name, "disk"));
  }

  broken(): readonly Link[] {
    return this.links().filter(({ status }) => status === "failed");
  }

  #subscriptions(): Link {
    const { directory, subscriber, autoSubscribe } = this.#options;
    const connected = directory.list().filter((vehicle) => vehicle.connected);
    const missing = connected.filter(({ id }) => !subscriber.isSubscribed(id));
    return subscriptionsLink({
      looked: subscriber.verdict.kind === "fine",
      missing: missing.map(({ name }) => name),
      cars: connected.length,
      autoSubscribe,
    });
  }

  #signatures(): Link {
    const { rejectedMissing, rejectedWrong, accepted, lastRejection } = this.#options.webhook.stats();
    return signaturesLink({ accepted, refused: rejectedMissing + rejectedWrong, cause: lastRejection });
  }

  #budget(cars: readonly Vehicle[]): Link {
    const { database, budgetOf } = this.#options;
    // What was booked cannot be read any more.
    if (database.failure !== null) return needs("budget", "disk");
    return budgetLink(cars.map(({ id, name }) => ({ name, ...budgetOf(id) })));
  }

  #broker(): Link {
    const { state, detail, fix } = this.#options.session.status();
    return brokerLink({
      connected: state === "connected",
      detail: detail ?? (state === "connected" ? null : state),
      fix,
    });
  }

  #discovery(): Link {
    const { discoveryTopic, publisher, directory, session } = this.#options;
    const cars = directory.list().filter((vehicle) => vehicle.connected);
    return discoveryLink({
      enabled: discoveryTopic !== null,
      looked: session.status().state === "connected",
      cars: cars.length,
      missing: cars.flatMap(({ id, name }) =>
        discoveryTopic !== null && publisher.holds(discoveryTopic(id)) ? [] : [name],
      ),
      settling: true,
    });
  }

  #disk(): Link {
    const { path, version, incident, failure, exposure, freeBytes } = this.#options.database;
    return diskLink({ path, failure, freeBytes, version, incident, exposure });
  }
}
