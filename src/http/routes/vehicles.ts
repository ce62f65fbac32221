import { z } from "zod";
import { days } from "../../lib/duration.ts";
import type { PollView } from "../../scheduler/poller.ts";
import { signalSpec } from "../../vehicle/catalogue.ts";
import type { FinishedSession } from "../../vehicle/charging-session.ts";
import { usualDelayMin } from "../../vehicle/freshness.ts";
import { type SignalCode, signalCode, type VehicleId } from "../../vehicle/ids.ts";
import { iso } from "../../vehicle/shown.ts";
import { publishedUnit, toPublishedUnit } from "../../vehicle/units.ts";
import type { Vehicle } from "../../vehicle/vehicle.ts";
import { type CarFacts, identityOf, problemView, readingRows, signalRows, summaryOf } from "../car-view.ts";
import { type Endpoints, Refused } from "../endpoints.ts";
import {
  type CommandRow,
  History,
  type Polling,
  type Session,
  SessionList,
  VehicleDetail,
  VehicleList,
} from "../schema/vehicles.ts";

export interface DayCalls {
  readonly day: string;
  readonly polls: number;
  readonly commands: number;
}

/** What these routes need of the rest. */
export interface Cars {
  list(): readonly Vehicle[];
  facts(vehicle: Vehicle): CarFacts;
  commands(vehicle: Vehicle): CommandRow[];
  polling(id: VehicleId): Polling;
  /** A signal's course in metric units, oldest first; thinned out to about `most` points. */
  history(
    id: VehicleId,
    code: SignalCode,
    from: number,
    to: number,
    most: number,
  ): readonly (readonly [number, number])[];
  sessions(id: VehicleId, from: number, to: number): readonly FinishedSession[];
}

const MOST_POINTS = 400;
const Id = z.object({ id: z.string().max(200).meta({ description: "id or topic name" }) });
const instant = z.iso.datetime({ offset: true }).optional();
const Span = z.object({ from: instant, to: instant });

export function vehicleRoutes(api: Endpoints, cars: Cars, now: () => number): void {
  const find = (name: string): Vehicle => {
    const vehicle = cars.list().find(({ id, topic }) => id === name || topic === name);
    if (vehicle === undefined) throw new Refused(404, "UNKNOWN_VEHICLE", `no vehicle has the id or topic ${name}`);
    return vehicle;
  };
  const span = ({ from, to }: z.output<typeof Span>, defaultMs: number) => {
    const end = to === undefined ? now() : Date.parse(to);
    return { from: from === undefined ? end - defaultMs : Date.parse(from), to: end };
  };

  api.get("/api/vehicles", { about: "every car at a glance", answer: VehicleList }, () => ({
    vehicles: cars.list().map((vehicle) => summaryOf(cars.facts(vehicle))),
  }));

  api.get("/api/vehicles/:id", { about: "everything about a car", params: Id, answer: VehicleDetail }, ({ params }) => {
    const vehicle = find(params.id);
    const facts = cars.facts(vehicle);
    return {
      ...identityOf(facts),
      usual_delay_min: usualDelayMin(vehicle.make),
      readings: readingRows(facts),
      problems: [...facts.state.problems.values()].map((problem) => problemView(problem, vehicle.make)),
      signals: signalRows(facts),
      commands: cars.commands(vehicle),
      polling: cars.polling(vehicle.id),
    };
  });

  api.get(
    "/api/vehicles/:id/history",
    {
      about: "the course of a signal, thinned out; a day unless told otherwise",
      params: Id,
      query: Span.extend({ code: z.string().max(200) }),
      answer: History,
    },
    ({ params, query }) => {
      const vehicle = find(params.id);
      const code = signalCode(query.code);
      const [reading] = signalSpec(code)?.readings ?? [];
      const { units } = cars.facts(vehicle);
      const quantity = reading?.quantity ?? "none";
      const { from, to } = span(query, days(1));
      const metric = publishedUnit(quantity, "metric");
      return {
        code,
        label: reading?.label ?? code,
        unit: publishedUnit(quantity, units),
        from: new Date(from).toISOString(),
        to: new Date(to).toISOString(),
        points: cars
          .history(vehicle.id, code, from, to, MOST_POINTS)
          .map(([at, value]): [number, number] => [at, toPublishedUnit(value, metric, quantity, units) ?? value]),
      };
    },
  );

  api.get(
    "/api/vehicles/:id/sessions",
    {
      about: "charging sessions, newest first; 90 days unless told otherwise",
      params: Id,
      query: Span,
      answer: SessionList,
    },
    ({ params, query }) => {
      const vehicle = find(params.id);
      const { from, to } = span(query, days(90));
      return {
        energy_total_kwh: cars.facts(vehicle).energyTotal,
        sessions: cars.sessions(vehicle.id, from, to + 1).map(sessionView),
      };
    },
  );
}

function sessionView(session: FinishedSession): Session {
  return {
    start: new Date(session.start).toISOString(),
    end: new Date(session.end).toISOString(),
    partial: session.partial,
    energy_kwh: session.energyKwh,
    energy_source: session.energySource,
    soc_start: session.socStart,
    soc_end: session.socEnd,
    location: session.location,
    at_home: session.atHome,
  };
}

/** What happens next with a car's polls, what the month has cost, and where that leads. */
export function pollingView(view: PollView, reserve: number, perDay: readonly DayCalls[], now: number): Polling {
  const { settings, next, lastPollAt, budget } = view;
  return {
    mode: settings.mode,
    reason: next.reason,
    interval_s: Math.round(next.intervalMs / 1_000),
    next_poll_at: iso(next.dueAt === null ? null : Math.round(next.dueAt)),
    last_poll_at: iso(lastPollAt),
    calls_used: budget.used,
    calls_remaining: budget.remaining,
    budget: budget.budget,
    resets_at: iso(budget.resetsAt),
    reserve,
    forecast: forecastOf(view, now),
    per_day: [...perDay],
  };
}

/** Used by the month's end if polling goes on at its present interval; pacing keeps it below the budget. */
function forecastOf({ next, budget }: PollView, now: number): number {
  if (next.dueAt === null || next.intervalMs <= 0) return budget.used;
  const leftMs = budget.resetsAt - Math.max(now, next.dueAt);
  const polls = leftMs <= 0 ? 0 : 1 + Math.floor(leftMs / next.intervalMs);
  const most = budget.forPolling ?? Number.POSITIVE_INFINITY;
  return budget.used + Math.min(polls, most);
}
