import { minutes } from "../lib/duration.ts";
import { jsonEqual } from "../lib/json.ts";
import {
  beginCounter,
  continueCounter,
  type EnergyCounter,
  type EnergySource,
  expectedKwh,
  NO_POWER,
  type PowerIntegral,
  powerKwh,
  readCounter,
  readPower,
} from "./charging-energy.ts";
import {
  type ChargingFacts,
  type ChargingPhase,
  chargingFacts,
  chargingPhase,
  type Fact,
  type Place,
} from "./charging-facts.ts";
import type { VehicleState } from "./state.ts";

/** The session that is going on, or the last one: facts that come late still belong to it, and it may go on. */
export interface ChargingSession {
  readonly start: number;
  readonly end: number | null;
  /** It was going on already when the car was first seen: what was before is not in it. */
  readonly partial: boolean;
  /** The newest fact that showed the car charging. */
  readonly chargingAt: number;
  readonly unplugged: boolean;
  readonly socStart: number | null;
  readonly soc: Fact<number> | null;
  readonly capacityKwh: number | null;
  readonly counter: EnergyCounter;
  readonly power: PowerIntegral;
  readonly location: Place | null;
  readonly atHome: boolean | null;
  /** What the energy total already holds of it. */
  readonly bookedKwh: number;
}

/** What is kept of one vehicle's charging. */
export interface ChargingLedger {
  readonly session: ChargingSession | null;
  /** Energy of all sessions ever seen. Never falls. */
  readonly energyTotalKwh: number;
}

/** A session as it is told. Told again with the same start, it replaces what was told before. */
export interface FinishedSession {
  readonly start: number;
  readonly end: number;
  readonly partial: boolean;
  readonly energyKwh: number | null;
  readonly energySource: EnergySource | null;
  readonly socStart: number | null;
  readonly socEnd: number | null;
  readonly location: Place | null;
  readonly atHome: boolean | null;
}

export interface Tracked {
  /** The very same object when nothing changed. */
  readonly ledger: ChargingLedger | null;
  /** A session that has ended, to be kept; also one that ended before and has now become more exact. */
  readonly record: FinishedSession | null;
  /** Whether the record's session ended just now. */
  readonly ended: boolean;
}

/** Makers flap: so short a stop with the cable in is none. */
const FLAP_MS = minutes(3);
/** The last counter reading and state of charge mostly come a little after the end. */
const AFTERMATH_MS = minutes(15);

/**
 * Follows a car's charging through its states. Pure; all times are those of the facts, so that what arrives late still
 * falls into its place. What merging refused never gets here, so neither order nor repetition of arrivals matters.
 *
 * A session is told when it ends, without waiting whether the car flaps: if it goes on within three minutes, it is told
 * once more at its real end, with the same start.
 */
export function track(ledger: ChargingLedger | null, previous: VehicleState, state: VehicleState): Tracked {
  const facts = chargingFacts(state);
  const phase = chargingPhase(facts);
  if (ledger === null && phase === null) return { ledger, record: null, ended: false };
  const before: ChargingLedger = ledger ?? { session: null, energyTotalKwh: 0 };
  const session = follow(before.session, phase, facts, chargingFacts(previous));
  const after = session === null ? before : booked(before, session, facts);
  if (ledger !== null && jsonEqual(before, after)) return { ledger, record: null, ended: false };
  const record = after.session === null ? null : recordOf(after.session);
  const was = before.session === null ? null : recordOf(before.session);
  return {
    ledger: after,
    record: jsonEqual(record, was) ? null : record,
    ended: record !== null && (was === null || was.start !== record.start),
  };
}

function follow(
  session: ChargingSession | null,
  phase: ChargingPhase | null,
  facts: ChargingFacts,
  previous: ChargingFacts,
): ChargingSession | null {
  if (session === null) return phase?.on ? opened(phase, facts, previous, wasGoingOn(previous)) : null;
  if (session.end === null) {
    if (phase === null) return absorbed(session, facts);
    return phase.on
      ? absorbed({ ...session, chargingAt: Math.max(session.chargingAt, phase.at) }, facts)
      : absorbed(closed(session, phase.ends, facts), facts);
  }
  // A fact from before the end says nothing about what came after it, whatever else has changed since.
  if (!phase?.on || phase.at <= session.end) {
    return absorbed(withCable(session, facts), facts, session.end + AFTERMATH_MS);
  }
  if (session.unplugged || phase.at - session.end > FLAP_MS) return opened(phase, facts, previous, false);
  const counter = continueCounter(session.counter, session.soc?.value ?? null);
  return absorbed({ ...session, end: null, chargingAt: phase.at, counter }, facts);
}

/** Nobody saw it begin: the car was charging, or unknown, before. */
function wasGoingOn(previous: ChargingFacts): boolean {
  return chargingPhase(previous)?.on !== false;
}

function opened(
  phase: ChargingPhase & { on: true },
  facts: ChargingFacts,
  previous: ChargingFacts,
  partial: boolean,
): ChargingSession {
  const start = partial ? phase.since : phase.at;
  const soc = partial ? facts.soc : socAt(start, previous.soc, facts.soc);
  const { energyAddedKwh: counted } = facts;
  // What the counter showed before the start is where counting begins; in a session half over, what it shows now.
  const baseline = partial || (counted !== null && counted.at < start) ? counted : previous.energyAddedKwh;
  return absorbed(
    {
      start,
      end: null,
      partial,
      chargingAt: phase.at,
      unplugged: false,
      socStart: soc?.value ?? null,
      soc,
      capacityKwh: null,
      counter: beginCounter(baseline?.value ?? null, (previous.soc ?? soc)?.value ?? null, !partial),
      power: NO_POWER,
      location: null,
      atHome: null,
      bookedKwh: 0,
    },
    facts,
  );
}

