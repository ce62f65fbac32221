/** A point of a route, degrees. */
export interface Waypoint {
  readonly latitude: number;
  readonly longitude: number;
}

export interface Position extends Waypoint {
  /** Compass degrees. */
  readonly heading: number;
}

const EARTH_RADIUS_KM = 6_371;
const DEGREE = Math.PI / 180;

export function routeLengthKm(route: readonly Waypoint[]): number {
  return legsOf(route).reduce((sum, leg) => sum + leg.lengthKm, 0);
}

/** Where one is after so many kilometres, and which way one looks; the route's ends bound it. */
export function positionAt(route: readonly Waypoint[], travelledKm: number): Position {
  const legs = legsOf(route);
  let leftKm = Math.max(0, travelledKm);
  for (const leg of legs) {
    if (leftKm <= leg.lengthKm && leg.lengthKm > 0) return along(leg, leftKm / leg.lengthKm);
    leftKm -= leg.lengthKm;
  }
  const last = legs.at(-1);
  if (last !== undefined) return along(last, 1);
  return { latitude: route[0]?.latitude ?? 0, longitude: route[0]?.longitude ?? 0, heading: 0 };
}

interface Leg {
  readonly from: Waypoint;
  readonly to: Waypoint;
  readonly lengthKm: number;
}

function legsOf(route: readonly Waypoint[]): Leg[] {
  return route.slice(1).map((to, index) => {
    const from = route[index] ?? to;
    return { from, to, lengthKm: distanceKm(from, to) };
  });
}

function along({ from, to }: Leg, share: number): Position {
  return {
    latitude: from.latitude + (to.latitude - from.latitude) * share,
    longitude: from.longitude + (to.longitude - from.longitude) * share,
    heading: bearing(from, to),
  };
}

/** Flat-earth geometry: at the length of a commute the error is a few metres. */
function distanceKm(from: Waypoint, to: Waypoint): number {
  const north = (to.latitude - from.latitude) * DEGREE;
  const east = (to.longitude - from.longitude) * DEGREE * Math.cos(((from.latitude + to.latitude) / 2) * DEGREE);
  return Math.hypot(north, east) * EARTH_RADIUS_KM;
}

function bearing(from: Waypoint, to: Waypoint): number {
  const east = (to.longitude - from.longitude) * Math.cos(from.latitude * DEGREE);
  return (Math.atan2(east, to.latitude - from.latitude) / DEGREE + 360) % 360;
}
