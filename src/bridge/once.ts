import { isRefusal, type Refusals } from "./refusals.ts";
import type { PublishSession } from "./sender.ts";

export interface OnceOptions {
  readonly session: Pick<PublishSession, "connected" | "publish">;
  readonly refusals: Refusals;
  /** Called whenever one arrived or was lost. */
  readonly onMoved: () => void;
}

const MAX_IN_FLIGHT = 256;

/** Messages that are told once to whoever listens now: events. Without a session, or with too many on their way, lost. */
export class Once {
  readonly #options: OnceOptions;
  #inFlight = 0;
  #published = 0;
  #failed = 0;
  #dropped = 0;

  constructor(options: OnceOptions) {
    this.#options = options;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get published(): number {
    return this.#published;
  }

  get failed(): number {
    return this.#failed;
  }

  /** How many nobody could be told. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Counts one that is not even tried. */
  drop(): void {
    this.#dropped++;
  }

  tell(topic: string, payload: string): void {
    const { session, refusals, onMoved } = this.#options;
    if (!session.connected || this.#inFlight >= MAX_IN_FLIGHT) {
      this.drop();
      return;
    }
    this.#inFlight++;
    session
      .publish(topic, payload, { retain: false })
      .then(
        () => this.#published++,
        (error: unknown) => {
          this.#failed++;
          this.drop();
          if (isRefusal(error)) refusals.add(topic, error);
        },
      )
      .finally(() => {
        this.#inFlight--;
        onMoved();
      });
  }
}
