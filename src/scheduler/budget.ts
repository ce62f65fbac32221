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
  /** When calls were lost with a broken database, or null. */
  lostAt(): number | null;
}

export interface BudgetView {
  readonly used: number;
  /** Calls still allowed this month; null without a limit. */
  readonly remaining: number | null;
  /** Calls polling may still make; null without a limit. */
  readonly forPolling: number | null;
  readonly budget: number;
  readonly resetsAt: number;
  /** Calls made earlier this month are not known, so `used` begins with an estimate. */
  readonly estimated?: true;
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
    const { used, ...estimate } = this.#used(id, now);
    const ceilingAt = this.#ledger.ceilingAt(id);
    const spent = ceilingAt !== null && ceilingAt >= monthStart(now);
    if (monthly === 0) {
      const none = spent ? 0 : null;
      return { used, remaining: none, forPolling: none, budget: 0, resetsAt: nextMonthStart(now), ...estimate };
    }
    const remaining = spent ? 0 : Math.max(0, monthly - used);
    return {
      // Smartcar's own count is the one that matters: on its word the tally snaps to the ceiling.
      used: spent ? Math.max(used, monthly) : used,
      remaining,
      forPolling: Math.max(0, remaining - reserve),
      budget: monthly,
      resetsAt: nextMonthStart(now),
      ...estimate,
    };
  }

  /**
   * Calls booked this month. Of those lost with a broken database as many count as an even pace would have made until
   * then; the reserve remains for commands.
   */
  #used(id: VehicleId, now: number): { readonly used: number; readonly estimated?: true } {
    const counted = this.#ledger.countSince(id, monthStart(now));
    const lostAt = this.#ledger.lostAt();
    if (lostAt === null || lostAt < monthStart(now)) return { used: counted };
    const { monthly, reserve } = this.#limits;
    const since = this.#ledger.countSince(id, lostAt);
    const lost = Math.min(monthly - reserve, Math.ceil(evenPace(monthly, lostAt)));
    return { used: Math.max(counted - since, lost) + since, estimated: true };
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

/** The part of the budget by which polling may be ahead of an even pace. */
const HEAD_START = 1 / 5;

/** Calls that an even pace has used of the month's budget by `now`. */
function evenPace(budget: number, now: number): number {
  const start = monthStart(now);
  return (budget * (now - start)) / (nextMonthStart(now) - start);
}

/**
 * The interval that keeps polling within the budget. The wanted one holds while the month's use is no more than a fifth
 * of the budget ahead of an even pace; beyond that what is left is spread over the rest of the month.
 */
export function pacedInterval(view: BudgetView, wantedMs: number, now: number): number {
  if (view.forPolling === null || view.budget === 0) return wantedMs;
  if (view.used <= evenPace(view.budget, now) + view.budget * HEAD_START) return wantedMs;
  return Math.max(wantedMs, (view.resetsAt - now) / Math.max(1, view.forPolling));
}
