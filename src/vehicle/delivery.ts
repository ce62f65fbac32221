import type { Batch } from "./observation.ts";

/**
 * One authenticated webhook call, as handed to the intake. It is durable once the intake's promise resolves; only then
 * is it answered with 200.
 */
export interface Delivery {
  /** Same on every attempt of one event. When the payload carries none, a digest of its bytes. */
  readonly eventId: string;
  readonly eventType: string;
  readonly receivedAt: number;
  /** What it tells; null for a test, or when nobody here understands it. */
  readonly batch: Batch | null;
  /** Why it tells us nothing (`test`, `unknown type`, `malformed`, …); null when it does. */
  readonly unusable: string | null;
  /** The body's text, kept for the quarantine. */
  readonly raw: string;
}

/** `ignored`: its vehicle is to be left alone, so nothing of it is kept. */
export type Acceptance = "stored" | "duplicate" | "quarantined" | "ignored";

/** The door of the intake that the webhook receiver knocks at. */
export interface DeliveryIntake {
  /** @throws StoreError when it could not be made durable: the sender must try again. */
  accept(delivery: Delivery): Promise<Acceptance>;
}
