import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { seconds } from "../lib/duration.ts";
import { toError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Redactor } from "../lib/redact.ts";
import { type AccountSettings, type CallTarget, SmartcarGateway, type TokenStatus } from "../smartcar/gateway.ts";
import { DEFAULT_HTTP_LIMITS } from "../smartcar/http.ts";
import type { VehicleId } from "../vehicle/ids.ts";
import type { Batch } from "../vehicle/observation.ts";
import { judge, type WebhookVerdict } from "../vehicle/subscriber.ts";
import type { Connection } from "../vehicle/vehicle.ts";

export interface AccountFacts {
  readonly token: TokenStatus;
  readonly connections: readonly Connection[];
  readonly listError: Error | null;
  readonly verdict: WebhookVerdict;
  /** Who is subscribed to our webhook; null when that was not learnt. */
  readonly subscribed: ReadonlySet<VehicleId> | null;
}

/** Somebody waits in front of the terminal. */
const LIMITS = { ...DEFAULT_HTTP_LIMITS, readMs: seconds(10), connectMs: seconds(5), totalReadMs: seconds(15) };
/** A handful of calls, none billed, against a bucket of 120: the bridge keeps the count, and is not hurt. */
const UNCOUNTED = { take: () => undefined, pause: () => undefined };

/** Looks at the account the way the bridge does, without a bridge. */
export class SmartcarProbe {
  readonly #gateway: SmartcarGateway;

  constructor(
    account: AccountSettings,
    edges: { readonly clock: Clock; readonly random: Random; readonly redactor: Redactor },
  ) {
    const { clock, random, redactor } = edges;
    this.#gateway = new SmartcarGateway({
      ...account,
      clock,
      random,
      redactor,
      admission: UNCOUNTED,
      log: SILENT,
      httpLimits: LIMITS,
    });
  }

  get unreadableConnections(): number {
    return this.#gateway.unreadableConnections;
  }

  async look(callbackUrl: string | null): Promise<AccountFacts> {
    let connections: readonly Connection[] = [];
    let listError: Error | null = null;
    try {
      connections = await this.#gateway.listConnections();
    } catch (error) {
      listError = toError(error);
    }
    const token = this.#gateway.tokenStatus();
    const verdict: WebhookVerdict = token.valid ? await this.#webhook(callbackUrl) : { kind: "unchecked" };
    const subscribed = "webhook" in verdict ? await this.#subscribed(verdict.webhook.id) : null;
    return { token, connections, listError, verdict, subscribed };
  }

  /** One billed call. @throws CallError */
  read(target: CallTarget): Promise<Batch> {
    return this.#gateway.readSignals(target);
  }

  async close(): Promise<void> {
    await this.#gateway.stop();
  }

  async #webhook(callbackUrl: string | null): Promise<WebhookVerdict> {
    if (callbackUrl === null) return { kind: "no-address" };
    try {
      return judge(await this.#gateway.listWebhooks(), callbackUrl);
    } catch (error) {
      return { kind: "failed", error: toError(error) };
    }
  }

  async #subscribed(webhookId: string): Promise<ReadonlySet<VehicleId> | null> {
    try {
      const listed = await this.#gateway.listSubscriptions({ webhookId });
      return new Set(listed.flatMap(({ vehicleId }) => (vehicleId === null ? [] : [vehicleId])));
    } catch {
      return null;
    }
  }
}

/** What is worth saying stands in the links. */
const nothing = () => undefined;
const SILENT: Log = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  fatal: nothing,
  child: () => SILENT,
};
