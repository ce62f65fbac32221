import type { Change } from "./change.ts";
import type { SignalCode, VehicleId } from "./ids.ts";
import { merge } from "./merge.ts";
import type { Batch } from "./observation.ts";
import { acceptAll, byCourse } from "./plausibility.ts";
import {
  applyReport,
  clearNoData,
  clearOrigin,
  type Problem,
  type ProblemChange,
  type ProblemOrigin,
} from "./problem.ts";
import { type HeldSignal, isUsable } from "./signal.ts";
import type { VehicleState } from "./state.ts";

/** How a batch is to be taken. */
export interface FoldRules {
  readonly origin: ProblemOrigin;
  /** Problems of this origin are disproved by what came. */
  readonly clears: boolean;
  /** Whether a signal's values are taken as they come. */
  readonly accepts: (code: SignalCode) => boolean;
}

/** One vehicle's next state while a transaction is being put together. */
export class Draft {
  readonly vehicleId: VehicleId;
  readonly #previous: VehicleState;
  #signals: Map<SignalCode, HeldSignal> | undefined;
  #problems: VehicleState["problems"];
  #heardAt: number | null = null;
  #carried: Set<SignalCode> | undefined;
  readonly #codes = new Set<SignalCode>();
  readonly #raised: Problem[] = [];
  readonly #cleared: Problem[] = [];

  constructor(vehicleId: VehicleId, previous: VehicleState) {
    this.vehicleId = vehicleId;
    this.#previous = previous;
    this.#problems = previous.problems;
  }

  fold(batch: Batch, { origin, clears, accepts }: FoldRules): void {
    for (const observation of batch.observations) {
      const held = (this.#signals ?? this.#previous.signals).get(observation.code);
      const { signal, changed } = merge(held, observation, accepts(observation.code) ? acceptAll : byCourse);
      if (signal === held) continue;
      this.#signals ??= new Map(this.#previous.signals);
      this.#signals.set(observation.code, signal);
      if (changed) this.#codes.add(observation.code);
    }
    if (batch.observations.some(isUsable)) this.#note(clearNoData(this.#problems));
    for (const report of batch.problems) this.#note(applyReport(this.#problems, report, origin));
    while (clears && this.#note(clearOrigin(this.#problems, origin)));
  }

  /** A delivery told something of this vehicle. One kept aside and read later was contact when it came. */
  heard({ observations, receivedAt }: Batch): void {
    this.#heardAt = Math.max(this.#heardAt ?? this.#previous.lastWebhookAt ?? 0, receivedAt);
    for (const { code } of observations) {
      if ((this.#carried ?? this.#previous.carried).has(code)) continue;
      this.#carried ??= new Set(this.#previous.carried);
      this.#carried.add(code);
    }
  }

  change(): Change {
    return {
      vehicleId: this.vehicleId,
      previous: this.#previous,
      state: {
        signals: this.#signals ?? this.#previous.signals,
        problems: this.#problems,
        lastWebhookAt: this.#heardAt ?? this.#previous.lastWebhookAt,
        carried: this.#carried ?? this.#previous.carried,
      },
      codes: this.#codes,
      raised: this.#raised,
      cleared: this.#cleared,
    };
  }

  #note(change: ProblemChange | null): boolean {
    if (change === null) return false;
    this.#problems = change.problems;
    if (change.raised !== null) this.#raised.push(change.raised);
    if (change.cleared !== null) this.#cleared.push(change.cleared);
    return true;
  }
}
