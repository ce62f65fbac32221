/** One link of the chain from the configuration through Smartcar to the broker. */
export interface Link {
  readonly name: string;
  readonly status: "ok" | "failed" | "not_known";
  /** What finding out cost. */
  readonly cost: "free" | "billed";
  readonly detail: string;
  /** The one thing to do about it, or null. */
  readonly fix: string | null;
}

/** Every link, in the order in which they have to hold. The running bridge and the command `doctor` show all of them. */
export const LINK_NAMES = [
  "configuration",
  "credentials",
  "token",
  "connections",
  "user ids",
  "permissions",
  "webhook key",
  "webhook",
  "callback URL",
  "webhook enabled",
  "triggers",
  "signals",
  "verification",
  "subscriptions",
  "public address",
  "deliveries",
  "signatures",
  "readings",
  "budget",
  "broker",
  "discovery",
  "disk",
] as const;

export type LinkName = (typeof LINK_NAMES)[number];

export const ok = (name: LinkName, detail: string): Link => ({ name, status: "ok", cost: "free", detail, fix: null });

export const notKnown = (name: LinkName, detail: string, fix: string | null = null): Link => ({
  name,
  status: "not_known",
  cost: "free",
  detail,
  fix,
});

export const failed = (name: LinkName, detail: string, fix: string | null): Link => ({
  name,
  status: "failed",
  cost: "free",
  detail,
  fix,
});

/** A link that cannot be looked at before another one holds. */
export const needs = (name: LinkName, first: LinkName): Link => notKnown(name, `needs "${first}" first`);

/** What an error says should be done about it. */
export function hintOf(error: Error): string | null {
  return "hint" in error && typeof error.hint === "string" ? error.hint : null;
}
