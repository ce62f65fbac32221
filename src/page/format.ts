import { useEffect, useState } from "preact/hooks";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TICK_MS = 10_000;

/** The time, now and then. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** `just now`, `4 min ago`, `3 days ago`. Two clocks never agree, so a moment ahead of now is now. */
export function ago(time: string | null, now: number): string {
  if (time === null) return "never";
  const ms = now - Date.parse(time);
  if (ms < -MINUTE) return until(time, now);
  return ms < MINUTE ? "just now" : `${span(ms)} ago`;
}

/** `any moment`, `in 2 h` */
export function until(time: string, now: number): string {
  const ms = Date.parse(time) - now;
  return ms < MINUTE ? "any moment" : `in ${span(ms)}`;
}

export function span(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${Math.round(ms / 1_000)} s`;
  if (ms < 90 * MINUTE) return `${Math.round(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.round(ms / HOUR)} h`;
  return `${Math.round(ms / DAY)} days`;
}

/** Hours and minutes, for what is measured in minutes. */
export function hoursAndMinutes(minutes: number): string {
  const whole = Math.round(minutes);
  if (whole < 60) return `${whole} min`;
  return `${Math.floor(whole / 60)} h ${String(whole % 60).padStart(2, "0")} min`;
}

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DATE_AND_CLOCK = new Intl.DateTimeFormat(undefined, {
  day: "2-digit",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
});
const DATE = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });

export const clockTime = (time: string | number): string => CLOCK.format(new Date(time));
export const dateTime = (time: string | number): string => DATE_AND_CLOCK.format(new Date(time));
export const date = (time: string | number): string => DATE.format(new Date(time));

const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

export const number = (value: number): string => NUMBER.format(value);

/** Any reading's value for people. */
export function shown(value: unknown, unit: string | null): string {
  if (value === null || value === undefined) return "unknown";
  if (value === true) return "yes";
  if (value === false) return "no";
  if (typeof value === "number") return unit === null ? number(value) : `${number(value)} ${unit}`;
  if (typeof value === "string") return /^\d{4}-\d\d-\d\dT/.test(value) ? dateTime(value) : value;
  if (isPlace(value)) return `${value.latitude.toFixed(4)}, ${value.longitude.toFixed(4)}`;
  return JSON.stringify(value);
}

export interface Place {
  readonly latitude: number;
  readonly longitude: number;
}

export function isPlace(value: unknown): value is Place {
  return (
    typeof value === "object" &&
    value !== null &&
    "latitude" in value &&
    "longitude" in value &&
    typeof value.latitude === "number" &&
    typeof value.longitude === "number"
  );
}

/** With a capital at its beginning and a full stop at its end. */
export function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
