import { z } from "zod";
import type { JsonObject } from "../lib/json.ts";

/** Monday first: the worlds' weeks begin on Monday too, so an index is also the day's number in the week. */
const WEEKDAYS: readonly string[] = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"];
const WORKDAYS = [0, 1, 2, 3, 4];
const WEEKEND = [5, 6];
const MINUTES_PER_DAY = 1_440;

export type ScheduleType = "daily" | "weekly" | "workweek";

/** Charging is allowed from `startMin` to `stopMin` after midnight; a window that ends earlier runs into the next day. */
export interface ChargeWindow {
  readonly days: readonly number[];
  readonly startMin: number;
  readonly stopMin: number;
}

export interface ChargeSchedule {
  readonly id: string;
  readonly type: ScheduleType;
  readonly latitude: number;
  readonly longitude: number;
  readonly windows: readonly ChargeWindow[];
}

const time = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be HH:MM")
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));
const window = z.object({ startTime: time, stopTime: time });
const location = z.object({ latitude: z.number().min(-90).max(90), longitude: z.number().min(-180).max(180) });
const dayName = z.string().transform((text, context) => {
  const index = WEEKDAYS.indexOf(text.toUpperCase());
  if (index < 0) context.addIssue({ code: "custom", message: "must be a weekday" });
  return index;
});

type Draft = Omit<ChargeSchedule, "id">;

/** One reader per schedule type; each turns the request's attributes into windows. */
export const SCHEDULE_ATTRIBUTES: Record<ScheduleType, z.ZodType<Draft>> = {
  daily: window.extend({ location }).transform(({ location: at, ...times }) => ({
    type: "daily" as const,
    ...at,
    windows: [{ days: [...WORKDAYS, ...WEEKEND], startMin: times.startTime, stopMin: times.stopTime }],
  })),
  weekly: z
    .object({ location, days: z.record(z.string(), window).refine((days) => Object.keys(days).length > 0, "is empty") })
    .transform(({ location: at, days }, context) => ({
      type: "weekly" as const,
      ...at,
      windows: Object.entries(days).map(([name, times]) => {
        const day = dayName.safeParse(name);
        if (!day.success) context.addIssue({ code: "custom", message: `${name} is no weekday` });
        return { days: day.success ? [day.data] : [], startMin: times.startTime, stopMin: times.stopTime };
      }),
    })),
  workweek: z
    .object({ location, weekdays: window.optional(), weekends: window.optional() })
    .transform(({ location: at, weekdays, weekends }, context) => {
      if (weekdays === undefined && weekends === undefined) {
        context.addIssue({ code: "custom", message: "weekdays or weekends is required" });
      }
      return {
        type: "workweek" as const,
        ...at,
        windows: [
          ...(weekdays ? [{ days: WORKDAYS, startMin: weekdays.startTime, stopMin: weekdays.stopTime }] : []),
          ...(weekends ? [{ days: WEEKEND, startMin: weekends.startTime, stopMin: weekends.stopTime }] : []),
        ],
      };
    }),
};

/** Whether any schedule allows charging at this minute of the week (0 = Monday 00:00). */
export function allowsCharging(schedules: readonly ChargeSchedule[], minuteOfWeek: number): boolean {
  const day = Math.floor(minuteOfWeek / MINUTES_PER_DAY);
  const minute = minuteOfWeek % MINUTES_PER_DAY;
  return schedules.some(({ windows }) =>
    windows.some(({ days, startMin, stopMin }) => {
      if (startMin <= stopMin) return days.includes(day) && minute >= startMin && minute < stopMin;
      const yesterday = (day + 6) % 7;
      return (days.includes(day) && minute >= startMin) || (days.includes(yesterday) && minute < stopMin);
    }),
  );
}

/** The entry by which a schedule is read back: `charge-chargetimers` is the only place that shows it. */
export function timerEntry(schedule: ChargeSchedule): JsonObject {
  return {
    type: "LOCATION",
    condition: { latitude: schedule.latitude, longitude: schedule.longitude },
    schedules: schedule.windows.map(({ days, startMin, stopMin }) => ({
      start: `${clockText(startMin)}:00`,
      end: `${clockText(stopMin)}:00`,
      days: days.map((day) => WEEKDAYS[day] ?? ""),
    })),
    departureTimers: [],
    isOEMOptimizationEnabled: false,
    scheduleType: schedule.type.toUpperCase(),
    scheduleId: schedule.id,
  };
}

function clockText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}
