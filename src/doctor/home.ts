import { NO_DATA } from "../vehicle/problem.ts";
import type { KnownCar } from "./account.ts";
import { failed, type Link, needs, notKnown, ok } from "./link.ts";

/** What is stored of the cars, without asking anybody. */
export function readingsLink(cars: readonly KnownCar[]): Link {
  if (cars.length === 0) return needs("readings", "connections");
  const empty = cars.filter(({ state }) => [...state.problems.values()].some(({ type }) => type === NO_DATA));
  if (empty.length > 0) return emptyStoreLink(empty.map(({ vehicle }) => vehicle.name).join(", "));
  const told = cars.filter(({ state }) => [...state.signals.values()].some(({ value }) => value !== null));
  if (told.length === 0) return notKnown("readings", "no car has told anything yet; --billed reads one car");
  return ok("readings", told.map(({ vehicle, state }) => `${vehicle.name}: ${state.signals.size} signals`).join(", "));
}

export function emptyStoreLink(name: string): Link {
  const fix = "create a webhook in Smartcar's dashboard, verify it and subscribe the car; data follow within minutes";
  return failed("readings", `${name}: Smartcar answers, but holds no data of the car (empty store)`, fix);
}

export interface ReadFacts {
  readonly name: string;
  readonly usable: number;
  readonly incapable: number;
  readonly ungranted: number;
  /** Read, but not carried by the webhook: a plan locks them there. */
  readonly uncarried: number | null;
}

/** What the one billed read showed. */
export function readLink({ name, usable, incapable, ungranted, uncarried }: ReadFacts): Link {
  const parts = [`${usable} values`];
  if (incapable > 0) parts.push(`${incapable} that the car cannot give`);
  if (ungranted > 0) parts.push(`${ungranted} that the owner did not grant`);
  if (uncarried !== null && uncarried > 0) {
    parts.push(`${uncarried} that the webhook does not carry (not chosen, or locked in your plan), so they are polled`);
  }
  return { ...ok("readings", `${name}: ${parts.join(", ")}`), cost: "billed" };
}

export interface BudgetFacts {
  readonly name: string;
  readonly used: number;
  readonly remaining: number | null;
  readonly forPolling: number | null;
  readonly budget: number;
  readonly resetsAt: number;
  /** `used` begins with an estimate, since calls were lost with a broken database. */
  readonly estimated?: true;
}

export function budgetLink(cars: readonly BudgetFacts[]): Link {
  if (cars.length === 0) return needs("budget", "connections");
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  const spent = cars.filter(({ remaining }) => remaining === 0);
  if (spent.length > 0) {
    const detail = spent
      .map(
        ({ name, used, budget, resetsAt }) =>
          `${name}: ${budget === 0 ? used : `${used} of ${budget}`} calls used up until ${day(resetsAt)}`,
      )
      .join("; ");
    const fix =
      "wait for the month to turn (webhooks go on), or raise polling.monthly_budget if your plan has more calls";
    return failed("budget", detail, fix);
  }
  const told = cars.map(({ name, used, budget, forPolling, estimated }) => {
    const left = forPolling === 0 ? ", what is left is the reserve for commands" : "";
    const guess = estimated === true ? ", partly estimated since a broken database lost some" : "";
    return `${name}: ${used} of ${budget === 0 ? "unlimited" : budget} calls used this month${left}${guess}`;
  });
  return ok("budget", told.join("; "));
}

export interface BrokerFacts {
  readonly connected: boolean;
  /** What is wrong; null when nothing is. */
  readonly detail: string | null;
  readonly fix: string | null;
}

export function brokerLink({ connected, detail, fix }: BrokerFacts): Link {
  return connected && detail === null ? ok("broker", "connected") : failed("broker", detail ?? "not connected", fix);
}

export interface DiscoveryFacts {
  readonly enabled: boolean;
  /** Whether the broker could be asked, or is known to hold what it confirmed. */
  readonly looked: boolean;
  readonly cars: number;
  /** Names of cars whose document the broker does not hold. */
  readonly missing: readonly string[];
  /** The bridge runs and may simply not be there yet. */
  readonly settling: boolean;
}

export function discoveryLink({ enabled, looked, cars, missing, settling }: DiscoveryFacts): Link {
  if (!enabled) return ok("discovery", "switched off (homeassistant.enabled)");
  if (!looked) return needs("discovery", "broker");
  if (cars === 0) return needs("discovery", "connections");
  if (missing.length === 0) return ok("discovery", `the broker holds the document of every car (${cars})`);
  if (settling) return notKnown("discovery", `not announced yet: ${missing.join(", ")}`);
  const fix =
    "start the bridge: it announces them; if it runs, let its user write below homeassistant.discovery_prefix";
  return failed("discovery", `the broker holds no document of: ${missing.join(", ")}`, fix);
}

export interface DiskFacts {
  readonly path: string;
  readonly failure: { readonly message: string; readonly hint: string | null } | null;
  readonly freeBytes: number | null;
  readonly version: number | null;
  /** Why a new database was started, in words; null when that did not happen. */
  readonly incident: string | null;
  /** That others on this machine may read it, in words; null when they may not. */
  readonly exposure: string | null;
}

const LITTLE_BYTES = 50 * 1024 * 1024;

export function diskLink({ path, failure, freeBytes, version, incident, exposure }: DiskFacts): Link {
  if (failure !== null) return failed("disk", failure.message, failure.hint);
  if (incident !== null) {
    return failed("disk", incident, "restore a backup (docs/backup.md), or go on with the new database and restart");
  }
  const free = freeBytes === null ? "" : `, ${Math.floor(freeBytes / 1024 / 1024)} MiB free`;
  if (freeBytes !== null && freeBytes < LITTLE_BYTES) {
    return failed("disk", `${path}${free}: too little to go on for long`, "free some space where data_dir is");
  }
  if (version === null) return ok("disk", `${path} can be written${free}; no database yet`);
  const exposed = exposure === null ? "" : `; ${exposure}`;
  return ok("disk", `${path} is sound (schema ${version})${free}${exposed}`);
}
