import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffDelay } from "../../../src/lib/backoff.ts";
import { sleep, systemClock, withTimeout } from "../../../src/lib/clock.ts";
import { days, formatDuration, hours, minutes, parseDuration, seconds } from "../../../src/lib/duration.ts";
import { AppError, systemCode, toError } from "../../../src/lib/errors.ts";
import { Events } from "../../../src/lib/events.ts";
import { asString, isObject, jsonEqual, parseJson } from "../../../src/lib/json.ts";
import { Redactor } from "../../../src/lib/redact.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";

describe("back-off", () => {
  it("never exceeds its limit, never falls below the share without jitter, and grows", () => {
    const policy = fc.record({
      initialMs: fc.integer({ min: 1, max: 100_000 }),
      factor: fc.double({ min: 1, max: 4, noNaN: true }),
      maxMs: fc.integer({ min: 100_000, max: 10_000_000 }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(
        policy,
        fc.integer({ min: 0, max: 10_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (p, n, r) => {
          const nominal = Math.min(p.maxMs, p.initialMs * p.factor ** Math.max(0, Math.min(n - 1, 64)));
          const delay = backoffDelay(p, n, () => r);
          expect(delay).toBeLessThanOrEqual(p.maxMs);
          expect(delay).toBeGreaterThanOrEqual(Math.floor(nominal * (1 - p.jitter)));
          expect(backoffDelay(p, n + 1, () => 0)).toBeGreaterThanOrEqual(backoffDelay(p, n, () => 0));
        },
      ),
    );
  });

  it("doubles from the first failure on", () => {
    const policy = { initialMs: 100, factor: 2, maxMs: 500, jitter: 0 };
    expect([1, 2, 3, 4, 99].map((n) => backoffDelay(policy, n, () => 0.9))).toEqual([100, 200, 400, 500, 500]);
  });
});

describe("durations", () => {
  it("are read as written", () => {
    expect(["90s", "15m", "6h", "1d", "1h30m", "1.5h", " 5m "].map(parseDuration)).toEqual([
      seconds(90),
      minutes(15),
      hours(6),
      days(1),
      minutes(90),
      minutes(90),
      minutes(5),
    ]);
  });

  it.each(["", "5", "m", "5 m", "-5m", "5w", "1e3s", "0.0001ms"])("%j is none", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  it("survive writing and reading", () => {
    fc.assert(
      fc.property(fc.nat(days(400)), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms);
      }),
    );
    expect(formatDuration(minutes(15))).toBe("15m");
  });
});

describe("events", () => {
  it("reach every listener although one throws, in order, until taken away", () => {
    const failures: unknown[] = [];
    const events = new Events<{ ping: number }>((event, error) => failures.push([event, error]));
    const heard: string[] = [];
    const off = events.on("ping", (n) => heard.push(`a${n}`));
    events.on("ping", () => {
      throw new Error("odd");
    });
    events.on("ping", (n) => heard.push(`b${n}`));
    events.emit("ping", 1);
    off();
    events.emit("ping", 2);
    expect(heard).toEqual(["a1", "b1", "b2"]);
    expect(failures).toEqual([
      ["ping", new Error("odd")],
      ["ping", new Error("odd")],
    ]);
  });
});

describe("redactor", () => {
  it("masks a secret plain, in JSON and in a URL, the longest first", () => {
    const redactor = new Redactor();
    for (const secret of ['p&ss"word', "token", "token-long"]) redactor.add(secret);
    const said = [`x p&ss"word`, JSON.stringify({ p: 'p&ss"word' }), `u?p=${encodeURIComponent('p&ss"word')}`];
    for (const text of said) expect(redactor.clean(text)).not.toContain("ss");
    expect(redactor.clean("a token-long b")).toBe("a *** b");
    redactor.remove("token");
    expect(redactor.clean("token token-long")).toBe("token ***");
  });

  it("leaves innocent text alone: no secrets, short ones, and characters with a meaning in patterns", () => {
    const redactor = new Redactor();
    expect(redactor.clean("abc")).toBe("abc");
    redactor.add("abc");
    redactor.add("a.c*d");
    expect(redactor.clean("abc axcccd a.c*d")).toBe("abc axcccd ***");
  });
});

describe("json", () => {
  it("is equal to itself written and read, whatever the order of keys", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(jsonEqual(JSON.parse(text), JSON.parse(text))).toBe(true);
      }),
    );
    expect(jsonEqual({ a: 1, b: [{}] }, { b: [{}], a: 1 })).toBe(true);
  });

  it.each([
    [{ a: 1 }, { b: 1 }],
    [{ a: 1 }, { a: 1, b: 2 }],
    [
      [1, 2],
      [2, 1],
    ],
    [[], {}],
    [{}, []],
    [null, {}],
    [0, false],
    [JSON.parse('{"__proto__":{}}'), { y: 1 }],
  ])("%j is not %j", (a, b) => {
    expect(jsonEqual(a, b)).toBe(false);
    expect(jsonEqual(b, a)).toBe(false);
  });

  it("knows objects, texts, and what is no JSON", () => {
    expect([{}, [], null, "x"].map(isObject)).toEqual([true, false, false, false]);
    expect([asString("x"), asString(""), asString(1)]).toEqual(["x", undefined, undefined]);
    expect([parseJson("null"), parseJson("{")]).toEqual([null, undefined]);
  });
});

describe("errors", () => {
  it("keep what was thrown, and find the system's code below", () => {
    expect(toError("odd")).toMatchObject({ message: "non-error thrown: odd", cause: "odd" });
    const system = Object.assign(new Error("x"), { code: "ENOSPC" });
    const wrapped = new AppError("STORE_FAILED", "x", {
      disposition: "retry",
      cause: new Error("y", { cause: system }),
    });
    expect(systemCode(wrapped)).toBe("ENOSPC");
    expect(systemCode(new Error("x"))).toBeUndefined();
  });
});

describe("clock", () => {
  it("sleeps for its time, or until it is woken, leaving no timer", async () => {
    const clock = new FakeClock();
    const abort = new AbortController();
    const woke: string[] = [];
    void sleep(clock, 100).then(() => woke.push("slept"));
    void sleep(clock, 1_000, abort.signal).then(() => woke.push("aborted"));
    await clock.advance(100);
    expect(woke).toEqual(["slept"]);
    abort.abort();
    await settle();
    await sleep(clock, 1_000, abort.signal);
    expect(woke).toEqual(["slept", "aborted"]);
    expect(clock.pending).toBe(0);
  });

  it("limits work and passes on how it ended", async () => {
    const clock = new FakeClock();
    const late = withTimeout(clock, 10, new Promise(() => undefined), () => new Error("late"));
    const checked = expect(late).rejects.toThrow("late");
    await clock.advance(10);
    await checked;
    expect(await withTimeout(clock, 10, Promise.resolve(7), () => new Error("late"))).toBe(7);
    expect(clock.pending).toBe(0);
  });

  it("is the system's own outside of tests, and takes timers back", () => {
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(60_000);
    systemClock.after(1e12, () => undefined).cancel();
  });
});
