import { describe, expect, it } from "vitest";
import type { Header } from "../../../src/recorder/format.ts";
import { Pseudonyms } from "../../../src/recorder/pseudonyms.ts";
import { RECORDING_LIMITS, Recorder, type RecorderEvents } from "../../../src/recorder/recorder.ts";
import { Redaction } from "../../../src/recorder/redaction.ts";
import { Tape } from "../../../src/recorder/tape.ts";
import type { HeldSignal } from "../../../src/vehicle/signal.ts";
import { EMPTY_STATE } from "../../../src/vehicle/state.ts";
import { car } from "../../support/cars.ts";
import { collect, strictEvents } from "../../support/events.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { failure, observation } from "../../support/observations.ts";

const MINUTE = 60_000;

function bench(held: readonly HeldSignal[] = [], settings = new Map<string, unknown>(), fleet = 1) {
  const clock = new FakeClock();
  const events = strictEvents<RecorderEvents>();
  const recorder = new Recorder({
    clock,
    settings: {
      read: <T>(key: string) => settings.get(key) as T | undefined,
      write: (key, value) => settings.set(key, value),
    },
    redaction: new Redaction(new Pseudonyms(Buffer.alloc(32)), { callbackUrl: null, places: "moved" }),
    clean: (text) => text.replaceAll("hunter2", "***"),
    version: "1.2.3",
    configuration: { units: "metric" },
    cars: () =>
      Array.from({ length: fleet }, () => ({
        vehicle: car(),
        state: { ...EMPTY_STATE, signals: new Map(held.map((signal) => [signal.code, signal])) },
      })),
    events,
  });
  const tell = (state: string) => recorder.write({ kind: "mqtt", at: new Date(clock.now()).toISOString(), state });
  return { clock, recorder, settings, tell, switched: collect(events, "switched") };
}

