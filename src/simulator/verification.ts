import { type BackoffPolicy, backoffDelay, type Random } from "../lib/backoff.ts";
import { type Clock, sleep } from "../lib/clock.ts";
import { isObject, type JsonObject, parseJson } from "../lib/json.ts";
import type { CallbackAnswer, CallbackClient } from "./callback-client.ts";
import { randomHex, randomUuid } from "./random-id.ts";
import { hmacHex } from "./signature.ts";
import type { Webhook } from "./webhook.ts";
import type { WebhookBook } from "./webhook-book.ts";

/** Ways in which VERIFY has been written. */
export const VERIFY_FORMS = ["4.0", "bare", "2.0", "top-level"] as const;
export type VerifyForm = (typeof VERIFY_FORMS)[number];

const RETRY: BackoffPolicy = { initialMs: 1_000, factor: 1.5, maxMs: 15_000, jitter: 0 };

export interface VerifyRequest {
  readonly form?: VerifyForm | undefined;
  /** Instead of a random one: also one that a careful receiver must refuse to hash. */
  readonly challenge?: string | undefined;
}

export interface VerifyResult {
  readonly verified: boolean;
  readonly challenge: string;
  readonly status: number | null;
  readonly error: string | null;
}

export interface VerificationOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly client: CallbackClient;
  readonly book: WebhookBook;
  readonly managementToken: string;
  readonly onVerified: (webhook: Webhook) => void;
}

/** Asks callbacks to prove that they hold the management token. */
export class Verification {
  readonly #options: VerificationOptions;
  readonly #stopping = new AbortController();

  constructor(options: VerificationOptions) {
    this.#options = options;
  }

  async verify(webhook: Webhook, { form = "4.0", challenge: given }: VerifyRequest = {}): Promise<VerifyResult> {
    const { random, client, book, managementToken } = this.#options;
    const challenge = given ?? randomHex(random, 32);
    const body = JSON.stringify(this.#payload(form, challenge, webhook));
    // Unsigned, like Smartcar's: the callback proves itself here, not the caller.
    const answer = await client.post(webhook.callbackUrl, body, {});
    const verified = provesToken(answer, hmacHex(managementToken, challenge));
    // The address may have changed while the answer was under way.
    const isCurrent = book.webhook(webhook.id)?.callbackUrl === webhook.callbackUrl;
    if (verified && isCurrent) {
      book.setVerified(webhook.id, true);
      this.#options.onVerified({ ...webhook, verified: true });
    }
    return { verified, challenge, status: answer.status, error: answer.error };
  }

  /** Asks until it is answered: at start the callback may not listen yet. */
  async verifyPatiently(webhook: Webhook): Promise<void> {
    const { clock, random, book } = this.#options;
    for (let failures = 1; !this.#stopping.signal.aborted; failures++) {
      const current = book.webhook(webhook.id);
      if (current === undefined || current.verified || current.callbackUrl !== webhook.callbackUrl) return;
      if ((await this.verify(current)).verified) return;
      await sleep(clock, backoffDelay(RETRY, failures, random), this.#stopping.signal);
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  #payload(form: VerifyForm, challenge: string, webhook: Webhook): JsonObject {
    const { clock, random } = this.#options;
    switch (form) {
      case "4.0":
        return {
          eventId: randomUuid(random),
          eventType: "VERIFY",
          data: { challenge },
          meta: {
            version: "4.0",
            webhookId: webhook.id,
            webhookName: webhook.name,
            deliveryId: randomUuid(random),
            deliveredAt: clock.now(),
          },
        };
      case "bare":
        return { eventType: "VERIFY", data: { challenge } };
      case "2.0":
        return { version: "2.0", webhookId: webhook.id, eventName: "verify", payload: { challenge } };
      case "top-level":
        return { challenge };
    }
  }
}

function provesToken(answer: CallbackAnswer, expected: string): boolean {
  const body = parseJson(answer.text);
  return answer.status === 200 && isObject(body) && body["challenge"] === expected;
}
