import { shownReceivedAt, signalDocument } from "../vehicle/shown.ts";
import type { HeldSignal } from "../vehicle/signal.ts";
import type { PayloadSource } from "./kept-payload.ts";

/** The document of `B/V/signals/<code>`: made from the signal, which is held anyway and never changed in place. */
export class SignalPayload implements PayloadSource {
  readonly #signal: HeldSignal;
  readonly #isFresh: boolean;
  readonly #isAccepted: boolean;

  constructor(signal: HeldSignal, isFresh: boolean, isAccepted: boolean) {
    this.#signal = signal;
    this.#isFresh = isFresh;
    this.#isAccepted = isAccepted;
  }

  text(): string {
    return JSON.stringify(signalDocument(this.#signal, this.#isFresh, this.#isAccepted));
  }

  equals(other: PayloadSource): boolean {
    if (!(other instanceof SignalPayload)) return false;
    // News tells itself by its time, without the cost of two texts.
    if (shownReceivedAt(other.#signal) !== shownReceivedAt(this.#signal)) return false;
    return other.text() === this.text();
  }
}
