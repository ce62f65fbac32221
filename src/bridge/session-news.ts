import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import type { ConnectFailure } from "./connect-failure.ts";
import type { SessionState, SessionStatus } from "./session-events.ts";

export interface SessionNewsOptions {
  /** The broker's address without credentials. */
  readonly label: string;
  readonly clientId: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly onStatus: (status: SessionStatus) => void;
}

/** What people hear of the session: its status with what to do, and each reason once in the log. */
export class SessionNews {
  readonly #options: SessionNewsOptions;
  /** Reasons already told since the last session. */
  readonly #told = new Set<string>();
  #status: SessionStatus;

  constructor(options: SessionNewsOptions) {
    this.#options = options;
    this.#status = { state: "stopped", detail: null, fix: null, since: options.clock.now() };
  }

  get status(): SessionStatus {
    return this.#status;
  }

  connecting(warnings: readonly string[]): void {
    const { log, label } = this.#options;
    for (const warning of warnings) log.warn({ broker: label }, warning);
    this.#become("connecting");
  }

  opened(): void {
    this.#told.clear();
    this.#options.log.info({ broker: this.#options.label }, "connected to the MQTT broker");
  }

  /** There is a session, whose broker refused these filters. */
  connected(refused: ReadonlySet<string>): void {
    const { log, label } = this.#options;
    const filters = [...refused].join(", ");
    if (filters === "") {
      this.#become("connected");
      return;
    }
    log.warn({ broker: label, filters }, "the broker refuses subscriptions");
    this.#become(
      "connected",
      `the broker refuses our subscription to ${filters}: allow it in its access list`,
      `allow ${filters} in the broker's access list`,
    );
  }

  failed({ detail, fix, refused }: ConnectFailure): void {
    if (!this.#told.has(detail)) {
      this.#told.add(detail);
      this.#options.log.warn({ broker: this.#options.label, detail }, "no MQTT session");
    }
    this.#become(refused ? "refused" : "waiting", detail, fix);
  }

  lost(reason: string, lastedMs: number): void {
    const { log, label } = this.#options;
    log.warn({ broker: label, reason, lastedMs }, "lost the connection to the MQTT broker");
    this.#become("waiting", `the connection to ${label} was lost: ${reason}`);
  }

  takenOver(): void {
    const { log, clientId } = this.#options;
    log.error({ clientId }, "another client takes over our MQTT session: trying again in minutes");
    const advice = "is the bridge running twice? Stop one, or give each its own mqtt.client_id";
    this.#become(
      "taken-over",
      `another client uses the client id ${clientId}: ${advice}`,
      "stop the other bridge, or give each its own mqtt.client_id",
    );
  }

  stopped(): void {
    this.#become("stopped");
  }

  #become(state: SessionState, detail: string | null = null, fix: string | null = null): void {
    if (this.#status.state === state && this.#status.detail === detail) return;
    this.#status = { state, detail, fix, since: this.#options.clock.now() };
    this.#options.onStatus(this.#status);
  }
}
