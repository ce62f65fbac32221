import { isOutOfReach } from "./capability.ts";
import { signalSpec } from "./catalogue.ts";
import type { SignalCode } from "./ids.ts";
import type { Observation, SignalError } from "./observation.ts";
import { byCourse, outOfRange } from "./plausibility.ts";
import { type ReadingValue, readingsOf } from "./readings.ts";
import { compareAge, type HeldSignal, standing } from "./signal.ts";
import type { VehicleState } from "./state.ts";
import type { UnitSystem } from "./units.ts";

/**
 * All readings of a vehicle by name, in the order of their names, so that a restart shows the same. Where two signals
 * tell the same reading, the newer fact is shown. What the car cannot report, or its owner does not share, is not
 * shown at all. Pure.
 */
export function shownReadings(
  state: VehicleState,
  system: UnitSystem,
  accepts: (code: SignalCode) => boolean,
): ReadonlyMap<string, ReadingValue> {
  const shown = new Map<string, { value: ReadingValue; fact: Observation }>();
  for (const [code, signal] of state.signals) {
    const fact = signal.value;
    if (fact === null || fact.body === null || isOutOfReach(signal)) continue;
    for (const { name, value } of readingsOf(code, fact.body, system, { acceptAnything: accepts(code) })) {
      const other = shown.get(name);
      if (other === undefined || compareAge(fact, other.fact) > 0) shown.set(name, { value, fact });
    }
  }
  return new Map([...shown].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { value }]) => [name, value]));
}

/** Names of the readings that a signal yields with its present value. */
export function readingNames(state: VehicleState, code: SignalCode, system: UnitSystem): readonly string[] {
  const signal = state.signals.get(code);
  const body = signal?.value?.body ?? null;
  return signal === undefined || body === null || isOutOfReach(signal)
    ? []
    : readingsOf(code, body, system).map(({ name }) => name);
}

/** Signals that are new to us and tell a single value: worth an entity of their own, whatever they mean. */
export function unknownScalars(state: VehicleState): readonly SignalCode[] {
  const codes: SignalCode[] = [];
  for (const [code, signal] of state.signals) {
    const value = signal.value?.body?.["value"];
    const isScalar = ["string", "number", "boolean"].includes(typeof value);
    if (signalSpec(code) === undefined && isScalar && !isOutOfReach(signal)) codes.push(code);
  }
  return codes.sort();
}

/**
 * The JSON of `B/V/signals/<code>`: status and error as they stand, the last value with its own times. A value that is
 * not believed is shown all the same, with the reason as the error.
 */
export function signalDocument(signal: HeldSignal, fresh: boolean, accepted: boolean): object {
  const stands = standing(signal);
  const value = valueShown(signal);
  const fact = value ?? stands;
  return {
    code: signal.code,
    name: fact?.name ?? stands?.name ?? null,
    group: fact?.group ?? stands?.group ?? null,
    status: stands?.status ?? null,
    error: stands?.error ?? (accepted ? null : disbelief(signal)),
    body: value?.body ?? null,
    unit: typeof value?.body?.["unit"] === "string" ? value.body["unit"] : null,
    oem_updated_at: iso(fact?.oemUpdatedAt),
    retrieved_at: iso(fact?.retrievedAt),
    received_at: iso(fact?.receivedAt),
    source: fact?.source ?? null,
    fresh,
  };
}

/** When what {@link signalDocument} shows arrived: where these differ, so do the documents. */
export function shownReceivedAt(signal: HeldSignal): number | null {
  return (valueShown(signal) ?? standing(signal))?.receivedAt ?? null;
}

function valueShown({ value, refused }: HeldSignal): Observation | null {
  return refused ?? value;
}

/** Why the newest value is not believed, as an error of ours. */
export function disbelief({ code, value, refused }: HeldSignal): SignalError | null {
  const body = value?.body ?? null;
  const reason =
    value !== null && refused !== null ? byCourse(value, refused) : body === null ? null : outOfRange(code, body);
  return reason === null ? null : { type: "BRIDGE", code: "IMPLAUSIBLE", message: reason };
}

/** ISO 8601 in UTC, or null. */
export function iso(at: number | null | undefined): string | null {
  return at === null || at === undefined ? null : new Date(at).toISOString();
}
