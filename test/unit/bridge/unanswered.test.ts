import { beforeEach, describe, expect, it } from "vitest";
import { Unanswered } from "../../../src/bridge/unanswered.ts";
import { seconds } from "../../../src/lib/duration.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const LIMIT = seconds(20);

let clock: FakeClock;
let unanswered: Unanswered;

beforeEach(() => {
  clock = new FakeClock();
  unanswered = new Unanswered(clock, LIMIT);
});

/** Asks, and notes what became of it. */
function ask(name: string) {
  const told: { answer: (text: string) => void; refuse: (error: Error) => void; outcome: string } = {
    answer: () => undefined,
    refuse: () => undefined,
    outcome: "waiting",
  };
  unanswered
    .ask<string>(
      (resolve, reject) => {
        told.answer = resolve;
        told.refuse = reject;
      },
      () => new Error(`${name} is late`),
    )
    .then(
      (answer) => {
        told.outcome = answer;
      },
      (error: Error) => {
        told.outcome = error.message;
      },
    );
  return told;
}

describe("unanswered questions", () => {
  it("end with their answer or refusal, and leave no timer", async () => {
    const [first, second] = [ask("first"), ask("second")];
    expect(clock.pending).toBe(1);
    first.answer("yes");
    second.refuse(new Error("no"));
    await clock.advance(0);
    expect([first.outcome, second.outcome, clock.pending]).toEqual(["yes", "no", 0]);
  });

  it("fail each at its own limit, whoever was answered meanwhile", async () => {
    const first = ask("first");
    await clock.advance(seconds(5));
    const second = ask("second");
    await clock.advance(seconds(5));
    const third = ask("third");
    first.answer("yes");
    await clock.advance(seconds(14));
    expect([second.outcome, third.outcome]).toEqual(["waiting", "waiting"]);
    await clock.advance(seconds(1));
    expect([second.outcome, third.outcome]).toEqual(["second is late", "waiting"]);
    await clock.advance(seconds(5));
    expect([third.outcome, clock.pending]).toEqual(["third is late", 0]);
  });

  it("wait no longer than two limits after the clock was set back", async () => {
    const first = ask("first");
    await clock.advance(seconds(1));
    const second = ask("second");
    clock.jump(-seconds(86_400));
    await clock.advance(2 * LIMIT);
    expect([first.outcome, second.outcome, clock.pending]).toEqual(["first is late", "second is late", 0]);
  });

  it("fail together when there will be no answers any more", async () => {
    const all = [ask("first"), ask("second")];
    unanswered.failAll(new Error("lost"));
    await clock.advance(0);
    expect([...all.map(({ outcome }) => outcome), clock.pending]).toEqual(["lost", "lost", 0]);
    ask("third");
    expect(clock.pending).toBe(1);
  });
});