function lines(file: string | null): Record<string, unknown>[] {
  expect(file).not.toBeNull();
  return (file ?? "")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
const states = (file: string | null) =>
  lines(file)
    .filter(({ kind }) => kind === "mqtt")
    .map(({ state }) => state);

describe("the recorder", () => {
  it("is off until it is switched on", () => {
    const { recorder, clock } = bench();
    recorder.start();
    expect(recorder.on).toBe(false);
    expect(recorder.kept()).toBeNull();
    expect(recorder.recorded()).toBeNull();
    expect(recorder.keptFile()).toBeNull();
    expect(recorder.recordedFile()).toBeNull();
    expect(clock.pending).toBe(0);
  });

  it("keeps the last minutes and lets older ones go", async () => {
    const { recorder, clock, tell, switched } = bench();
    recorder.keep(10);
    const startedAt = clock.now();
    expect(recorder.on).toBe(true);
    tell("one");
    await clock.advance(6 * MINUTE);
    tell("two");
    expect(states(recorder.keptFile())).toEqual(["one", "two"]);
    expect(recorder.kept()).toMatchObject({ minutes: 10, since: startedAt, entries: 2 });
    await clock.advance(5 * MINUTE);
    expect(recorder.kept()).toMatchObject({ since: clock.now() - 10 * MINUTE, entries: 1 });
    expect(states(recorder.keptFile())).toEqual(["two"]);
    recorder.keep(0);
    expect(recorder.on).toBe(false);
    expect(recorder.keptFile()).toBeNull();
    expect(switched).toEqual([
      { keeps: 10, records: 0 },
      { keeps: 0, records: 0 },
    ]);
  });

  it("says what is whole, also when more minutes are kept from now on", async () => {
    const { recorder, clock, tell } = bench();
    recorder.keep(10);
    tell("one");
    await clock.advance(30 * MINUTE);
    recorder.keep(60);
    const since = clock.now() - 10 * MINUTE;
    expect(recorder.kept()).toMatchObject({ minutes: 60, since, entries: 0 });
    tell("two");
    await clock.advance(40 * MINUTE);
    expect(recorder.kept()).toMatchObject({ since });
    expect(lines(recorder.keptFile())[0]).toMatchObject({ from: new Date(since).toISOString() });
    await clock.advance(20 * MINUTE);
    expect(recorder.kept()).toMatchObject({ since: clock.now() - 60 * MINUTE });
  });

  it("goes on keeping after a restart", () => {
    const { recorder, settings } = bench();
    recorder.keep(30);
    const after = bench([], settings).recorder;
    expect(after.on).toBe(false);
    after.start();
    expect(after.kept()).toMatchObject({ minutes: 30, entries: 0 });
  });

  it("records the next minutes and ends by itself", async () => {
    const { recorder, clock, tell, switched } = bench();
    recorder.record(5);
    tell("in time");
    expect(recorder.recordedFile()).toBeNull();
    await clock.advance(5 * MINUTE);
    expect(recorder.on).toBe(false);
    expect(recorder.recorded()).toMatchObject({ end: "time", endedAt: clock.now(), entries: 1 });
    const [header] = lines(recorder.recordedFile()) as unknown as [Header];
    expect(header).toMatchObject({
      format: "smartcar2mqtt-recording",
      version: 1,
      program: "1.2.3",
      from: new Date(clock.now() - 5 * MINUTE).toISOString(),
      to: new Date(clock.now()).toISOString(),
      settings: { units: "metric" },
      entries: 1,
      left_out: 0,
    });
    expect(switched).toEqual([
      { keeps: 0, records: 5 },
      { keeps: 0, records: 0 },
    ]);
    expect(clock.pending).toBe(0);
  });

  it("ends when told to, when full, and when the program stops", async () => {
    const { recorder, clock, tell } = bench();
    recorder.record(5);
    recorder.finish();
    expect(recorder.recorded()?.end).toBe("stopped");
    recorder.record(5);
    for (let i = 0; i < 20 && recorder.on; i++) tell("x".repeat(RECORDING_LIMITS.bytes / 10));
    expect(recorder.recorded()).toMatchObject({ end: "full", entries: 9 });
    expect(lines(recorder.recordedFile())[0]).toMatchObject({ left_out: 1 });
    recorder.record(5);
    recorder.stop();
    expect(clock.pending).toBe(0);
  });

  it("stays within its bytes while it keeps, at the cost of the oldest", () => {
    const { recorder, tell } = bench();
    recorder.keep(10);
    for (let i = 0; i < 30; i++) tell(`${i} ${"ä".repeat(RECORDING_LIMITS.bytes / 20)}`);
    const kept = recorder.kept();
    expect(kept?.bytes).toBeLessThanOrEqual(RECORDING_LIMITS.bytes);
    expect(kept?.entries).toBe(9);
    expect(String(states(recorder.keptFile())[0])).toMatch(/^21 /);
    expect(Buffer.byteLength(recorder.keptFile() ?? "")).toBeLessThan(RECORDING_LIMITS.bytes + 10_000);
  });

  it("tells first what was known of the cars before", async () => {
    const value = observation({ receivedAt: 0 });
    const complaint = failure({ receivedAt: 0 });
    const now = observation({ code: "odometer-traveleddistance" as typeof value.code, receivedAt: Number.MAX_VALUE });
    const { recorder } = bench([
      { code: value.code, value, complaint, refused: null },
      { code: now.code, value: now, complaint: null, refused: null },
    ]);
    recorder.record(1);
    recorder.finish();
    const [, known, ...rest] = lines(recorder.recordedFile());
    expect(rest).toEqual([]);
    expect(known).toMatchObject({
      kind: "car",
      vehicle: { make: "VOLKSWAGEN", model: "ID.4", year: 2023, connected: true },
      signals: [
        {
          code: value.code,
          status: "SUCCESS",
          body: { value: 57, unit: "percent" },
          oem_updated_at: value.oemUpdatedAt,
        },
        { code: value.code, status: "ERROR", error: { type: "VEHICLE_STATE", code: "NOT_CHARGING" }, body: null },
      ],
    });
    expect(JSON.stringify(known)).not.toContain(car().id);
    expect(JSON.stringify(known)).not.toContain(car().userId);
  });

  it("tells of no more cars than there is room for, and how many there would have been", () => {
    const fleet = 30_000;
    const { recorder, tell } = bench([], undefined, fleet);
    recorder.keep(10);
    tell("connected");
    const file = recorder.keptFile() ?? "";
    expect(Buffer.byteLength(file)).toBeLessThan(RECORDING_LIMITS.bytes + 10_000);
    const [header, ...rest] = lines(file);
    const told = rest.filter(({ kind }) => kind === "car").length;
    expect(told).toBeGreaterThan(1_000);
    expect(header).toMatchObject({ entries: 1, left_out: fleet - told });
    expect(states(file)).toEqual(["connected"]);
  });

  it("strikes out secrets that got into a line all the same, and bodies that are too long", () => {
    const { recorder, tell } = bench();
    recorder.keep(1);
    tell("hunter2");
    recorder.write({
      kind: "delivery",
      at: "",
      outcome: "accepted",
      cause: null,
      event_id: null,
      vehicle_id: null,
      bytes: 7,
      body: { value: "x".repeat(600_000) },
    });
    expect(states(recorder.keptFile())).toEqual(["***"]);
    expect(lines(recorder.keptFile()).at(-1)).toMatchObject({ kind: "delivery", bytes: 7, body: null });
  });
});

describe("a tape", () => {
  it("counts bytes, not letters", () => {
    const tape = new Tape(10);
    expect(tape.add(1, "äöü")).toBe(true);
    expect(tape.bytes).toBe(7);
    expect(tape.add(2, "abc")).toBe(false);
    expect(tape.leftOut).toBe(1);
    tape.roll(3, "abc");
    expect(tape.text()).toBe("abc\n");
    tape.roll(4, "far too long for it");
    expect(tape.text()).toBe("");
    expect(tape.leftOut).toBe(4);
  });
});
