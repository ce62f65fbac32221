import type { Random } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import { toError } from "../lib/errors.ts";
import type { JsonObject } from "../lib/json.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { Log } from "../lib/log.ts";
import type { Redactor } from "../lib/redact.ts";
import type { Admission } from "../vehicle/admission.ts";
import { CallError } from "../vehicle/call-error.ts";
import type { UserId, VehicleId } from "../vehicle/ids.ts";
import type { Batch } from "../vehicle/observation.ts";
import type { Connection } from "../vehicle/vehicle.ts";
import { TokenSource, type TokenStatus } from "./auth.ts";
import { Caller } from "./caller.ts";
import { type CommandOutcome, judgeCommand } from "./command-outcome.ts";
import { readConnection } from "./connection.ts";
import * as endpoints from "./endpoints.ts";
import { smartcarError } from "./errors.ts";
import { type CallListener, HttpClient, type HttpLimits } from "./http.ts";
import { readSignals } from "./normalise.ts";
import { collectPages } from "./paging.ts";
import { readSubscription, readWebhook, type SubscriptionInfo, type WebhookInfo } from "./webhook-list.ts";
import { Page } from "./wire.ts";

/** The application's account at Smartcar, and where it is reached. */
export interface AccountSettings {
  readonly clientId: string;
  readonly clientSecrets: readonly string[];
  readonly iamUrl: string;
  readonly vehicleApiUrl: string;
  readonly managementApiUrl: string;
  readonly mode: endpoints.VehicleMode;
}

export interface GatewayOptions extends AccountSettings {
  readonly clock: Clock;
  readonly random: Random;
  readonly redactor: Redactor;
  readonly admission: Admission;
  readonly log: Log;
  readonly httpLimits?: HttpLimits;
  /** Told of every call once it ended, the login's too. */
  readonly onCall?: CallListener;
}

export interface CallTarget {
  readonly vehicleId: VehicleId;
  readonly userId: UserId;
}

export interface CommandCall extends CallTarget {
  readonly method: "POST" | "DELETE";
  /** Below the vehicle, e.g. `commands/security/lock`. */
  readonly path: string;
  /** Sent as `{data: {attributes}}`. */
  readonly body?: JsonObject;
  /** After this instant (epoch milliseconds) a 401 is final; absent: never. */
  readonly notAfter?: number;
}

export type { CommandOutcome, SubscriptionInfo, TokenStatus, WebhookInfo };

/** Command paths are built from what people sent (a schedule's id): nothing may lead out of the vehicle. */
const SAFE_PATH = /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_.~-]+)*$/;

/**
 * Everything the bridge asks of Smartcar. Reads throw {@link CallError}; {@link SmartcarGateway.send} never throws.
 */
export class SmartcarGateway implements Part {
  readonly #options: GatewayOptions;
  readonly #bases: endpoints.ApiBases;
  readonly #http: HttpClient;
  readonly #tokens: TokenSource;
  readonly #caller: Caller;
  #unreadableConnections = 0;

  constructor(options: GatewayOptions) {
    const { clock, random, log } = options;
    this.#options = options;
    this.#bases = { vehicle: options.vehicleApiUrl, management: options.managementApiUrl };
    this.#http = new HttpClient(clock, log, options.httpLimits, options.onCall);
    this.#tokens = new TokenSource({ ...options, http: this.#http });
    this.#caller = new Caller(this.#http, this.#tokens, options.admission, clock, random);
  }

  /** Fetches the first token in the background. */
  start(): void {
    this.#http.start();
    this.#tokens.start();
  }

  /** Breaks off what is still running; a command under way ends as `unknown`. */
  async stop(): Promise<void> {
    this.#tokens.stop();
    await this.#http.stop();
  }

  /** All cars the application may see; a car connected by two users comes twice. Not billed. */
  async listConnections(signal?: AbortSignal): Promise<readonly Connection[]> {
    const request = endpoints.connections(this.#bases, this.#options.mode);
    const { good: found, skipped } = await this.#list(request, readConnection, signal);
    this.#unreadableConnections = skipped;
    return [...new Map(found.map((one) => [`${one.vehicleId} ${one.userId}`, one])).values()];
  }

  /** Connections of the last list that did not say which car or whose. */
  get unreadableConnections(): number {
    return this.#unreadableConnections;
  }

  /**
   * All signals Smartcar has stored of a car; none when it stores none (an unsubscribed car: Smartcar answers with an
   * empty list or 404). Billed as one call a page: `mayGoOn` is asked before each but the first, and false leaves out
   * the rest.
   */
  async readSignals(target: CallTarget, signal?: AbortSignal, mayGoOn?: () => boolean): Promise<Batch> {
    const request = endpoints.signals(this.#bases, target.vehicleId, target.userId);
    const items = await this.#pages(request, signal, mayGoOn).catch((error: unknown) => {
      if (meansEmptyStore(error)) return [];
      throw error;
    });
    const receivedAt = this.#options.clock.now();
    const context = { source: "poll", receivedAt, toldAt: receivedAt, sequence: null } as const;
    const read = readSignals(items, context);
    this.#warnSkipped(read?.skipped ?? 0, request);
    return {
      vehicleId: target.vehicleId,
      source: "poll",
      receivedAt,
      observations: read?.observations ?? [],
      problems: [],
    };
  }

