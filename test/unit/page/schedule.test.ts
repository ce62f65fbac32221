import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../../src/commands/catalogue.ts";
import type { JsonValue } from "../../../src/lib/json.ts";
import { parsePlace } from "../../../src/page/commands/place.ts";
import { heldSchedules, type ScheduleType, type Span, scheduleValue } from "../../../src/page/commands/schedule.ts";

const HERE = { latitude: 50.1, longitude: 8.6 };
const span = (start: string, stop: string, on = true): Span => ({ on, start, stop });

describe("a schedule made in the form", () => {
  it.each<[ScheduleType, Record<string, Span>, object]>([
    [
      "daily",
      { "every day": span("01:30", "05:00") },
      { type: "daily", location: HERE, startTime: "01:30", stopTime: "05:00" },
    ],
    [
      "workweek",
      { weekdays: span("22:00", "06:00"), weekends: span("00:00", "00:00", false) },
      { type: "workweek", location: HERE, weekdays: { startTime: "22:00", stopTime: "06:00" } },
    ],
    [
      "weekly",
      Object.fromEntries(
        ["tuesday", "wednesday", "thursday", "friday", "saturday"]
          .map((day) => [day, span("", "", false)] as const)
          .concat([
            ["monday", span("20:00", "21:00")],
            ["sunday", span("23:00", "07:00")],
          ]),
      ),
      {
        type: "weekly",
        location: HERE,
        days: {
          monday: { startTime: "20:00", stopTime: "21:00" },
          sunday: { startTime: "23:00", stopTime: "07:00" },
        },
      },
    ],
  ])("%s is what the command takes", (type, spans, value) => {
    const made = scheduleValue(type, HERE, new Map(Object.entries(spans)));
    expect(made).toEqual(value);
    expect(COMMANDS.charge_schedule.parse(made as JsonValue)).toEqual(value);
  });

  it("is none without a place, without a day, or with half a time", () => {
    expect(scheduleValue("daily", null, new Map())).toBeNull();
    expect(scheduleValue("daily", HERE, new Map([["every day", span("22:00", "")]]))).toBeNull();
    const off = span("22:00", "06:00", false);
    expect(
      scheduleValue(
        "workweek",
        HERE,
        new Map([
          ["weekdays", off],
          ["weekends", off],
        ]),
      ),
    ).toBeNull();
  });
});

it.each([
  ["48.137, 11.575", { latitude: 48.137, longitude: 11.575 }],
  [" -33.86;151.2 ", { latitude: -33.86, longitude: 151.2 }],
  ["48.137", null],
  ["91, 11", null],
  ["48.137, 181", null],
  ["48.137, 11.575, 3", null],
  ["somewhere", null],
])("%j as a place is %o", (text, place) => {
  expect(parsePlace(text)).toEqual(place);
});

describe("the schedules in the car", () => {
  it("are those of its timers that have an id, in words", () => {
    const timers = [
      { type: "GLOBAL", schedules: [{ start: "01:00:00", end: "02:00:00" }] },
      {
        type: "LOCATION",
        condition: HERE,
        schedules: [{ start: "22:00:00", end: "06:00:00", days: ["MONDAY", "FRIDAY"] }],
        scheduleType: "WEEKLY",
        scheduleId: "sched_1",
      },
      "nonsense",
    ];
    expect(heldSchedules(timers)).toEqual([{ id: "sched_1", text: "weekly 22:00–06:00 mon fri at 50.1000, 8.6000" }]);
  });

  it.each([null, undefined, "text", {}, [null]])("%j tells of none", (timers) => {
    expect(heldSchedules(timers)).toEqual([]);
  });
});
