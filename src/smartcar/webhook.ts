import type { Clock } from "../lib/clock.ts";
import { hours, seconds } from "../lib/duration.ts";
import { toError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Delivery, DeliveryIntake } from "../vehicle/delivery.ts";
import { readEvent, readVerify, type WebhookEvent } from "./events.ts";
import { isSafeChallenge, isSignedBy, sign } from "./signature.ts";
import { TokenBucket } from "./token-bucket.ts";
import { NO_REQUESTS, type RejectionCause, type WebhookStats } from "./webhook-stats.ts";

export interface WebhookReceiverOptions {
  /** HMAC keys: VERIFY is answered with the first, a signature may match any. Without keys everything gets 503. */
  readonly keys: readonly string[];
  readonly intake: DeliveryIntake;
  readonly clock: Clock;
  readonly log: Log;
}

export interface WebhookAnswer {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

type AuthenticEvent = Exclude<WebhookEvent, { kind: "verify" }>;

/** A verification is a few hundred bytes; nothing larger is parsed for a stranger. */
const MAX_VERIFY_BYTES = 8 * 1024;
const WARN_AGAIN_MS = hours(1);
const VERIFY_BURST = 10;
const VERIFY_REFILL_MS = seconds(6);

/**
 * Answers Smartcar's webhook: verifications, and signed events once the intake made them durable. Bodies never reach
 * the log. Whoever cannot sign learns nothing but that.
 */
export class WebhookReceiver {
  readonly #options: WebhookReceiverOptions;
  readonly #verifications: TokenBucket;
  readonly #warnedAt = new Map<string, number>();
  #stats: WebhookStats = NO_REQUESTS;

  constructor(options: WebhookReceiverOptions) {
    this.#options = options;
    this.#verifications = new TokenBucket(options.clock, VERIFY_BURST, VERIFY_REFILL_MS);
  }

  /**
   * @param body the raw bytes, before any parsing: they are what was signed
   * @param signature the `SC-Signature` header
   * @param encoding the `Content-Encoding` header, only to explain a wrong signature
   */
  async receive(body: Buffer, signature: string | undefined, encoding?: string): Promise<WebhookAnswer> {
    const { keys, clock } = this.#options;
    const [firstKey] = keys;
    if (firstKey === undefined) {
      return { status: 503, body: { error: "webhooks are not set up: smartcar.management_token is missing" } };
    }
    if (signature !== undefined && isSignedBy(keys, body, signature)) {
      const receivedAt = clock.now();
      const event = readEvent(body, receivedAt);
      if (event.kind === "verify") return this.#verify(event.challenge, firstKey);
      return this.#accept(event, deliveryOf(event, body, receivedAt));
    }
    // Verifications come unsigned, so they are looked for before the signature is missed.
    const verify = body.length <= MAX_VERIFY_BYTES ? readVerify(body) : undefined;
    return verify === undefined
      ? this.#reject(rejectionCause(body, signature, encoding))
      : this.#verify(verify.challenge, firstKey);
  }

  /** What was answered so far; for doctor and metrics. */
  stats(): WebhookStats {
    return this.#stats;
  }

  #verify(challenge: unknown, key: string): WebhookAnswer {
    const { clock, log } = this.#options;
    if (!isSafeChallenge(challenge)) {
      this.#count({ verifyRefused: this.#stats.verifyRefused + 1 });
      this.#warnSeldom("challenge", "webhook verification with a challenge of the wrong form refused");
      return { status: 400 };
    }
    const waitMs = this.#verifications.take();
    if (waitMs > 0) {
      this.#count({ verifyLimited: this.#stats.verifyLimited + 1 });
      return { status: 429, headers: { "retry-after": String(Math.ceil(waitMs / 1_000)) } };
    }
    this.#count({ verified: this.#stats.verified + 1, lastVerifiedAt: clock.now() });
    log.info({}, "webhook verification answered");
    return { status: 200, body: { challenge: sign(key, challenge) } };
  }

  async #accept(event: AuthenticEvent, delivery: Delivery): Promise<WebhookAnswer> {
    const { intake, clock, log } = this.#options;
    const fields = { delivery: delivery.eventId, type: delivery.eventType, vehicle: event.head.vehicleId };
    try {
      const acceptance = await intake.accept(delivery);
      log.debug({ ...fields, acceptance, unusable: delivery.unusable }, "webhook delivery accepted");
      if (event.kind === "vehicle" && event.skipped > 0) {
        log.warn({ ...fields, skipped: event.skipped }, "signals without a code skipped");
      }
      this.#count({
        accepted: this.#stats.accepted + 1,
        lastAcceptedAt: clock.now(),
        ...(acceptance === "duplicate" ? { duplicates: this.#stats.duplicates + 1 } : {}),
        ...(acceptance === "quarantined" ? { quarantined: this.#stats.quarantined + 1 } : {}),
      });
      return { status: 200 };
    } catch (thrown) {
      this.#count({ failed: this.#stats.failed + 1 });
      log.error({ ...fields, err: toError(thrown) }, "webhook delivery could not be stored; the sender must try again");
      return { status: 503 };
    }
  }

  #reject(cause: RejectionCause): WebhookAnswer {
    const missing = cause === "signature missing";
    const { rejectedMissing, rejectedWrong } = this.#stats;
    this.#count({
      rejectedMissing: rejectedMissing + (missing ? 1 : 0),
      rejectedWrong: rejectedWrong + (missing ? 0 : 1),
      lastRejectedAt: this.#options.clock.now(),
      lastRejection: cause,
    });
    this.#warnSeldom(cause, "unsigned webhook request refused");
    return { status: 401 };
  }

  /** Strangers may come by the thousand: each reason is worth one line an hour; the counters know the rest. */
  #warnSeldom(cause: string, message: string): void {
    const { clock, log } = this.#options;
    const now = clock.now();
    const warnedAt = this.#warnedAt.get(cause);
    if (warnedAt !== undefined && Math.abs(now - warnedAt) < WARN_AGAIN_MS) return;
    this.#warnedAt.set(cause, now);
    log.warn({ cause }, message);
  }

  #count(changed: Partial<WebhookStats>): void {
    this.#stats = { ...this.#stats, ...changed };
  }
}

function deliveryOf(event: AuthenticEvent, body: Buffer, receivedAt: number): Delivery {
  const { eventId, eventType } = event.head;
  const usable = event.kind === "vehicle";
  return {
    eventId,
    eventType,
    receivedAt,
    batch: usable ? event.batch : null,
    unusable: usable ? null : event.why,
    raw: body.toString("utf8"),
  };
}

function rejectionCause(body: Buffer, signature: string | undefined, encoding: string | undefined): RejectionCause {
  if (signature === undefined || signature === "") return "signature missing";
  if (encoding !== undefined && encoding !== "" && encoding.toLowerCase() !== "identity") {
    return "body encoded on the way";
  }
  if (!/^[0-9a-f]{64}$/.test(signature)) return "signature malformed";
  return looksLikeJson(body) ? "wrong key" : "body is not json";
}

/** By its first and last character only: a stranger's quarter of a megabyte is not worth parsing for a hint. */
function looksLikeJson(body: Buffer): boolean {
  const text = `${body.toString("latin1", 0, 64)}${body.toString("latin1", Math.max(64, body.length - 64))}`.trim();
  return text.startsWith("{") && text.endsWith("}");
}
