import type { Clock } from "../lib/clock.ts";
import type { VehicleId } from "../vehicle/ids.ts";
import { monthStart, nextMonthStart } from "./month.ts";

/** Why a billed call is made. `confirm` is the one read after a command. */
export type CallKind = "poll" | "command" | "confirm";

export interface BudgetLimits {
  /** Billed calls per vehicle and month; 0 = no limit of our own. */
  readonly monthly: number;
  /** Part that polling never touches. */
  readonly reserve: number;
}

/** What the budget needs of a database. */
export interface Ledger {
  book(id: VehicleId, at: number, kind: CallKind): number;
  refund(booking: number): void;
  countSince(id: VehicleId, since: number): number;
  ceilingAt(id: VehicleId): number | null;
  setCeiling(id: VehicleId, at: number): void;
}

export interface BudgetView {
  readonly used: number;
  /** Calls still allowed this month; null without a limit. */
  readonly remaining: number | null;
  /** Calls polling may still make; null without a limit. */
  readonly forPolling: number | null;
  readonly budget: number;
  readonly resetsAt: number;
}

/** Billed calls per vehicle and calendar month (UTC). Booked on disk before the call, so never under-counted. */
export class Budget {
  readonly #clock: Clock;
  readonly #ledger: Ledger;
  readonly #limits: BudgetLimits;

  constructor(clock: Clock, ledger: Ledger, limits: BudgetLimits) {
    this.#clock = clock;
    this.#ledger = ledger;
    this.#limits = limits;
  }

  view(id: VehicleId): BudgetView {
    const now = this.#clock.now();
    const { monthly, reserve } = this.#limits;
    const used = this.#ledger.countSince(id, monthStart(now));
    const ceilingAt = this.#ledger.ceilingAt(id);
    const spent = ceilingAt !== null && ceilingAt >= monthStart(now);
    if (monthly === 0) {
      const none = spent ? 0 : null;
      return { used, remaining: none, forPolling: none, budget: 0, resetsAt: nextMonthStart(now) };
    }
    const remaining = spent ? 0 : Math.max(0, monthly - used);
    return {
      // Smartcar's own count is the one that matters: on its word the tally snaps to the ceiling.
      used: spent ? Math.max(used, monthly) : used,
      remaining,
      forPolling: Math.max(0, remaining - reserve),
      budget: monthly,
      resetsAt: nextMonthStart(now),
    };
  }

  /** Books a call before it is made; null when the budget does not allow it. */
  book(id: VehicleId, kind: CallKind): number | null {
    const { remaining, forPolling } = this.view(id);
    const allowed = kind === "poll" ? forPolling : remaining;
    if (allowed !== null && allowed < 1) return null;
    return this.#ledger.book(id, this.#clock.now(), kind);
  }

  /** Takes a booking back: the request certainly never left this machine. */
  refund(booking: number): void {
    this.#ledger.refund(booking);
  }

  /** Smartcar said 430: nothing more this month. */
  exhaust(id: VehicleId): void {
    this.#ledger.setCeiling(id, this.#clock.now());
  }
}

/**
 * The interval that keeps polling within the budget. The wanted one holds while the month's use is no more than a fifth
 * of the budget ahead of an even pace; beyond that what is left is spread over the rest of the month.
 */
export function pacedInterval(view: BudgetView, wantedMs: number, now: number): number {
  if (view.forPolling === null || view.budget === 0) return wantedMs;
  const start = monthStart(now);
  const elapsed = (now - start) / (view.resetsAt - start);
  if (view.used <= view.budget * elapsed + view.budget / 5) return wantedMs;
  return Math.max(wantedMs, (view.resetsAt - now) / Math.max(1, view.forPolling));
}
