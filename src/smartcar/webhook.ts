import type { Clock } from "../lib/clock.ts";
import { hours, seconds } from "../lib/duration.ts";
import { toError } from "../lib/errors.ts";
import type { Log } from "../lib/log.ts";
import type { Delivery, DeliveryIntake } from "../vehicle/delivery.ts";
import { readEvent, readVerify, type WebhookEvent } from "./events.ts";
import { couldBeChallenge, isSafeChallenge, isSignedBy, sign } from "./signature.ts";
import { TokenBucket } from "./token-bucket.ts";
import { NO_REQUESTS, type RejectionCause, type WebhookStats } from "./webhook-stats.ts";

export interface WebhookReceiverOptions {
  /** HMAC keys: VERIFY is answered with the first, a signature may match any. Without keys everything gets 503. */
  readonly keys: readonly string[];
  readonly intake: DeliveryIntake;
  readonly clock: Clock;
  readonly log: Log;
  /**
   * Told of every request and what became of it; of a delivery also what it said, never of a stranger's or of a vehicle
   * that is to be left alone.
   */
  readonly onAnswered?: (record: DeliveryRecord, raw: string | null) => void;
}

/** One request to the webhook. */
export interface DeliveryRecord {
  readonly at: number;
  readonly outcome: "accepted" | "duplicate" | "quarantined" | "ignored" | "verified" | "refused" | "failed";
  /** Why it was refused, set aside or not stored. */
  readonly cause: string | null;
  readonly eventId: string | null;
  readonly eventType: string | null;
  readonly vehicleId: string | null;
  readonly bytes: number;
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
    // What could have been signed on request, as the answer to a challenge, is signed by nobody.
    const signedByUs = couldBeChallenge(body);
    if (signature !== undefined && !signedByUs && isSignedBy(keys, body, signature)) {
      const receivedAt = clock.now();
      const event = readEvent(body, receivedAt);
      if (event.kind === "verify") return this.#verify(event.challenge, firstKey, body.length);
      return this.#accept(event, deliveryOf(event, body, receivedAt), body.length);
    }
    // Verifications come unsigned, so they are looked for before the signature is missed.
    const verify = body.length <= MAX_VERIFY_BYTES ? readVerify(body) : undefined;
    return verify === undefined
      ? this.#reject(rejectionCause(body, signature, encoding), body.length)
      : this.#verify(verify.challenge, firstKey, body.length);
  }

  /** What was answered so far; for doctor and metrics. */
  stats(): WebhookStats {
    return this.#stats;
  }

  #verify(challenge: unknown, key: string, bytes: number): WebhookAnswer {
    const { clock, log } = this.#options;
    if (!isSafeChallenge(challenge)) {
      this.#count({ verifyRefused: this.#stats.verifyRefused + 1 });
      this.#tell({ outcome: "refused", cause: "verification with a challenge of the wrong form", bytes });
      this.#warnSeldom("challenge", "webhook verification with a challenge of the wrong form refused");
      return { status: 400 };
    }
    const waitMs = this.#verifications.take();
    if (waitMs > 0) {
      this.#count({ verifyLimited: this.#stats.verifyLimited + 1 });
      this.#tell({ outcome: "refused", cause: "too many verifications", bytes });
      return { status: 429, headers: { "retry-after": String(Math.ceil(waitMs / 1_000)) } };
    }
    this.#count({ verified: this.#stats.verified + 1, lastVerifiedAt: clock.now() });
    this.#tell({ outcome: "verified", bytes });
    log.info({}, "webhook verification answered");
    return { status: 200, body: { challenge: sign(key, challenge) } };
  }

  async #accept(event: AuthenticEvent, delivery: Delivery, bytes: number): Promise<WebhookAnswer> {
    const { intake, clock, log } = this.#options;
    const fields = { delivery: delivery.eventId, type: delivery.eventType, vehicle: event.head.vehicleId };
    const told = {
      eventId: delivery.eventId,
      eventType: delivery.eventType,
      vehicleId: event.head.vehicleId ?? null,
      bytes,
    };
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
        ...(acceptance === "ignored" ? { ignored: this.#stats.ignored + 1 } : {}),
      });
      const outcome = acceptance === "stored" ? "accepted" : acceptance;
      const cause = outcome === "quarantined" ? (delivery.unusable ?? "unknown vehicle") : null;
      this.#tell({ ...told, outcome, cause }, outcome === "ignored" ? null : delivery.raw);
      return { status: 200 };
    } catch (thrown) {
      this.#count({ failed: this.#stats.failed + 1 });
      this.#tell({ ...told, outcome: "failed", cause: "could not be stored; Smartcar tries again" }, delivery.raw);
      log.error({ ...fields, err: toError(thrown) }, "webhook delivery could not be stored; the sender must try again");
      return { status: 503 };
    }
  }

  #reject(cause: RejectionCause, bytes: number): WebhookAnswer {
    const missing = cause === "signature missing";
    const { rejectedMissing, rejectedWrong, rejections } = this.#stats;
    this.#count({
      rejectedMissing: rejectedMissing + (missing ? 1 : 0),
      rejectedWrong: rejectedWrong + (missing ? 0 : 1),
      lastRejectedAt: this.#options.clock.now(),
      lastRejection: cause,
      rejections: { ...rejections, [cause]: (rejections[cause] ?? 0) + 1 },
    });
    this.#tell({ outcome: "refused", cause, bytes });
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

  #tell(record: Pick<DeliveryRecord, "outcome" | "bytes"> & Partial<DeliveryRecord>, raw: string | null = null): void {
    this.#options.onAnswered?.(
      { at: this.#options.clock.now(), cause: null, eventId: null, eventType: null, vehicleId: null, ...record },
      raw,
    );
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
