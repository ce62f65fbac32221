import type { Random } from "../lib/backoff.ts";
import type { Clock, Timer } from "../lib/clock.ts";
import { seconds } from "../lib/duration.ts";
import type { Events } from "../lib/events.ts";
import type { Part } from "../lib/lifecycle.ts";
import type { Log } from "../lib/log.ts";
import type { Message } from "./session-events.ts";
import type { SubscribeOptions } from "./subscriptions.ts";

export interface BirthSession {
  readonly events: Pick<Events<{ message: Message; disconnected: undefined }>, "on">;
  subscribe(filter: string, options: SubscribeOptions): void;
}

export interface BirthOptions {
  readonly session: BirthSession;
  /** `homeassistant/status`. */
  readonly statusTopic: string;
  /** Publishes everything again. */
  readonly onBirth: () => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const SHORTEST_MS = seconds(1);
const LONGEST_MS = seconds(5);

/**
 * Home Assistant has come up and knows nothing yet. All bridges hear that at the same time, so each waits a random
 * moment; Home Assistant also loses part of a discovery document that follows too soon on the one before.
 */
export class Birth implements Part {
  readonly #options: BirthOptions;
  readonly #unsubscribe: (() => void)[] = [];
  #timer: Timer | undefined;

  constructor(options: BirthOptions) {
    this.#options = options;
  }

  start(): void {
    const { session, statusTopic } = this.#options;
    // A retained birth is old news, so the flag must mean "from the store", not "sent as retained".
    session.subscribe(statusTopic, { retainAsPublished: false });
    this.#unsubscribe.push(
      session.events.on("message", (message) => this.#onMessage(message)),
      // A new session publishes everything anyway.
      session.events.on("disconnected", () => this.#timer?.cancel()),
    );
  }

  stop(): void {
    for (const off of this.#unsubscribe.splice(0)) off();
    this.#timer?.cancel();
  }

  #onMessage({ topic, payload, retain }: Message): void {
    const { statusTopic, clock, random, log, onBirth } = this.#options;
    if (topic !== statusTopic || retain || payload.toString().trim() !== "online") return;
    // Several births in a row are answered once, after the last.
    this.#timer?.cancel();
    this.#timer = clock.after(SHORTEST_MS + random() * (LONGEST_MS - SHORTEST_MS), () => {
      log.info({ topic }, "Home Assistant has started: publishing everything again");
      onBirth();
    });
  }
}
