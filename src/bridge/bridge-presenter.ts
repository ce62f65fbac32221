import type { Clock, Timer } from "../lib/clock.ts";
import { seconds } from "../lib/duration.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import type { Publisher } from "./publisher.ts";
import { RANK } from "./retained.ts";
import type { Session } from "./session.ts";
import type { Topics } from "./topics.ts";

export interface BridgePresenterOptions {
  readonly publisher: Pick<Publisher, "retain" | "emit">;
  readonly session: Pick<Session, "events">;
  readonly topics: Topics;
  readonly clock: Clock;
  readonly version: string;
  readonly vehicles: () => readonly Vehicle[];
  /** Links of the chain that do not hold. */
  readonly brokenLinks: () => readonly object[];
}

const LOOK_EVERY_MS = seconds(10);

/** The bridge's own topics: `bridge/state`, `bridge/info`, `bridge/event`. */
export class BridgePresenter implements Part {
  readonly #options: BridgePresenterOptions;
  #startedAt = "";
  #off: (() => void) | undefined;
  #timer: Timer | undefined;
  #soon: Timer | undefined;

  constructor(options: BridgePresenterOptions) {
    this.#options = options;
  }

  start(): void {
    const { publisher, session, topics, clock } = this.#options;
    this.#startedAt = new Date(clock.now()).toISOString();
    publisher.retain(topics.bridgeState, "online", RANK.bridge);
    // Who reads this has a broker, so nobody is to read for seconds that there is none.
    this.#off = session.events.on("status", () => this.#show());
    this.#look();
  }

  stop(): void {
    this.#off?.();
    this.#timer?.cancel();
    if (this.#soon === undefined) return;
    // Why the program ends may be the last thing there is to show.
    this.#soon.cancel();
    this.#soon = undefined;
    this.#show();
  }

  /** Shows what changed, in a turn of its own: many cars may change at once, and each look is at all of them. */
  refresh(): void {
    this.#soon ??= this.#options.clock.after(0, () => {
      this.#soon = undefined;
      this.#show();
    });
  }

  #show(): void {
    const { publisher, topics, version, vehicles, brokenLinks } = this.#options;
    const info = {
      version,
      started_at: this.#startedAt,
      vehicles: vehicles().map(({ id, topic, name }) => ({ id, topic, name })),
      links: brokenLinks(),
    };
    publisher.retain(topics.bridgeInfo, JSON.stringify(info), RANK.discovery);
  }

  /** Tells something once on `bridge/event`. */
  tell(event: { readonly event_type: string; readonly [detail: string]: unknown }): void {
    this.#options.publisher.emit(this.#options.topics.bridgeEvent, JSON.stringify(event));
  }

  #look(): void {
    this.#show();
    this.#timer = this.#options.clock.after(LOOK_EVERY_MS, () => this.#look());
  }
}
