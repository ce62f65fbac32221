import { FREE_PLAN_GROUPS, KNOWN_SIGNALS, type SignalName, signalName } from "./signal-names.ts";

/** Signals by code, every one there is, or those that the free plan lets one pick. */
export type SignalChoice = "all" | "free" | readonly string[];

export function includesSignal(choice: SignalChoice, code: string): boolean {
  if (choice === "all") return true;
  if (choice === "free") return FREE_PLAN_GROUPS.has(signalName(code).group);
  return choice.includes(code);
}

/** The choice spelt out, as the management API shows it. */
export function chosenSignals(choice: SignalChoice): readonly SignalName[] {
  if (typeof choice === "string") return KNOWN_SIGNALS.filter(({ code }) => includesSignal(choice, code));
  return choice.map(signalName);
}

/** What the dashboard would set; every field may be changed by script. */
export interface WebhookSettings {
  readonly name: string;
  readonly callbackUrl: string;
  readonly errorCallbackUrl: string | null;
  readonly isEnabled: boolean;
  readonly autoSubscribe: boolean;
  /** A change of these causes a delivery … */
  readonly triggers: SignalChoice;
  /** … which carries all of these. */
  readonly data: SignalChoice;
}

export interface Webhook extends WebhookSettings {
  readonly id: string;
  readonly createdAt: number;
  /** Not shown by the API: only the callback's correct answer to VERIFY sets it. */
  readonly verified: boolean;
}

/** Why nothing is delivered, or that it is. */
export function deliversNow(webhook: Webhook): boolean {
  const hasSignals = (choice: SignalChoice) => typeof choice === "string" || choice.length > 0;
  return webhook.verified && webhook.isEnabled && hasSignals(webhook.triggers) && hasSignals(webhook.data);
}
