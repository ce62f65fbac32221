import { hours, minutes } from "../lib/duration.ts";
import type { BudgetView } from "./budget.ts";
import type { Feed } from "./feed.ts";
import { MAX_JITTER_MS, type Plan } from "./plan.ts";
import type { PollingSettings } from "./polling-settings.ts";

/** All that the next read of one vehicle depends on. Instants are epoch milliseconds. */
export interface Situation {
  readonly now: number;
  readonly settings: PollingSettings;
  readonly plan: Plan;
  readonly budget: BudgetView;
  readonly charging: boolean;
  readonly asleep: boolean;
  /** What deliveries have shown; nothing while there are none. */
  readonly feed: Feed;
  /** Whether there are signals that change and that the webhook does not bring. */
  readonly uncarried: boolean;
  /** When Smartcar last fetched something of the car from its maker, as far as is known. */
  readonly refreshedAt: number | null;
}

/** When a read is wanted, and why. */
export interface Due {
  readonly dueAt: number;
  readonly reason: string;
}

/** No two reads of one vehicle are closer, whatever asks for them. */
export const FLOOR_MS = minutes(5);
/** Whatever a read brought, the next one is not later. */
export const LONGEST_MS = hours(24);
/** A webhook heard of within this time delivers: a parked car may be silent for a day. */
const DELIVERS_MS = hours(26);

/** Whether the webhook is relied upon. A delivery from before the clock was set back tells nothing of how long ago it was. */
export function delivers(settings: PollingSettings, lastDeliveryAt: number | null, now: number): boolean {
  return (
    settings.mode !== "always" && lastDeliveryAt !== null && lastDeliveryAt <= now && now - lastDeliveryAt < DELIVERS_MS
  );
}

/** The plan's share of chance, which shrinks with the interval. */
export function jitterOf(plan: Plan, intervalMs: number): number {
  return plan.jitter * Math.min(MAX_JITTER_MS, intervalMs * 0.05);
}
