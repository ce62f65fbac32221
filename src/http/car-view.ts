import { helpAbout } from "../lib/project.ts";
import { isOutOfReach, signalCapabilities } from "../vehicle/capability.ts";
import { CATALOGUE, READINGS, signalSpec } from "../vehicle/catalogue.ts";
import type { SignalCode } from "../vehicle/ids.ts";
import { probablePermission } from "../vehicle/permission.ts";
import { cutsOff, explanationOf, foremost, type Problem as HeldProblem } from "../vehicle/problem.ts";
import { quirkHint } from "../vehicle/quirk.ts";
import { readingsOf } from "../vehicle/readings.ts";
import { disbelief, iso, shownReadings } from "../vehicle/shown.ts";
import { compareAge, type HeldSignal, standing } from "../vehicle/signal.ts";
import { updatedAt, type VehicleState } from "../vehicle/state.ts";
import { publishedUnit, type UnitSystem } from "../vehicle/units.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import type { Problem, Reading, SignalRow, VehicleSummary } from "./schema/vehicles.ts";

/** What a card shows of a car. */
const GLANCE: ReadonlySet<string> = new Set([
  "battery",
  "range",
  "fuel_percent",
  "fuel_range",
  "charging",
  "charging_status",
  "charging_cable_plugged_in",
  "charge_limit",
  "charging_power",
  "time_to_complete",
  "lock",
  "location",
  "odometer",
  "asleep",
  "online",
]);

export interface CarFacts {
  readonly vehicle: Vehicle;
  readonly state: VehicleState;
  readonly units: UnitSystem;
  /** Signals whose value has outlived its expected cadence. */
  readonly stale: ReadonlySet<SignalCode>;
  readonly accepts: (code: SignalCode) => boolean;
  readonly webhookCarries: (code: SignalCode) => boolean | null;
  readonly lockEcho: string | null;
  readonly energyTotal: number | null;
}

export function summaryOf(facts: CarFacts): VehicleSummary {
  return { ...identityOf(facts), readings: readingRows(facts).filter(({ name }) => GLANCE.has(name)) };
}

export function identityOf({ vehicle, state }: CarFacts): Omit<VehicleSummary, "readings"> {
  const problem = foremost(state.problems);
  const { id, topic, name, make, model, year, powertrain, mode } = vehicle;
  return {
    id,
    topic,
    name,
    make,
    model,
    year,
    powertrain,
    mode,
    available: vehicle.connected && ![...state.problems.values()].some(cutsOff),
    updated_at: iso(updatedAt(state)),
    last_webhook_at: iso(state.lastWebhookAt),
    problem: problem === null ? null : problemView(problem, vehicle.make),
  };
}

export function problemView(problem: HeldProblem, make: string | null): Problem {
  const { type, code, action, url, since } = problem;
  const hint = quirkHint(make, "problem", code ?? type);
  const message = hint === null ? problem.message : `${problem.message} ${hint}`;
  const explained = explanationOf(problem);
  const help = explained === null ? null : helpAbout("problem", explained);
  return { type, code, message, action, url, help, since: iso(since) };
}

/** Every reading as it is published, with where and when it comes from. */
export function readingRows(facts: CarFacts): Reading[] {
  const { state, units, accepts, stale, lockEcho, energyTotal } = facts;
  const origins = originsOf(state, units, accepts);
  const rows: Reading[] = [];
  for (const [name, value] of shownReadings(state, units, accepts)) {
    const spec = READINGS.get(name);
    const signal = origins.get(name);
    const fact = signal?.value ?? null;
    rows.push({
      name,
      label: spec?.label ?? name,
      value: name === "lock" && lockEcho !== null ? lockEcho : value,
      unit: spec === undefined ? null : publishedUnit(spec.quantity, units),
      group: signal === undefined ? null : (signalSpec(signal.code)?.group ?? null),
      code: signal?.code ?? null,
      source: fact?.source ?? null,
      oem_updated_at: iso(fact?.oemUpdatedAt),
      retrieved_at: iso(fact?.retrievedAt),
      received_at: iso(fact?.receivedAt),
      fresh: signal === undefined || !stale.has(signal.code),
      error: signal === undefined ? null : (errorText(signal) ?? disbeliefText(signal, accepts)),
    });
  }
  if (energyTotal !== null) {
    const own = { group: null, code: null, source: null, oem_updated_at: null, retrieved_at: null, received_at: null };
    rows.push({
      name: "energy_total",
      label: "Energy charged in all",
      value: energyTotal,
      unit: "kWh",
      ...own,
      fresh: true,
      error: null,
    });
  }
  return rows;
}

