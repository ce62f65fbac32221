import type { Reading } from "../../http/schema/vehicles.ts";

const MINUTE_MS = 60_000;

/**
 * How long a value took from the car to here, and where the minutes went; null for less than a minute, or where the times
 * are not known.
 */
export function delayText({ oem_updated_at, retrieved_at, received_at, source }: Reading): string | null {
  const minutes = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / MINUTE_MS);
  if (oem_updated_at === null || received_at === null) return null;
  const late = minutes(oem_updated_at, received_at);
  if (late < 1) return null;
  if (retrieved_at === null) return `${late} min late`;
  const atMaker = Math.max(0, minutes(oem_updated_at, retrieved_at));
  const after = source === "poll" ? "until it was asked for" : "at Smartcar";
  const parts = [
    ...(atMaker > 0 ? [`${atMaker} at the maker`] : []),
    ...(late - atMaker > 0 ? [`${late - atMaker} ${after}`] : []),
  ];
  return `${late} min late: ${parts.join(", ")}`;
}
