import { describe, expect, it } from "vitest";
import { seconds } from "../../../src/lib/duration.ts";
import { Lifecycle, type Part } from "../../../src/lib/lifecycle.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function setup() {
  const clock = new FakeClock();
  const life = new Lifecycle(clock);
  const told: string[] = [];
  const part = (name: string, extra: Part = {}): Part => ({
    start: () => {
      told.push(`+${name}`);
      return extra.start?.();
    },
    stop: () => {
      told.push(`-${name}`);
      return extra.stop?.();
    },
  });
  return { clock, life, told, part };
}
const never = new Promise<void>(() => undefined);

describe("lifecycle", () => {
  it("starts in order and stops in reverse, each part once", async () => {
    const { life, told, part } = setup();
    for (const name of ["a", "b", "c"]) life.own(name, part(name));
    await life.start(seconds(1));
    expect(await life.stop(seconds(1))).toEqual([]);
    expect(await life.stop(seconds(1))).toEqual([]);
    expect(told).toEqual(["+a", "+b", "+c", "-c", "-b", "-a"]);
  });

  it("waits for one part to stop before the next", async () => {
    const { life, told, part, clock } = setup();
    let end = () => {};
    const slow = new Promise<void>((resolve) => {
      end = resolve;
    });
    life.own("a", part("a"));
    life.own("b", part("b", { stop: () => slow }));
    await life.start(seconds(1));
    const stopped = life.stop(seconds(8));
    await clock.advance(seconds(1));
    expect(told).toEqual(["+a", "+b", "-b"]);
    end();
    expect(await stopped).toEqual([]);
    expect(told.at(-1)).toBe("-a");
    expect(clock.pending).toBe(0);
  });

  it("undoes a start that fails, the failing part included, and throws its error", async () => {
    const { life, told, part } = setup();
    const refuse = () => {
      throw new Error("port taken");
    };
    life.own("a", part("a"));
    life.own("b", part("b", { start: refuse }));
    life.own("c", part("c"));
    await expect(life.start(seconds(1))).rejects.toThrow("port taken");
    expect(told).toEqual(["+a", "+b", "-b", "-a"]);
  });

  it("stops the others when one fails or hangs, within one limit for all, and says which", async () => {
    const { life, told, part, clock } = setup();
    const throws = () => {
      throw new Error("odd");
    };
    life.own("first", part("first"));
    life.own("throws", part("throws", { stop: throws }));
    life.own("hangs", part("hangs", { stop: () => never }));
    life.own("hangs too", part("hangs too", { stop: () => never }));
    await life.start(seconds(1));
    const stopped = life.stop(seconds(8));
    await clock.advance(seconds(8));
    const failures = await stopped;
    expect(failures.map(({ part: name }) => name)).toEqual(["hangs too", "hangs", "throws"]);
    expect(failures[0]?.error).toMatchObject({ code: "STOP_TIMEOUT" });
    expect(told.slice(4)).toEqual(["-hangs too", "-hangs", "-throws", "-first"]);
    expect(clock.pending).toBe(0);
  });

  it("takes parts that have nothing to start or stop", async () => {
    const { life } = setup();
    life.own("nothing", {});
    await life.start(seconds(1));
    expect(await life.stop(0)).toEqual([]);
  });
});
