import type { BrokenLink } from "./bridge/bridge-presenter.ts";
import type { Session } from "./bridge/session.ts";
import type { AppEvents } from "./events.ts";
import type { Readiness } from "./http/private-server.ts";
import type { SmartcarGateway } from "./smartcar/gateway.ts";
import type { Directory } from "./vehicle/directory.ts";

export interface HealthOptions {
  readonly session: Pick<Session, "status">;
  readonly gateway: Pick<SmartcarGateway, "tokenStatus">;
  readonly directory: Pick<Directory, "list" | "listedAt">;
  readonly events: AppEvents["directory"];
  /** Whether webhooks can be checked at all. */
  readonly hasWebhookKey: boolean;
}

/** Which links between Smartcar and the broker hold, from what the parts know of themselves. Asks nobody anything. */
export class Health {
  readonly #options: HealthOptions;
  #listFailure: Error | null = null;

  constructor(options: HealthOptions) {
    this.#options = options;
    options.events.on("failed", (error) => {
      this.#listFailure = error;
    });
    options.events.on("listed", () => {
      this.#listFailure = null;
    });
  }

  /** Ready: connected to the broker, and with a token that works. */
  readiness(): Readiness {
    const { session, gateway } = this.#options;
    const { state, detail } = session.status();
    const token = gateway.tokenStatus();
    const parts = {
      mqtt: { ok: state === "connected", detail: state === "connected" ? detail : (detail ?? state) },
      smartcar: { ok: token.valid, detail: token.error?.message ?? (token.valid ? null : "no token yet") },
    };
    return { ready: parts.mqtt.ok && parts.smartcar.ok, parts };
  }

  brokenLinks(): readonly BrokenLink[] {
    const { session, gateway, directory, hasWebhookKey } = this.#options;
    const links: BrokenLink[] = [];
    const { state, detail } = session.status();
    if (state !== "connected" || detail !== null) links.push({ name: "broker", detail: detail ?? state, fix: null });
    const { valid, error } = gateway.tokenStatus();
    if (!valid && error !== null) links.push({ name: "token", detail: error.message, fix: error.hint ?? null });
    if (this.#listFailure !== null) {
      links.push({ name: "connections", detail: this.#listFailure.message, fix: hintOf(this.#listFailure) });
    } else if (directory.listedAt !== null && !directory.list().some(({ connected }) => connected)) {
      const fix =
        "connect a car with Smartcar Connect; smartcar.mode decides whether live or simulated cars are listed";
      links.push({ name: "connections", detail: "no car is connected to this application", fix });
    }
    if (!hasWebhookKey) {
      const fix = "set smartcar.management_token to the application management token from the dashboard";
      links.push({ name: "webhook", detail: "webhooks are refused: there is no key to check them with", fix });
    }
    return links;
  }
}

function hintOf(error: Error): string | null {
  return "hint" in error && typeof error.hint === "string" ? error.hint : null;
}
