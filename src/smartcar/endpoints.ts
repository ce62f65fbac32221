import type { JsonObject } from "../lib/json.ts";
import type { UserId, VehicleId } from "../vehicle/ids.ts";
import type { HttpRequest } from "./http.ts";

/** Base addresses of the two APIs, each ending in `/v3`. */
export interface ApiBases {
  readonly vehicle: string;
  readonly management: string;
}

/** A call without its token. */
export type ApiRequest = Omit<HttpRequest, "signal">;

export type VehicleMode = "live" | "simulated";

/** Largest page anyone has seen work; how many fit is not documented. */
const PAGE_SIZE = 100;

export function connections(bases: ApiBases, mode: VehicleMode): ApiRequest {
  return read(bases.vehicle, "connections", { ...firstPage(), ...modeFilter(mode) });
}

/** Metric is asked for explicitly: bodies name their unit, but only the default is recorded in practice. */
export function signals(bases: ApiBases, id: VehicleId, user: UserId): ApiRequest {
  return read(
    bases.vehicle,
    `vehicles/${encodeURIComponent(id)}/signals`,
    {},
    {
      "sc-user-id": user,
      "sc-unit-system": "metric",
    },
  );
}

/** `path` is below the vehicle, e.g. `commands/security/lock`. Without attributes no body is sent. */
export function command(
  bases: ApiBases,
  id: VehicleId,
  user: UserId,
  method: "POST" | "DELETE",
  path: string,
  attributes: JsonObject | undefined,
): ApiRequest {
  return {
    method,
    url: endpoint(bases.vehicle, `vehicles/${encodeURIComponent(id)}/${path}`),
    kind: "command",
    ...json({ "sc-user-id": user }, attributes),
  };
}

export function webhooks(bases: ApiBases): ApiRequest {
  return read(bases.management, "webhooks", firstPage());
}

export interface SubscriptionFilter {
  readonly webhookId?: string;
  readonly vehicleId?: VehicleId;
  readonly userId?: UserId;
}

export function subscriptions(bases: ApiBases, filter: SubscriptionFilter, mode: VehicleMode): ApiRequest {
  const wanted: Record<string, string> = {};
  for (const [key, value] of Object.entries(filter)) if (value !== undefined) wanted[`filter[${key}]`] = value;
  return read(bases.management, "subscriptions", { ...firstPage(), ...wanted, ...modeFilter(mode) });
}

export function subscribe(bases: ApiBases, webhookId: string, vehicleId: VehicleId, userId: UserId): ApiRequest {
  return {
    method: "POST",
    url: endpoint(bases.management, "subscriptions"),
    kind: "read",
    ...json({}, { webhookId, userId, vehicleId }),
  };
}

function firstPage(): Record<string, string> {
  return { "page[number]": "1", "page[size]": String(PAGE_SIZE) };
}

/** Live is Smartcar's default; simulated cars are invisible without the filter. */
function modeFilter(mode: VehicleMode): Record<string, string> {
  return mode === "live" ? {} : { "filter[vehicle.mode]": mode };
}

function read(
  base: string,
  path: string,
  query: Record<string, string> = {},
  headers: Record<string, string> = {},
): ApiRequest {
  const url = endpoint(base, path);
  // URLSearchParams encodes the brackets, which not every proxy lets pass plain.
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  return { method: "GET", url, kind: "read", headers };
}

function json(
  headers: Record<string, string>,
  attributes: JsonObject | undefined,
): { headers: Record<string, string>; body?: string } {
  if (attributes === undefined) return { headers };
  return {
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ data: { attributes } }),
  };
}

function endpoint(base: string, path: string): URL {
  return new URL(`${base.replace(/\/+$/, "")}/${path}`);
}
