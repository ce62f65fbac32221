import type { Session } from "./bridge/session.ts";
import type { AppEvents } from "./events.ts";
import type { Readiness } from "./http/private-server.ts";
import type { SmartcarGateway } from "./smartcar/gateway.ts";
import type { WebhookReceiver } from "./smartcar/webhook.ts";
import type { Directory } from "./vehicle/directory.ts";
import type { Intake } from "./vehicle/intake.ts";
import type { Subscriber, WebhookVerdict } from "./vehicle/subscriber.ts";

/** One link of the chain from Smartcar to the broker. */
export interface Link {
  readonly name: string;
  readonly status: "ok" | "failed" | "not_known";
  /** What finding out cost. */
  readonly cost: "free" | "billed";
  readonly detail: string;
  /** The one thing to do about it, or null. */
  readonly fix: string | null;
}

export interface ChainOptions {
  readonly session: Pick<Session, "status">;
  readonly gateway: Pick<SmartcarGateway, "tokenStatus">;
  readonly directory: Pick<Directory, "list" | "listedAt">;
  readonly intake: Pick<Intake, "state">;
  readonly subscriber: Pick<Subscriber, "verdict" | "isSubscribed">;
  readonly webhook: Pick<WebhookReceiver, "stats">;
  readonly events: AppEvents["directory"];
  /** Whether webhooks can be checked at all. */
  readonly hasWebhookKey: boolean;
}

/** Which links hold, from what the running parts know of themselves. Asks nobody anything. */
export class Chain {
  readonly #options: ChainOptions;
  #listFailure: Error | null = null;

  constructor(options: ChainOptions) {
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

  /** The whole chain, in the order in which it has to hold. */
  links(): readonly Link[] {
    return [
      this.#token(),
      this.#connections(),
      this.#webhookKey(),
      webhookLink(this.#options.subscriber.verdict),
      this.#subscriptions(),
      this.#deliveries(),
      this.#signatures(),
      this.#broker(),
    ];
  }

  broken(): readonly Link[] {
    return this.links().filter(({ status }) => status === "failed");
  }

  #token(): Link {
    const { valid, error } = this.#options.gateway.tokenStatus();
    if (valid) return ok("token", "Smartcar accepts the credentials");
    if (error === null) return notKnown("token", "not asked for yet");
    return failed("token", error.message, error.hint ?? null);
  }

  #connections(): Link {
    const { directory } = this.#options;
    if (this.#listFailure !== null) {
      return failed("connections", this.#listFailure.message, hintOf(this.#listFailure));
    }
    if (directory.listedAt === null) return notKnown("connections", "not listed yet");
    const connected = directory.list().filter((vehicle) => vehicle.connected).length;
    if (connected > 0) return ok("connections", `${connected} connected`);
    const fix = "connect a car with Smartcar Connect; smartcar.mode decides whether live or simulated cars are listed";
    return failed("connections", "no car is connected to this application", fix);
  }

  #webhookKey(): Link {
    if (this.#options.hasWebhookKey) return ok("webhook key", "smartcar.management_token is set");
    const fix = "set smartcar.management_token to the application management token from the dashboard";
    return failed("webhook key", "webhooks are refused: there is no key to check them with", fix);
  }

  #subscriptions(): Link {
    const { directory, subscriber } = this.#options;
    if (subscriber.verdict.kind !== "fine") return notKnown("subscriptions", "the webhook comes first");
    const missing = directory.list().filter(({ id, connected }) => connected && !subscriber.isSubscribed(id));
    if (missing.length === 0) return ok("subscriptions", "every car is subscribed to the webhook");
    const names = missing.map(({ name }) => name).join(", ");
    const fix = "subscribe the car to the webhook in the dashboard, or set smartcar.auto_subscribe to true";
    return failed("subscriptions", `not subscribed: ${names}`, fix);
  }

  #deliveries(): Link {
    const { directory, intake } = this.#options;
    const times = directory.list().map(({ id }) => intake.state(id).lastWebhookAt ?? 0);
    const newest = Math.max(0, ...times);
    if (newest === 0) return notKnown("deliveries", "none has come yet; the first follows soon after subscribing");
    return ok("deliveries", `the last one came at ${new Date(newest).toISOString()}`);
  }

  #signatures(): Link {
    const { rejectedMissing, rejectedWrong, accepted, lastRejection } = this.#options.webhook.stats();
    const wrong = rejectedMissing + rejectedWrong;
    if (wrong === 0)
      return accepted === 0 ? notKnown("signatures", "nothing signed has come yet") : ok("signatures", "right");
    if (accepted > 0) return ok("signatures", `${wrong} unsigned or wrongly signed requests were refused`);
    const fix =
      "compare smartcar.management_token with the dashboard, make sure that no proxy changes the body, and if both are right create a new application: Smartcar is known to sign wrongly for some";
    return failed("signatures", `every delivery was refused (${lastRejection ?? "wrong signature"})`, fix);
  }

  #broker(): Link {
    const { state, detail } = this.#options.session.status();
    if (state === "connected" && detail === null) return ok("broker", "connected");
    return failed("broker", detail ?? state, null);
  }
}

/** What a look at the application's webhooks said, as a link. */
export function webhookLink(verdict: WebhookVerdict): Link {
  const inDashboard = (what: string) => `${what} in Smartcar's dashboard`;
  switch (verdict.kind) {
    case "unchecked":
      return notKnown("webhook", "not looked at yet");
    case "no-address":
      return notKnown("webhook", "http.public_url is not set, so ours cannot be told from others");
    case "failed":
      return failed("webhook", verdict.error.message, hintOf(verdict.error));
    case "missing": {
      const found = verdict.found.length === 0 ? "there is none at all" : `found instead: ${verdict.found.join(", ")}`;
      const fix = inDashboard(`create a webhook with the callback URI ${verdict.expected}`);
      return failed("webhook", `no webhook delivers to ${verdict.expected}; ${found}`, fix);
    }
    case "disabled":
      return failed("webhook", "the webhook is disabled", inDashboard("enable it"));
    case "no-triggers":
      return failed("webhook", "the webhook has no triggers, so nothing is ever delivered", inDashboard("choose some"));
    case "no-signals":
      return failed("webhook", "the webhook carries no signals", inDashboard("choose some under data"));
    case "fine":
      return ok("webhook", `${verdict.webhook.name ?? verdict.webhook.id} delivers here`);
  }
}

const ok = (name: string, detail: string): Link => ({ name, status: "ok", cost: "free", detail, fix: null });
const notKnown = (name: string, detail: string): Link => ({
  name,
  status: "not_known",
  cost: "free",
  detail,
  fix: null,
});
const failed = (name: string, detail: string, fix: string | null): Link => ({
  name,
  status: "failed",
  cost: "free",
  detail,
  fix,
});

function hintOf(error: Error): string | null {
  return "hint" in error && typeof error.hint === "string" ? error.hint : null;
}
