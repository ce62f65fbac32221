import type { Clock } from "../lib/clock.ts";
import { RefusedCall } from "./refusal.ts";

/** Counts the billed calls of each car in the calendar month (UTC) and refuses those beyond the plan. */
export class Billing {
  readonly #clock: Clock;
  readonly #used = new Map<string, number>();
  #month = "";
  #budget: number;

  constructor(clock: Clock, monthlyBudget: number) {
    this.#clock = clock;
    this.#budget = monthlyBudget;
  }

  get budget(): number {
    return this.#budget;
  }

  set budget(calls: number) {
    this.#budget = calls;
  }

  used(vehicleId: string): number {
    this.#turnMonth();
    return this.#used.get(vehicleId) ?? 0;
  }

  setUsed(vehicleId: string, calls: number): void {
    this.#turnMonth();
    this.#used.set(vehicleId, calls);
  }

  /** Bills one call. @throws RefusedCall with the unregistered status 430 when the month's budget is spent. */
  charge(vehicleId: string): void {
    const used = this.used(vehicleId);
    if (used >= this.#budget) {
      throw new RefusedCall({
        status: 430,
        type: "BILLING",
        code: "VEHICLE_REQUEST_LIMIT",
        detail: "The vehicle has used up its monthly request allowance.",
        resolution: { type: "CONTACT_SUPPORT" },
      });
    }
    this.#used.set(vehicleId, used + 1);
  }

  #turnMonth(): void {
    const month = new Date(this.#clock.now()).toISOString().slice(0, 7);
    if (month === this.#month) return;
    this.#month = month;
    this.#used.clear();
  }
}
