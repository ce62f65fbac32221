import type { FastifyInstance } from "fastify";
import type { Answer, Call } from "../call.ts";
import type { Car } from "../car.ts";
import { connectErrorPage, connectPage } from "../connect-page.ts";
import type { Exchange } from "../exchange.ts";
import type { Garage } from "../garage.ts";

const SECURITY_HEADERS = {
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
};

type Flow = "authorize" | "reauthenticate";

export interface ConnectRoutesOptions {
  readonly exchange: Exchange;
  readonly garage: Garage;
  readonly applicationId: string;
  /** The owner agreed; `scope` is what was asked for, or undefined for what the dashboard says. */
  readonly onAllowed: (car: Car, flow: Flow, scope: readonly string[] | undefined) => void;
}

/** Connect: a consent page whose links come back here, so that agreeing changes something before the browser returns. */
export function connectRoutes(app: FastifyInstance, options: ConnectRoutesOptions): void {
  const { exchange, garage } = options;
  for (const flow of ["authorize", "reauthenticate"] as const) {
    exchange.serve(app, "GET", `/oauth/${flow}`, (call) => {
      const problem = requestProblem(call, options.applicationId);
      if (problem !== null) return html(400, connectErrorPage(problem));
      const cars = offeredCars(garage, flow, call);
      const offers = cars.map((car) => ({ car: car.description, allowUrl: decisionUrl(call, flow, car.vehicleId) }));
      const title = flow === "authorize" ? "Connect your car" : "Sign in to your car again";
      return html(200, connectPage(title, offers, decisionUrl(call, flow, null)));
    });
    exchange.serve(app, "GET", `/oauth/${flow}/decision`, (call) => {
      const problem = requestProblem(call, options.applicationId);
      if (problem !== null) return html(400, connectErrorPage(problem));
      const chosen = call.query("allow");
      if (chosen === null) return back(call, { error: "access_denied", error_description: "User denied access" });
      const car = offeredCars(garage, flow, call).find(({ vehicleId }) => vehicleId === chosen);
      if (car === undefined) return back(call, { error: "no_vehicles", error_description: "There is no such car" });
      options.onAllowed(car, flow, scopeOf(call));
      return back(call, flow === "authorize" ? { user_id: car.userId } : { vehicle_id: car.vehicleId });
    });
  }
}

/** Why the owner cannot even be asked; shown instead of redirecting, since the address to return to may be the fault. */
function requestProblem(call: Call, applicationId: string): string | null {
  const given = call.query("application_id") ?? call.query("client_id");
  if (given !== applicationId) return "The application id is missing or unknown.";
  return redirectTarget(call) === null ? "The redirect URI is missing or no http(s) address." : null;
}

function redirectTarget(call: Call): URL | null {
  const text = call.query("redirect_uri");
  if (text === null || !URL.canParse(text)) return null;
  const url = new URL(text);
  return url.protocol === "https:" || url.protocol === "http:" ? url : null;
}

function offeredCars(garage: Garage, flow: Flow, call: Call): Car[] {
  const make = call.query("make")?.toLowerCase();
  const vin = call.query("single_select_vin");
  const vehicleId = flow === "reauthenticate" ? call.query("vehicle_id") : null;
  const mode = call.query("mode") ?? "live";
  return garage.all().filter((car) => {
    if (vehicleId !== null) return car.vehicleId === vehicleId;
    if ((mode === "live") !== (car.description.mode === "live")) return false;
    // A VIN wins over a make, as in Smartcar's own page.
    if (vin !== null) return car.bodyOf("vehicleidentification-vin")?.["value"] === vin;
    return make === undefined || car.description.make.toLowerCase() === make;
  });
}

function decisionUrl(call: Call, flow: Flow, allow: string | null): string {
  const url = new URL(`${call.url.origin}/oauth/${flow}/decision`);
  for (const [name, value] of call.url.searchParams) if (name !== "allow") url.searchParams.append(name, value);
  if (allow !== null) url.searchParams.set("allow", allow);
  // Relative, so that it works behind whatever name the browser knows this host by.
  return `${url.pathname}${url.search}`;
}

function back(call: Call, parameters: Record<string, string>): Answer {
  const target = redirectTarget(call);
  if (target === null) return html(400, connectErrorPage("The redirect URI is no http(s) address."));
  for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
  for (const name of ["state", "external_id"]) {
    const value = call.query(name);
    if (value !== null) target.searchParams.set(name, value);
  }
  return { status: 302, headers: { ...SECURITY_HEADERS, location: target.toString() }, body: null };
}

function scopeOf(call: Call): string[] | undefined {
  const scope = call.query("scope");
  if (scope === null || scope.trim() === "") return undefined;
  return scope
    .trim()
    .split(/\s+/)
    .map((permission) => permission.replace(/^required:/, ""));
}

function html(status: number, text: string): Answer {
  return { status, headers: SECURITY_HEADERS, body: text };
}
