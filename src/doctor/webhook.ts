import type { WebhookVerdict } from "../vehicle/subscriber.ts";
import { failed, hintOf, type Link, needs, notKnown, ok } from "./link.ts";

export function webhookKeyLink(hasKey: boolean): Link {
  if (hasKey) return ok("webhook key", "smartcar.management_token is set");
  const fix = "set smartcar.management_token to the application management token from the dashboard";
  return failed("webhook key", "webhooks are refused: there is no key to check them with", fix);
}

/**
 * What a look at the application's webhooks said: five links, of which the first that fails keeps the rest unknown. What
 * was looked for without a token failed because of that.
 */
export function webhookLinks(verdict: WebhookVerdict, hasToken = true): Link[] {
  const inDashboard = (what: string) => `${what} in Smartcar's dashboard`;
  const rest = (first: "webhook" | "callback URL" | "webhook enabled", ...found: Link[]): Link[] => [
    ...found,
    ...(["callback URL", "webhook enabled", "triggers", "signals"] as const)
      .filter((name) => !found.some((link) => link.name === name))
      .map((name) => needs(name, first)),
  ];
  switch (verdict.kind) {
    case "failed":
      return rest(
        "webhook",
        hasToken ? failed("webhook", verdict.error.message, hintOf(verdict.error)) : needs("webhook", "token"),
      );
    case "unchecked":
      if (!hasToken) return rest("webhook", needs("webhook", "token"));
      return rest("webhook", notKnown("webhook", "not looked at yet"));
    case "no-address": {
      const detail = "http.public_url is not set, so ours cannot be told from others";
      return rest("webhook", notKnown("webhook", detail, "set http.public_url, or live with polling alone"));
    }
    case "missing": {
      const { expected, found } = verdict;
      if (found.length === 0) {
        const fix = inDashboard(`create a webhook with the callback URI ${expected}`);
        return rest("webhook", failed("webhook", "the application has no webhook", fix));
      }
      const detail = `no webhook delivers to ${expected}; found instead: ${found.join(", ")}`;
      const fix = inDashboard(`set the webhook's callback URI to ${expected}`);
      return rest(
        "callback URL",
        ok("webhook", found.length === 1 ? "there is one" : `there are ${found.length}`),
        failed("callback URL", detail, `${fix}, or correct http.public_url`),
      );
    }
    default: {
      const { webhook } = verdict;
      const found = [
        ok("webhook", webhook.name ?? webhook.id),
        ok("callback URL", `${webhook.callbackUri ?? "ours"} is ours`),
      ];
      if (verdict.kind === "disabled") {
        found.push(failed("webhook enabled", "the webhook is disabled", inDashboard("enable the webhook")));
      } else found.push(ok("webhook enabled", "enabled"));
      const chosen = (name: "triggers" | "signals", codes: readonly string[], why: string, where: string) =>
        codes.length > 0
          ? ok(name, `${codes.length} chosen`)
          : failed(name, `the webhook has no ${name}, so ${why}`, inDashboard(`choose some under ${where}`));
      return [
        ...found,
        chosen("triggers", webhook.triggers, "nothing is ever delivered", "triggers"),
        chosen("signals", webhook.signals, "its deliveries are empty", "data"),
      ];
    }
  }
}

/** The one of them that says most: the first that does not hold, else that all is well. */
export function webhookLink(verdict: WebhookVerdict): Link {
  const links = webhookLinks(verdict);
  const broken = links.find(({ status }) => status === "failed") ?? links.find(({ status }) => status === "not_known");
  if (broken !== undefined || verdict.kind !== "fine") return broken ?? needs("webhook", "token");
  return ok("webhook", `${verdict.webhook.name ?? verdict.webhook.id} delivers here`);
}

export interface VerificationFacts {
  readonly hasKey: boolean;
  /** VERIFY requests answered since the bridge started; null when no running bridge could be asked. */
  readonly answered: number | null;
  /** Whether any delivery ever came: a webhook that was not verified sends none. */
  readonly delivered: boolean;
}