/** Of two states of charge the one nearer to an instant, unless the car drove in between. */
function socAt(at: number, before: Fact<number> | null, after: Fact<number> | null): Fact<number> | null {
  if (before === null || after === null) return after ?? before;
  if (after.at <= at || before.value > after.value) return after;
  return at - before.at < after.at - at ? before : after;
}

/** Ends at the first fact that shows it after the last one that showed charging. */
function closed(session: ChargingSession, ends: readonly number[], facts: ChargingFacts): ChargingSession {
  const later = ends.filter((at) => at > session.chargingAt);
  const end = later.length > 0 ? Math.min(...later) : Math.max(...ends);
  return withCable({ ...session, end: Math.max(session.start, end) }, facts);
}

function withCable(session: ChargingSession, { cable }: ChargingFacts): ChargingSession {
  const pulled = cable?.value === false && cable.at > session.chargingAt;
  return pulled && !session.unplugged ? { ...session, unplugged: true } : session;
}

/**
 * Takes in what the facts say about a session. What a poll brings long after the end still counts when it is what
 * shows the end; after that only what comes until `latest`.
 */
function absorbed(session: ChargingSession, facts: ChargingFacts, latest = Number.POSITIVE_INFINITY): ChargingSession {
  const { start, end } = session;
  const within = <T>(from: number, to: number, fact: Fact<T> | null) =>
    fact !== null && fact.at >= from && fact.at <= to ? fact : null;
  const before = end ?? Number.POSITIVE_INFINITY;

  const told = within(start, latest, facts.soc);
  // After the end the car may have been driven: only what is still higher belongs to the session.
  const lost = told !== null && told.at > before && told.value < (session.soc?.value ?? 0);
  const soc = told === null || lost ? session.soc : told;
  const capacityKwh = facts.capacityKwh?.value ?? session.capacityKwh;
  const battery = { soc: soc?.value ?? null, capacityKwh };
  const counted = within(start, latest, facts.energyAddedKwh);
  const watts = within(start, before, facts.powerW);
  return {
    ...session,
    soc,
    capacityKwh,
    counter: counted === null ? session.counter : readCounter(session.counter, counted.value, battery),
    power: watts === null ? session.power : readPower(session.power, watts),
    // It stands still while it charges, so the newest place is the most exact; where it drove then is no part of this.
    location: within(Number.NEGATIVE_INFINITY, before, facts.location)?.value ?? session.location,
    atHome: within(Number.NEGATIVE_INFINITY, before, facts.atHome)?.value ?? session.atHome,
  };
}

interface Energy {
  readonly kwh: number;
  readonly source: EnergySource;
}

/** The best that is known; a counter or power reading that stands at nothing gives way to the next. */
function energyOf(session: ChargingSession): Energy | null {
  const known = energiesOf(session);
  return known.find(({ kwh }) => kwh > 0) ?? known[0] ?? null;
}

function energiesOf({ start, end, counter, power, socStart, soc, capacityKwh }: ChargingSession): readonly Energy[] {
  const found: readonly { source: EnergySource; kwh: number | null }[] = [
    // A counter that was not read, or has not moved, knows nothing.
    { source: "energy_added", kwh: counter.fresh && counter.kwh === 0 ? null : counter.kwh },
    { source: "power", kwh: powerKwh(power, start, end) },
    { source: "battery", kwh: expectedKwh(socStart, { soc: soc?.value ?? null, capacityKwh }) },
  ];
  return found.flatMap(({ source, kwh }) => (kwh === null ? [] : [{ source, kwh }]));
}

/** While a session goes on only the best source there is counts: what a worse one guessed could not be taken back. */
function energySoFar(session: ChargingSession, facts: ChargingFacts): number {
  if (session.end !== null) return energyOf(session)?.kwh ?? 0;
  const best: EnergySource =
    facts.energyAddedKwh !== null ? "energy_added" : facts.powerW !== null ? "power" : "battery";
  return energiesOf(session).find(({ source }) => source === best)?.kwh ?? 0;
}

function booked({ energyTotalKwh }: ChargingLedger, session: ChargingSession, facts: ChargingFacts): ChargingLedger {
  const more = Math.max(0, energySoFar(session, facts) - session.bookedKwh);
  return {
    session: more === 0 ? session : { ...session, bookedKwh: session.bookedKwh + more },
    energyTotalKwh: energyTotalKwh + more,
  };
}

function recordOf(session: ChargingSession): FinishedSession | null {
  const { start, end, partial, socStart, soc, location, atHome } = session;
  if (end === null) return null;
  const energy = energyOf(session);
  return {
    start,
    end,
    partial,
    energyKwh: energy === null ? null : toWattHours(energy.kwh),
    energySource: energy?.source ?? null,
    socStart,
    socEnd: soc?.value ?? null,
    location,
    atHome,
  };
}

/** Rounds kWh to what meters show. */
export function toWattHours(kwh: number): number {
  return Math.round(kwh * 1_000) / 1_000;
}
