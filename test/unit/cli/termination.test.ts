import { EventEmitter } from "node:events";
import { beforeEach, describe, expect, test } from "vitest";
import { Termination } from "../../../src/lib/termination.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeLog } from "../../support/fake-log.ts";

let clock: FakeClock;
let process: EventEmitter;
let abandoned: number[];
let termination: Termination;

beforeEach(() => {
  clock = new FakeClock();
  process = new EventEmitter();
  abandoned = [];
  termination = new Termination({ process, clock, log: new FakeLog(), abandon: (code) => abandoned.push(code) });
  termination.start();
});

describe.each(["SIGTERM", "SIGINT"])("%s", (signal) => {
  test("asks for an orderly stop", async () => {
    process.emit(signal);
    expect(await termination.requested).toEqual({ kind: "signal", signal });
    expect(abandoned).toEqual([]);
  });

  test("passed on twice by npm and the terminal is one wish", async () => {
    process.emit(signal);
    await clock.advance(250);
    process.emit(signal);
    expect(abandoned).toEqual([]);
  });

  test("later once more ends at once", async () => {
    process.emit(signal);
    await clock.advance(251);
    process.emit("SIGINT");
    expect(abandoned).toEqual([1]);
  });
});

test.each(["uncaughtException", "unhandledRejection"])("%s asks for an orderly stop", async (event) => {
  const error = new Error("nobody caught me");
  process.emit(event, error);
  expect(await termination.requested).toEqual({ kind: "failure", error });
  expect(abandoned).toEqual([]);
});

test("a signal after a failure does not end at once", async () => {
  process.emit("uncaughtException", new Error("x"));
  await clock.advance(1_000);
  process.emit("SIGTERM");
  expect(abandoned).toEqual([]);
});

test("stopped, it listens to nothing", () => {
  termination.stop();
  expect(process.eventNames()).toEqual([]);
});
