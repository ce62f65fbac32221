import { isOutOfReach } from "../vehicle/capability.ts";
import { standing } from "../vehicle/signal.ts";
import type { VehicleState } from "../vehicle/state.ts";
import type { Vehicle } from "../vehicle/vehicle.ts";
import { failed, hintOf, type Link, needs, notKnown, ok } from "./link.ts";

/** A value that looks like a slip, with the key it stands under. */
export interface Slip {
  readonly key: string;
  readonly what: string;
  readonly mend: string;
}

/** A car and what is held of it. */
export interface KnownCar {
  readonly vehicle: Vehicle;
  readonly state: VehicleState;
}

export function configurationLink(warnings: readonly string[]): Link {
  if (warnings.length === 0) return ok("configuration", "valid");
  return ok("configuration", `valid, but look at: ${warnings.join("; ")}`);
}

export function wrongConfigurationLink(problems: readonly string[]): Link {
  return failed("configuration", problems.join("; "), "mend what is named; smartcar2mqtt check-config says it again");
}

/** `accepted`: a token was issued, so whatever they look like, client id and secret are right. */
export function credentialsLink(slips: readonly Slip[], accepted: boolean): Link {
  const proven = new Set(accepted ? ["smartcar.client_id", "smartcar.client_secret"] : []);
  const wrong = slips.filter(({ key }) => !proven.has(key));
  if (wrong.length === 0) return ok("credentials", "each looks like what its box is for");
  const detail = wrong.map(({ key, what }) => `${key} ${what}`).join("; ");
  return failed("credentials", detail, wrong.map(({ key, mend }) => `${key}: ${mend}`).join("; "));
}

export interface TokenFacts {
  readonly valid: boolean;
  readonly error: (Error & { readonly disposition: string }) | null;
}

/** A wrong secret is somebody's to mend, an outage is nobody's: the words must not send people looking for a typo. */
export function tokenLink({ valid, error }: TokenFacts): Link {
  if (valid) return ok("token", "Smartcar accepts the credentials");
  if (error === null) return notKnown("token", "not asked for yet");
  const isTheirs = error.disposition !== "fix-config";
  return failed(
    "token",
    isTheirs ? `${error.message}; your credentials were not judged` : error.message,
    hintOf(error),
  );
}

export interface ConnectionFacts {
  readonly error: Error | null;
  /** Null while the list was not read. */
  readonly connected: number | null;
}

export function connectionsLink({ error, connected }: ConnectionFacts): Link {
  if (error !== null) return failed("connections", error.message, hintOf(error));
  if (connected === null) return notKnown("connections", "not listed yet");
  if (connected > 0) return ok("connections", `${connected} connected`);
  const fix =
    "connect a car with Smartcar Connect (smartcar2mqtt connect-url prints the link); smartcar.mode decides whether live or simulated cars are listed";
  return failed("connections", "no car is connected to this application", fix);
}

/** `unreadable`: connections that do not say whose they are; without a user id no car can be asked anything. */
export function userIdsLink({ error, connected }: ConnectionFacts, unreadable: number): Link {
  if (error !== null || connected === null) return needs("user ids", "connections");
  if (unreadable > 0) {
    const fix = "have the owner connect the car again; if it stays so, tell Smartcar's support";
    return failed("user ids", `${unreadable} connections come without a usable car or user id`, fix);
  }
  if (connected === 0) return needs("user ids", "connections");
  return ok("user ids", "every connection names its user");
}

/** What a car is of little use without. Owners rightly keep other things back, such as their profile or the position. */
const CORE = new Set([
  "tractionbattery-stateofcharge",
  "internalcombustionengine-fuellevel",
  "odometer-traveleddistance",
  "charge-ischarging",
  "closure-islocked",
]);
const NAMED = 6;

export function permissionsLink(cars: readonly KnownCar[]): Link {
  const fix =
    "choose the permission in Smartcar's dashboard (Vehicle Access) and have the owner connect the car again: smartcar2mqtt connect-url";
  const lacking = cars.flatMap(({ vehicle, state }) => {
    const problem = [...state.problems.values()].find(({ type }) => type === "PERMISSION");
    const kept = ungranted(state).filter((code) => CORE.has(code));
    if (kept.length > 0) return [`${vehicle.name}: not granted: ${kept.slice(0, NAMED).join(", ")}`];
    return problem === undefined ? [] : [`${vehicle.name}: ${problem.message}`];
  });
  if (lacking.length > 0) return failed("permissions", lacking.join("; "), fix);
  const others = new Set(cars.flatMap(({ state }) => ungranted(state)));
  const known = cars.some(({ state }) => state.signals.size > 0);
  if (!known) return notKnown("permissions", "shows once a car has told something");
  if (others.size === 0) return ok("permissions", "nothing is kept back");
  return ok("permissions", `the owner keeps back: ${[...others].sort().join(", ")}`);
}

function ungranted(state: VehicleState): string[] {
  return [...state.signals.values()]
    .filter((signal) => isOutOfReach(signal) && standing(signal)?.error?.type === "PERMISSION")
    .map(({ code }) => code);
}
