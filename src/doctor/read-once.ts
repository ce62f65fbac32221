import type { Clock } from "../lib/clock.ts";
import { toError } from "../lib/errors.ts";
import { Budget, type BudgetLimits, type Ledger } from "../scheduler/budget.ts";
import { CallError } from "../vehicle/call-error.ts";
import { isUsable } from "../vehicle/signal.ts";
import type { WebhookVerdict } from "../vehicle/subscriber.ts";
import type { KnownCar } from "./account.ts";
import { emptyStoreLink, readLink } from "./home.ts";
import { failed, hintOf, type Link, notKnown } from "./link.ts";
import type { SmartcarProbe } from "./smartcar-probe.ts";

export interface ReadOrder {
  readonly car: KnownCar;
  readonly smartcar: Pick<SmartcarProbe, "read">;
  /** Where the bridge books its calls; null while there is no database. */
  readonly ledger: Ledger | null;
  readonly limits: BudgetLimits;
  readonly clock: Clock;
  readonly verdict: WebhookVerdict;
}

/** Reads one car. The call is booked where the bridge books its own, so that both together keep to the budget. */
export async function billedRead({ car, smartcar, ledger, limits, clock, verdict }: ReadOrder): Promise<Link> {
  const { id, userId, name } = car.vehicle;
  const budget = ledger === null ? null : new Budget(clock, ledger, limits);
  const billed = (link: Link): Link => ({ ...link, cost: "billed" });
  let booking: number | null = null;
  let wasAsked = false;
  try {
    booking = budget?.book(id, "command") ?? null;
    if (budget !== null && booking === null) {
      return notKnown("readings", `${name} was not read: the month's calls are used up`);
    }
    wasAsked = true;
    const { observations } = await smartcar.read({ vehicleId: id, userId });
    if (observations.length === 0) return billed(emptyStoreLink(name));
    const refusedFor = (type: string) => observations.filter(({ error }) => error?.type === type).length;
    const usable = observations.filter(isUsable);
    const carried = verdict.kind === "fine" ? new Set(verdict.webhook.signals) : null;
    return readLink({
      name,
      usable: usable.length,
      incapable: refusedFor("COMPATIBILITY"),
      ungranted: refusedFor("PERMISSION"),
      uncarried: carried === null ? null : usable.filter(({ code }) => !carried.has(code)).length,
    });
  } catch (thrown) {
    const error = toError(thrown);
    const link = failed("readings", `${name}: ${error.message}`, hintOf(error));
    if (wasAsked && (!(error instanceof CallError) || error.sent)) return billed(link);
    if (booking !== null) budget?.refund(booking);
    return link;
  }
}