/** The signal that tells each reading; of two, the one with the newer fact, as where they are shown. */
function originsOf(
  state: VehicleState,
  units: UnitSystem,
  accepts: (code: SignalCode) => boolean,
): ReadonlyMap<string, HeldSignal> {
  const origins = new Map<string, HeldSignal>();
  for (const [code, signal] of state.signals) {
    const fact = signal.value;
    if (fact === null || fact.body === null || isOutOfReach(signal)) continue;
    for (const { name } of readingsOf(code, fact.body, units, { acceptAnything: accepts(code) })) {
      const other = origins.get(name)?.value ?? null;
      if (other === null || compareAge(fact, other) > 0) origins.set(name, signal);
    }
  }
  return origins;
}

/** The whole catalogue: what is there, and what each missing signal lacks. */
export function signalRows(facts: CarFacts): SignalRow[] {
  const { state, stale, webhookCarries } = facts;
  const capabilities = signalCapabilities(state, webhookCarries);
  const unknown = [...state.signals.keys()].filter((code) => signalSpec(code) === undefined);
  const codes = [...CATALOGUE.map(({ code }) => code), ...unknown.sort()];
  return codes.map((code) => {
    const spec = signalSpec(code);
    const signal = state.signals.get(code);
    const capability = capabilities[code];
    const carried = capability?.webhook ?? webhookCarries(code);
    const verdict = verdictOf(signal, carried, stale.has(code));
    return {
      code,
      label: spec === undefined ? (signal?.value?.name ?? code) : spelled(spec.name),
      group: spec?.group ?? signal?.value?.group ?? null,
      verdict,
      car: capability?.car ?? null,
      granted: capability?.granted ?? null,
      webhook: carried,
      last_seen: capability?.last_seen ?? null,
      advice: adviceOf(verdict, code, signal, carried),
    };
  });
}

function verdictOf(signal: HeldSignal | undefined, carried: boolean | null, stale: boolean): SignalRow["verdict"] {
  if (signal === undefined) return carried === false ? "webhook" : "never";
  const type = standing(signal)?.error?.type;
  if (type === "COMPATIBILITY") return "car";
  if (type === "PERMISSION") return "grant";
  if (signal.value === null) return "error";
  return stale ? "stale" : "here";
}

function adviceOf(
  verdict: SignalRow["verdict"],
  code: SignalCode,
  signal: HeldSignal | undefined,
  carried: boolean | null,
): string {
  switch (verdict) {
    case "here":
      return carried === false ? "Here by polling; the webhook does not carry it." : "Here.";
    case "stale":
      return "Older than this car usually tells it: it is asleep or parked, or its maker is late.";
    case "car":
      return "The car cannot report this. Nothing to do.";
    case "grant":
      return `Not granted by the owner${permissionHint(code)}. Tick it under Vehicle Access in Smartcar's dashboard, then connect the car again.`;
    case "error":
      return (signal === undefined ? null : errorText(signal)) ?? "Smartcar has no value for it.";
    case "webhook":
      return "The webhook does not carry it, and no poll has brought it. Tick it under data of the webhook, if your plan offers it.";
    case "never":
      return `Never heard of. Tick it under data of the webhook${permissionHint(code)}; if it is ticked, the car does not tell it.`;
  }
}

function permissionHint(code: SignalCode): string {
  const permission = probablePermission(code);
  return permission === undefined ? "" : ` (probably ${permission})`;
}

/** What is not believed is shown as no value: here is why, and what the owner who knows better can do. */
function disbeliefText(signal: HeldSignal, accepts: (code: SignalCode) => boolean): string | null {
  const reason = accepts(signal.code) ? null : disbelief(signal);
  return reason === null
    ? null
    : `not believed: ${reason.message}. If it is right, add ${signal.code} to the car's accept.`;
}

function errorText(signal: HeldSignal): string | null {
  const error = standing(signal)?.error ?? null;
  if (error === null) return null;
  return error.message ?? (error.code ?? error.type).toLowerCase().replaceAll("_", " ");
}

/** `StateOfCharge` → `State of charge` */
function spelled(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2");
  return words
    .split(" ")
    .map((word, index) => (index === 0 || /^[A-Z]+$/.test(word) ? word : word.toLowerCase()))
    .join(" ");
}
