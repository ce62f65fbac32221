import { type BackoffPolicy, backoffDelay, type Random } from "../lib/backoff.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import { minutes, seconds } from "../lib/duration.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { Log } from "../lib/log.ts";
import type { Redactor } from "../lib/redact.ts";
import { CallError } from "../vehicle/call-error.ts";
import { smartcarError } from "./errors.ts";
import type { HttpClient } from "./http.ts";
import {
  type IssuedToken,
  isWrongSecret,
  readToken,
  type TokenBodyForm,
  tokenRefusal,
  tokenRequest,
} from "./token-request.ts";

export interface TokenSourceOptions {
  readonly clientId: string;
  /** Newest first; more than one while secrets are rotated. */
  readonly clientSecrets: readonly string[];
  /** The host; `/oauth2/token` is appended. */
  readonly iamUrl: string;
  readonly bodyForm?: TokenBodyForm;
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly redactor: Redactor;
  readonly log: Log;
}

export interface TokenStatus {
  readonly valid: boolean;
  readonly expiresAt: number | null;
  /** Why the last request failed; null after a success and before the first request. */
  readonly error: CallError | null;
}

interface HeldToken {
  readonly token: string;
  readonly renewAt: number;
  readonly expiresAt: number;
}

interface Refusal {
  readonly error: CallError;
  readonly failures: number;
  readonly since: number;
  readonly until: number;
}

const OUTAGE: BackoffPolicy = { initialMs: seconds(1), factor: 2, maxMs: minutes(5), jitter: 0.2 };
const MISCONFIGURED: BackoffPolicy = { initialMs: minutes(1), factor: 2, maxMs: minutes(30), jitter: 0.2 };
const LONGEST_LEAD_MS = seconds(60);
/** However short tokens live, nobody is asked for one more often than this without a call that needs it. */
const SHORTEST_PAUSE_MS = seconds(5);

/**
 * The application's one token, for all vehicles and both APIs. Asked for by many, fetched by one request at a time,
 * renewed before its end by the smaller of 60 s and a fifth of its life. A login that fails is left alone for a while:
 * whoever asks meanwhile gets the same refusal at once.
 */
export class TokenSource implements Part {
  readonly #options: TokenSourceOptions;
  readonly #url: URL;
  #held: HeldToken | null = null;
  /** What the redactor knows; outlives `#held`, since a token Smartcar no longer takes is still a secret in flight. */
  #registered: string | null = null;
  #refusal: Refusal | null = null;
  #pending: Promise<string> | null = null;
  #secretIndex = 0;
  #timer: Timer | null = null;
  #abort: AbortController | null = null;
  #running = false;

  constructor(options: TokenSourceOptions) {
    this.#options = options;
    this.#url = new URL(`${options.iamUrl.replace(/\/+$/, "")}/oauth2/token`);
  }

