import type { Redaction } from "./redaction.ts";

/** Segments after which an id stands. */
const COLLECTIONS = new Set("vehicles connections users webhooks subscriptions charge-schedules".split(" "));
/** Not an id although it stands there. */
const SCHEDULES = new Set("daily weekly workweek".split(" "));
/** Where Smartcar's own part of a path begins; before it may stand whatever a proxy is called. */
const ROOT = /\/(v3|oauth2?)(\/|$)/;
const TELLS_OF_CARS = /\/(connections|webhooks|subscriptions|vehicles\/[^/]+|vehicles\/[^/]+\/signals(\/[^/]+)?)$/;
const SEGMENT = /^[a-z0-9-]{1,40}$/;

/** The path of a call with pseudonyms for its ids. */
export function callPath(path: string, redaction: Redaction): string {
  const root = path.search(ROOT);
  if (root < 0) return "/…";
  let before = "";
  const segments = path.slice(root + 1).split("/");
  return segments
    .map((segment) => {
      const isId = COLLECTIONS.has(before) && !SCHEDULES.has(segment);
      before = segment;
      if (segment === "") return "";
      return isId || !SEGMENT.test(segment) ? redaction.id(decoded(segment)) : segment;
    })
    .reduce((text, segment) => `${text}/${segment}`, "");
}

/** Whether the answer tells of cars or webhooks; of a login's answer, say, nothing is kept. */
export function tellsOfCars(path: string): boolean {
  return TELLS_OF_CARS.test(path);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
