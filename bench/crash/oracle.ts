import { between } from "../economy/random.ts";

/** One value of one signal, as a delivery tells it. Its number is its value, so that it is known again anywhere. */
export interface Fact {
  readonly number: number;
  readonly vehicleId: string;
  readonly code: string;
  /** null: the maker's time is not known. */
  readonly oemUpdatedAt: number | null;
  readonly retrievedAt: number;
  readonly sequence: number;
}

export interface Delivery {
  readonly eventId: string;
  readonly vehicleId: string;
  readonly sequence: number;
  readonly facts: readonly Fact[];
}

/** What was found on disk: the held fact's number per signal, and the events that are set aside. */
export interface Found {
  readonly held: ReadonlyMap<string, number>;
  readonly setAside: ReadonlySet<string>;
}

const SIGNALS_PER_CAR = 12;
const SPREAD_S = 90;

export const keyOf = ({ vehicleId, code }: Pick<Fact, "vehicleId" | "code">): string => `${vehicleId}/${code}`;

/** Makes up deliveries, remembers which were acknowledged, and knows by the contract's rule what must be held. */
export class Oracle {
  readonly #random: () => number;
  readonly #vehicles: readonly string[];
  readonly #facts = new Map<number, Fact>();
  /** The newest acknowledged fact of each signal and the event that told it. */
  readonly #newest = new Map<string, { readonly fact: Fact; readonly eventId: string }>();
  #numbers = 0;
  acknowledged = 0;
  deliveries = 0;

  constructor(vehicles: readonly string[], random: () => number) {
    this.#vehicles = vehicles;
    this.#random = random;
  }

  /** A delivery of one to four signals whose times lie in the last minutes, in no order and often equal. */
  next(now: number): Delivery {
    const random = this.#random;
    const vehicleId = this.#vehicles[between(random, 0, this.#vehicles.length - 1)] ?? "";
    const sequence = ++this.deliveries;
    const codes = new Set(
      Array.from({ length: between(random, 1, 4) }, () => `crash-n${between(random, 1, SIGNALS_PER_CAR)}`),
    );
    const facts = [...codes].map((code): Fact => {
      const at = (Math.floor(now / 1_000) - between(random, 0, SPREAD_S)) * 1_000;
      const fact: Fact = {
        number: ++this.#numbers,
        vehicleId,
        code,
        oemUpdatedAt: random() < 0.05 ? null : at,
        retrievedAt: at + between(random, 0, 1) * 1_000,
        sequence,
      };
      this.#facts.set(fact.number, fact);
      return fact;
    });
    return { eventId: `crash-event-${sequence}`, vehicleId, sequence, facts };
  }

  acknowledge({ facts, eventId }: Delivery): void {
    this.acknowledged++;
    for (const fact of facts) {
      const before = this.#newest.get(keyOf(fact));
      if (before === undefined || compare(before.fact, fact) < 0) this.#newest.set(keyOf(fact), { fact, eventId });
    }
  }

  /** Acknowledged facts that are neither held, nor outdated by a newer one that was sent, nor set aside. */
  missing({ held, setAside }: Found): string[] {
    const missing: string[] = [];
    for (const [key, { fact, eventId }] of this.#newest) {
      const number = held.get(key);
      const found = number === undefined ? undefined : this.#facts.get(number);
      if (found !== undefined && compare(found, fact) >= 0) continue;
      if (!setAside.has(eventId))
        missing.push(`${key}: ${JSON.stringify(fact)} but ${JSON.stringify(found ?? number)}`);
    }
    return missing;
  }
}

/** The contract's order (section 6); sequences differ, so arrival never decides. */
function compare(a: Fact, b: Fact): number {
  const [oemA, oemB] = [a.oemUpdatedAt ?? 0, b.oemUpdatedAt ?? 0];
  return oemA - oemB || a.retrievedAt - b.retrievedAt || a.sequence - b.sequence;
}
