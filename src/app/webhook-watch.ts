import { minutes } from "../lib/duration.ts";
import type { DeliveryRecord } from "../smartcar/webhook.ts";
import { vehicleId } from "../vehicle/ids.ts";
import type { Subscriber } from "../vehicle/subscriber.ts";

/** A look costs calls of the application's bucket, which refills with two a minute. */
const AGAIN_MS = minutes(1);

/** Looks at the webhook when what it sends shows that somebody is setting it up, instead of an hour later. */
export class WebhookWatch {
  readonly #subscriber: Pick<Subscriber, "verdict" | "isSubscribed" | "checkSoon">;
  readonly #heard = new Set<string>();
  #verifiedAt = Number.NEGATIVE_INFINITY;

  constructor(subscriber: Pick<Subscriber, "verdict" | "isSubscribed" | "checkSoon">) {
    this.#subscriber = subscriber;
  }

  note({ outcome, at, vehicleId: id }: DeliveryRecord): void {
    const { verdict } = this.#subscriber;
    if (outcome === "verified" && verdict.kind !== "fine" && at - this.#verifiedAt >= AGAIN_MS) {
      // Strangers can send these too, so not every one counts.
      this.#verifiedAt = at;
      this.#subscriber.checkSoon();
    }
    if (outcome !== "accepted" || id === null || this.#heard.has(id)) return;
    this.#heard.add(id);
    // It delivers, so the subscription is there by now.
    if (!this.#subscriber.isSubscribed(vehicleId(id))) this.#subscriber.checkSoon();
  }
}