  /** Fetches the first token in the background and keeps it fresh from then on. */
  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#schedule(0);
  }

  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
    this.#timer = null;
    this.#abort?.abort();
  }

  /**
   * A token that is good for a call now.
   * @throws CallError, always with `sent` false: `SC_CREDENTIALS` (fix-config) or an outage's code (retry, wait).
   */
  async get(): Promise<string> {
    const { clock } = this.#options;
    const now = clock.now();
    const held = this.#held;
    if (held !== null && now < held.renewAt) return held.token;
    try {
      return await this.#renew(now);
    } catch (error) {
      // The login is down, but what we hold is good until its end.
      if (held !== null && this.#held === held && clock.now() < held.expiresAt) return held.token;
      throw error;
    }
  }

  /** Smartcar did not take this token: the next caller gets another one. A token already replaced is no news. */
  invalidate(token: string): void {
    if (this.#held?.token !== token) return;
    this.#held = null;
    this.#schedule(0);
  }

  status(): TokenStatus {
    const held = this.#held;
    const valid = held !== null && this.#options.clock.now() < held.expiresAt;
    return { valid, expiresAt: valid ? held.expiresAt : null, error: this.#refusal?.error ?? null };
  }

  #renew(now: number): Promise<string> {
    if (this.#pending !== null) return this.#pending;
    // A clock set back behind the refusal says nothing of how long ago it was: the timer has waited long enough.
    const refusal = this.#refusal;
    if (refusal !== null && now >= refusal.since && now < refusal.until) return Promise.reject(refusal.error);
    this.#pending = this.#fetch().finally(() => {
      this.#pending = null;
    });
    return this.#pending;
  }

  async #fetch(): Promise<string> {
    const { clock, log, redactor } = this.#options;
    this.#abort = new AbortController();
    try {
      const issued = await this.#trySecrets(this.#abort.signal);
      const now = clock.now();
      const lead = Math.min(LONGEST_LEAD_MS, issued.lifeMs / 5);
      if (this.#registered !== null) redactor.remove(this.#registered);
      redactor.add(issued.token);
      this.#registered = issued.token;
      this.#held = { token: issued.token, renewAt: now + issued.lifeMs - lead, expiresAt: now + issued.lifeMs };
      if (this.#refusal !== null) log.info({}, "smartcar login works again");
      this.#refusal = null;
      this.#schedule(Math.max(SHORTEST_PAUSE_MS, this.#held.renewAt - now));
      return issued.token;
    } catch (thrown) {
      throw this.#refuse(thrown);
    } finally {
      this.#abort = null;
    }
  }

  /** The secret that worked last comes first; the others only when the login does not believe it. */
  async #trySecrets(signal: AbortSignal): Promise<IssuedToken> {
    const { clientId, clientSecrets, bodyForm, http, clock, redactor } = this.#options;
    let refusal = smartcarError("SC_CREDENTIALS", "no client secret is configured", { sent: false });
    for (let tried = 0; tried < clientSecrets.length; tried++) {
      const index = (this.#secretIndex + tried) % clientSecrets.length;
      const secret = clientSecrets[index] ?? "";
      const answer = await http.send(tokenRequest(this.#url, clientId, secret, bodyForm ?? "form", signal));
      if (answer.status >= 200 && answer.status < 300) {
        const issued = readToken(answer);
        this.#secretIndex = index;
        return issued;
      }
      // Whatever the login quotes of what it was sent, is shown to people.
      refusal = tokenRefusal({ ...answer, text: redactor.clean(answer.text) }, clock.now());
      if (!isWrongSecret(refusal)) break;
    }
    throw refusal;
  }

  #refuse(thrown: unknown): CallError {
    const { clock, random, log } = this.#options;
    const now = clock.now();
    const cause = thrown instanceof CallError ? thrown : smartcarError("SC_TOKEN_UNAVAILABLE", "the login failed");
    const sameKind = this.#refusal?.error.disposition === cause.disposition;
    const failures = sameKind ? (this.#refusal?.failures ?? 0) + 1 : 1;
    const delayMs = backoffDelay(cause.disposition === "fix-config" ? MISCONFIGURED : OUTAGE, failures, random);
    const until = Math.max(now + delayMs, cause.retryAt ?? 0);
    const error = unsent(cause, thrown, until);
    if (cause.code === "SC_ABORTED") return error;
    const known = this.#refusal?.error.code === error.code;
    const fields = { code: error.code, status: error.status, hint: error.hint, failures, requestId: error.requestId };
    if (known) log.debug(fields, "smartcar login still fails");
    else log.warn(fields, "smartcar login failed");
    this.#refusal = { error, failures, since: now, until };
    this.#schedule(until - now);
    return error;
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (!this.#running) return;
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = null;
      this.get()
        // A failure is remembered and logged where it happened.
        .catch(() => undefined)
        // A timer that fired a little early did nothing and set no next one.
        .finally(() => {
          if (this.#timer === null) this.#scheduleNext();
        });
    });
  }

  #scheduleNext(): void {
    const nextAt = this.#refusal?.until ?? this.#held?.renewAt;
    if (nextAt !== undefined) this.#schedule(Math.max(1, nextAt - this.#options.clock.now()));
  }
}

/** Without a token the caller's own request never left, whatever became of ours. */
function unsent(error: CallError, cause: unknown, retryAt: number): CallError {
  return new CallError(error.code, error.message, {
    disposition: error.disposition,
    scope: "application",
    hint: error.hint,
    cause,
    status: error.status,
    type: error.type,
    smartcarCode: error.smartcarCode,
    retryAt,
    requestId: error.requestId,
    sent: false,
  });
}
