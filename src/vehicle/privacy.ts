import { isObject, type JsonObject, parseJson } from "../lib/json.ts";
import type { Batch, Observation } from "./observation.ts";

/** How much of a car's whereabouts this bridge keeps and passes on. */
export type LocationPrivacy = "exact" | "rounded" | "off";

/** Two decimals of a degree are about one kilometre. */
const DECIMALS = 2;
const COORDINATE = /^(lat|lon|lng|long)$|latitude|longitude/i;
/** Words and numbers that pin a place down as well as coordinates do. */
const ADDRESS = /^(address|street|streetaddress|formattedaddress|postalcode|zip|zipcode|geohash|pluscode|what3words)$/i;
/** With `off`, whole places go: also a place's name says where somebody is. */
const PLACE = /^(location|position|place|coordinates?|address|geo)$/i;
const LOCATION_GROUP = "location-";
/** `Location.PreciseLocation`, as a map of signals names them. */
const LOCATION_KEY = /^location[.-]/i;

/** Applies the rule to everything a batch tells, before it is merged, stored, logged or published. */
export function withPrivacy(batch: Batch, level: LocationPrivacy): Batch {
  if (level === "exact") return batch;
  const observations = batch.observations.flatMap((observation) => privateObservation(observation, level) ?? []);
  return { ...batch, observations };
}

/**
 * The same for a body kept as text. Text that is no JSON cannot be cleaned, so nothing of it is kept.
 */
export function privateText(raw: string, level: LocationPrivacy): string {
  if (level === "exact") return raw;
  const parsed = parseJson(raw);
  return parsed === undefined
    ? `(${raw.length} characters, not kept: privacy.location)`
    : JSON.stringify(walk(parsed, level));
}

/** The same for a place by itself, taken in when the rule may have been another one. */
export function privatePlace<T extends { readonly latitude: number; readonly longitude: number }>(
  place: T,
  level: LocationPrivacy,
): T | null {
  if (level === "off") return null;
  return level === "exact" ? place : (walk(place, level) as T);
}

/** The same for one observation; null when nothing of it may be kept. */
export function privateObservation(observation: Observation, level: LocationPrivacy): Observation | null {
  if (level === "off" && observation.code.startsWith(LOCATION_GROUP)) return null;
  if (level === "exact" || observation.body === null) return observation;
  const inPlace = observation.code.startsWith(LOCATION_GROUP);
  return { ...observation, body: walk(observation.body, level, inPlace) as JsonObject };
}

/** `inPlace`: below a key that names a place, where bare numbers are coordinates (`[8.65, 50.11]`). */
function walk(value: unknown, level: "rounded" | "off", inPlace = false): unknown {
  if (Array.isArray(value)) return value.map((item) => walk(item, level, inPlace));
  if (inPlace && typeof value === "number") return rounded(value);
  if (isCoordinatePair(value) || (inPlace && isCoordinateText(value))) return null;
  if (!isObject(value)) return value;
  if (isLocationSignal(value)) {
    const { body, ...rest } = value;
    return { ...(walk(rest, level) as object), body: level === "off" ? null : walk(body, level, true) };
  }
  const kept: [string, unknown][] = [];
  for (const [key, inner] of Object.entries(value)) {
    if (ADDRESS.test(key)) continue;
    const isPlace = PLACE.test(key) || LOCATION_KEY.test(key);
    if (level === "off" && (COORDINATE.test(key) || isPlace)) continue;
    kept.push([
      key,
      COORDINATE.test(key) && !isObject(inner) ? rounded(inner) : walk(inner, level, inPlace || isPlace),
    ]);
  }
  // Not by assignment: a key may be called `__proto__`.
  return Object.fromEntries(kept);
}

/** A whole signal inside a delivery's text, where the code or the group stands beside the body. */
function isLocationSignal(value: Record<string, unknown>): boolean {
  const { code, group } = value;
  const isCoded = typeof code === "string" && LOCATION_KEY.test(code);
  return (isCoded || (typeof group === "string" && group.toLowerCase() === "location")) && "body" in value;
}

/** `50.1109,8.6821`: two numbers so exact mean a place, whatever they are called. */
function isCoordinatePair(value: unknown): boolean {
  return typeof value === "string" && /-?\d{1,3}\.\d{3,}[\s,;/]+-?\d{1,3}\.\d{3,}/.test(value);
}

/** `50.1109,8.6821` or `POINT (8.68 50.11)` */
function isCoordinateText(value: unknown): boolean {
  return typeof value === "string" && /-?\d+\.\d{3,}/.test(value);
}

function rounded(value: unknown): unknown {
  const number = typeof value === "string" ? Number.parseFloat(value) : value;
  // A coordinate in a form we do not understand might be exact: it is not kept.
  return typeof number === "number" && Number.isFinite(number) ? Number(number.toFixed(DECIMALS)) : null;
}