  /** Resolves when there is a token, so that a command leaves at once, or when none could be had. */
  async ready(): Promise<void> {
    await this.#tokens.get().catch(() => undefined);
  }

  /** Sends a command once; a second time only after a 401, which says that nothing was done. */
  async send(call: CommandCall): Promise<CommandOutcome> {
    try {
      if (!SAFE_PATH.test(call.path) || call.path.includes("..")) {
        throw smartcarError("SC_VALIDATION", "the command's path holds characters it must not", { sent: false });
      }
      const { vehicleId, userId, method, path, body, notAfter } = call;
      const request = endpoints.command(this.#bases, vehicleId, userId, method, path, body);
      const answer = await this.#caller.answer(request, undefined, notAfter);
      return judgeCommand(answer, (refused, found) => this.#caller.refusal(refused, found));
    } catch (thrown) {
      const error = thrown instanceof CallError ? thrown : unexpected(thrown);
      return { outcome: error.sent ? "unknown" : "failed", error };
    }
  }

  /** The application's webhooks, made in the dashboard. Not billed. */
  async listWebhooks(signal?: AbortSignal): Promise<readonly WebhookInfo[]> {
    return (await this.#list(endpoints.webhooks(this.#bases), readWebhook, signal)).good;
  }

  /** Which cars report to which webhook. Not billed. */
  async listSubscriptions(
    filter: endpoints.SubscriptionFilter = {},
    signal?: AbortSignal,
  ): Promise<readonly SubscriptionInfo[]> {
    const request = endpoints.subscriptions(this.#bases, filter, this.#options.mode);
    return (await this.#list(request, readSubscription, signal)).good;
  }

  /** Asks that a car reports to a webhook; that it already does is as good. Takes effect in the background. */
  async subscribe(webhookId: string, target: CallTarget, signal?: AbortSignal): Promise<void> {
    const request = endpoints.subscribe(this.#bases, webhookId, target.vehicleId, target.userId);
    const answer = await this.#caller.answer(request, signal);
    if (answer.status !== 409 && (answer.status < 200 || answer.status > 299)) throw this.#caller.refusal(answer);
  }

  tokenStatus(): TokenStatus {
    return this.#tokens.status();
  }

  async #list<T>(
    request: endpoints.ApiRequest,
    read: (item: unknown) => T | null,
    signal: AbortSignal | undefined,
  ): Promise<{ good: T[]; skipped: number }> {
    const items = (await this.#pages(request, signal)).map(read);
    const good = items.filter((item): item is Awaited<T> & T => item !== null);
    const skipped = items.length - good.length;
    this.#warnSkipped(skipped, request);
    return { good, skipped };
  }

  #pages(request: endpoints.ApiRequest, signal?: AbortSignal, mayGoOn?: () => boolean): Promise<unknown[]> {
    const fetch = (url: URL) =>
      this.#caller.json({ ...request, url }, (json) => Page.safeParse(json).data ?? null, signal);
    return collectPages(request.url, { fetch, mayGoOn, log: this.#options.log });
  }

  #warnSkipped(skipped: number, request: endpoints.ApiRequest): void {
    if (skipped > 0) {
      this.#options.log.warn({ path: request.url.pathname, skipped }, "unreadable entries of a smartcar list skipped");
    }
  }
}

/** Without a webhook there is nothing stored, and the list itself may be missing. A missing car is something else. */
function meansEmptyStore(error: unknown): boolean {
  return (
    error instanceof CallError &&
    error.status === 404 &&
    error.code === "SC_NOT_FOUND" &&
    error.smartcarCode?.toUpperCase() !== "VEHICLE_NOT_FOUND"
  );
}

/** A fault of ours while a command may be on its way: nobody knows, so it counts as sent. */
function unexpected(thrown: unknown): CallError {
  const cause = toError(thrown);
  return smartcarError("SC_INTERNAL", `the command failed here: ${cause.message}`, { cause });
}