/** Smartcar tells nobody whether a webhook is verified, so it is known by what came here. */
export function verificationLink({ hasKey, answered, delivered }: VerificationFacts): Link {
  if (delivered) return ok("verification", "deliveries come, so the webhook is verified");
  if (!hasKey) return needs("verification", "webhook key");
  if (answered === null)
    return notKnown("verification", "only a running bridge knows; none answers on its private port");
  if (answered > 0) {
    return ok(
      "verification",
      "VERIFY was answered; should the dashboard call it failed, smartcar.management_token is wrong",
    );
  }
  const fix =
    "press Verify beside the webhook in Smartcar's dashboard; if nothing comes, Smartcar does not reach the public address";
  return notKnown("verification", "no VERIFY has come since the bridge started", fix);
}

export interface SubscriptionFacts {
  /** Whether the subscriptions of our webhook were listed. */
  readonly looked: boolean;
  /** Names of connected cars that are not subscribed. */
  readonly missing: readonly string[];
  readonly cars: number;
  readonly autoSubscribe: boolean;
}

export function subscriptionsLink({ looked, missing, cars, autoSubscribe }: SubscriptionFacts): Link {
  if (!looked) return needs("subscriptions", "webhook");
  if (cars === 0) return needs("subscriptions", "connections");
  if (missing.length === 0) return ok("subscriptions", "every car is subscribed to the webhook");
  const fix = autoSubscribe
    ? "start the bridge: it subscribes them by itself; if it could not, its log says why"
    : "subscribe the car to the webhook in the dashboard, or set smartcar.auto_subscribe to true";
  return failed("subscriptions", `not subscribed: ${missing.join(", ")}`, fix);
}

/** Nobody on this side of the router can tell what the internet sees, so this is never a failure. */
export function publicAddressLink(url: string | null, localAnswer: string | null): Link {
  const local = localAnswer ?? "nothing is known of the public port of this machine";
  if (url === null) return notKnown("public address", `http.public_url is not set; ${local}`);
  const fix = `open ${url} with a phone that is not in your network: the bridge answers 405, everything else is in the way`;
  return notKnown("public address", `whether the internet reaches it cannot be seen from here; ${local}`, fix);
}

export function deliveriesLink(times: readonly (number | null)[]): Link {
  const newest = Math.max(0, ...times.map((time) => time ?? 0));
  if (newest === 0) return notKnown("deliveries", "none has come yet; the first follows soon after subscribing");
  return ok("deliveries", `the last one came at ${new Date(newest).toISOString()}`);
}

export interface SignatureFacts {
  readonly accepted: number;
  readonly refused: number;
  readonly cause: string | null;
}

/** What is most likely behind each cause, as {@link RejectionCause} names them. */
function signatureFix(cause: string | null): string {
  switch (cause) {
    case "signature missing":
      return "these may be scanners; if Smartcar says that it delivers, let the proxy in front pass the header SC-Signature on";
    case "signature malformed":
    case "body encoded on the way":
    case "body is not json":
      return "have the proxy or tunnel in front pass the body on byte by byte: no compression, no rewriting";
    default:
      return "compare smartcar.management_token with the dashboard, make sure that no proxy changes the body, and if both are right create a new application: Smartcar is known to sign wrongly for some";
  }
}

/** Null: no running bridge could be asked. */
export function signaturesLink(facts: SignatureFacts | null): Link {
  if (facts === null) {
    return notKnown("signatures", "only a running bridge counts them; none answers on its private port");
  }
  const { accepted, refused, cause } = facts;
  if (refused === 0) {
    return accepted === 0 ? notKnown("signatures", "nothing signed has come yet") : ok("signatures", "right");
  }
  if (accepted > 0) return ok("signatures", `${refused} unsigned or wrongly signed requests were refused`);
  return failed("signatures", `every delivery was refused (${cause ?? "wrong signature"})`, signatureFix(cause));
}
