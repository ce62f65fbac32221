import type { Moment } from "./car-month.ts";

export const ITEMS = ["battery", "charging", "location"] as const;
export type Item = (typeof ITEMS)[number];

/** About 100 m. */
export const SAME_PLACE = 0.001;

/** Whether the car has changed since an earlier moment: by a point of the battery as the car shows it, by about 100 m. */
const HAS_CHANGED: Readonly<Record<Item, (before: Moment, after: Moment) => boolean>> = {
  battery: (before, after) => Math.round(before.battery) !== Math.round(after.battery),
  charging: (before, after) => before.charging !== after.charging,
  location: (before, after) =>
    Math.abs(before.latitude - after.latitude) >= SAME_PLACE ||
    Math.abs(before.longitude - after.longitude) >= SAME_PLACE,
};

/**
 * For every minute of a month the one in which the car changes next (infinity: never again). Changes are counted from
 * the one before, whoever looks and whenever: so a newer fact is never outdated sooner than an older one.
 */
export function nextChanges(moments: readonly Moment[], item: Item): Float64Array {
  const next = new Float64Array(moments.length).fill(Number.POSITIVE_INFINITY);
  let since = 0;
  moments.forEach((moment, minute) => {
    const reference = moments[since];
    if (reference === undefined || !HAS_CHANGED[item](reference, moment)) return;
    next.fill(minute, since, minute);
    since = minute;
  });
  return next;
}
