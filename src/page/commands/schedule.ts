import { isPlace, type Place } from "../format.ts";

export const SCHEDULES = {
  daily: { title: "Every day", spans: ["every day"] },
  workweek: { title: "Workdays and weekend", spans: ["weekdays", "weekends"] },
  weekly: {
    title: "Day by day",
    spans: ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
  },
} as const;
export type ScheduleType = keyof typeof SCHEDULES;

/** When charging may go on, `HH:MM` each; one that ends before it begins runs into the next day. */
export interface Span {
  readonly on: boolean;
  readonly start: string;
  readonly stop: string;
}

export const NIGHT: Span = { on: true, start: "22:00", stop: "06:00" };

/** The value of the command `charge_schedule`; null while something in it is missing. */
export function scheduleValue(
  type: ScheduleType,
  location: Place | null,
  spans: ReadonlyMap<string, Span>,
): object | null {
  if (location === null) return null;
  const chosen = SCHEDULES[type].spans.flatMap((name) => {
    const { on, start, stop } = spans.get(name) ?? NIGHT;
    return on ? [[name, { startTime: start, stopTime: stop }] as const] : [];
  });
  const [first] = chosen;
  if (first === undefined || chosen.some(([, { startTime, stopTime }]) => startTime === "" || stopTime === "")) {
    return null;
  }
  if (type === "daily") return { type, location, ...first[1] };
  const times = Object.fromEntries(chosen);
  return type === "weekly" ? { type, location, days: times } : { type, location, ...times };
}

/** A schedule that the car holds. */
export interface HeldSchedule {
  readonly id: string;
  readonly text: string;
}

/** The schedules among the car's timers, as the reading `charge_timers` tells them; other timers have no id. */
export function heldSchedules(timers: unknown): readonly HeldSchedule[] {
  if (!Array.isArray(timers)) return [];
  return timers.flatMap((timer: unknown) => {
    if (!isRecord(timer) || typeof timer["scheduleId"] !== "string") return [];
    const spans = Array.isArray(timer["schedules"]) ? timer["schedules"].filter(isRecord) : [];
    const said = spans.map((span) => {
      const days = Array.isArray(span["days"]) ? span["days"].map((day) => String(day).slice(0, 3).toLowerCase()) : [];
      return `${hoursOf(span["start"])}–${hoursOf(span["end"])}${days.length === 0 ? "" : ` ${days.join(" ")}`}`;
    });
    const at = isPlace(timer["condition"]) ? `at ${placeText(timer["condition"])}` : "";
    const type = String(timer["scheduleType"] ?? "schedule").toLowerCase();
    return [{ id: timer["scheduleId"], text: [type, said.join(", "), at].filter(Boolean).join(" ") }];
  });
}

const hoursOf = (time: unknown): string => (typeof time === "string" ? time.slice(0, 5) : "?");
const placeText = ({ latitude, longitude }: Place): string => `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
