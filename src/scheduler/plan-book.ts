import type { VehicleId } from "../vehicle/ids.ts";
import { NEW_PLAN, type Plan } from "./plan.ts";

/** What the book needs of a database. */
export interface PlanStore {
  load(): ReadonlyMap<VehicleId, Plan>;
  save(id: VehicleId, plan: Plan): void;
}

/** The plans of all vehicles, in memory and on disk. */
export class PlanBook {
  readonly #store: PlanStore;
  readonly #plans = new Map<VehicleId, Plan>();

  constructor(store: PlanStore) {
    this.#store = store;
  }

  load(): void {
    // A plan that an earlier version kept lacks what has been added since.
    for (const [id, plan] of this.#store.load()) this.#plans.set(id, { ...NEW_PLAN, ...plan });
  }

  of(id: VehicleId): Plan {
    return this.#plans.get(id) ?? NEW_PLAN;
  }

  save(id: VehicleId, plan: Plan): void {
    this.#plans.set(id, plan);
    this.#store.save(id, plan);
  }
}
