import type { Place } from "../format.ts";

const NUMBER = String.raw`(-?\d{1,3}(?:\.\d+)?)`;
const PAIR = new RegExp(String.raw`^\s*${NUMBER}[\s,;]+${NUMBER}\s*$`);

/** `48.137, 11.575` as a place; null for anything that is none. */
export function parsePlace(text: string): Place | null {
  const [, latitude = "", longitude = ""] = PAIR.exec(text) ?? [];
  const place = { latitude: Number.parseFloat(latitude), longitude: Number.parseFloat(longitude) };
  return Math.abs(place.latitude) <= 90 && Math.abs(place.longitude) <= 180 ? place : null;
}
