import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { readPayload } from "../../../src/commands/request.ts";
import { asString, parseJson } from "../../../src/lib/json.ts";
import { Redactor } from "../../../src/lib/redact.ts";
import { messageOf, words } from "../../../src/smartcar/error-body.ts";
import { isSignedBy, sign } from "../../../src/smartcar/signature.ts";
import { WebhookReceiver } from "../../../src/smartcar/webhook.ts";
import { signalCode } from "../../../src/vehicle/ids.ts";
import { privateObservation, privateText } from "../../../src/vehicle/privacy.ts";
import { applyReport } from "../../../src/vehicle/problem.ts";
import { load, problemsOf, REQUIRED } from "../../support/configuration.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { FakeLog } from "../../support/fake-log.ts";
import { observation } from "../../support/observations.ts";

/** What the fuzzer, the canaries and the attacks on the doors have found, one by one. */
describe("JSON from outside", () => {
  const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

  it("is not read when it is nested so deeply that walking through it would run out of stack", () => {
    expect(parseJson(nested(100))).toBeDefined();
    expect(parseJson(nested(101))).toBeUndefined();
    expect(parseJson(`{"a":${'{"a":'.repeat(100)}1${"}".repeat(101)}`)).toBeUndefined();
    expect(parseJson(nested(200_000))).toBeUndefined();
  });

  it("may hold as many brackets side by side, and inside texts, as it likes", () => {
    expect(parseJson(`[${Array(500).fill("[]").join(",")}]`)).toHaveLength(500);
    for (const text of ["[".repeat(300), `\\"${"{".repeat(300)}`, `${"[".repeat(300)}\\\\`, "\\u005b".repeat(300)]) {
      expect(parseJson(`{"a":"${text}","b":[1]}`)).toMatchObject({ b: [1] });
    }
    expect(parseJson(`"${"[".repeat(300)}`)).toBeUndefined();
  });

  it("holds no numbers that cannot be written again", () => {
    expect(parseJson('{"a":1e999,"b":[-1e400],"c":1e21,"d":1e-400,"e":1e100}')).toEqual({
      a: null,
      b: [null],
      c: 1e21,
      d: 0,
      e: 1e100,
    });
    for (const text of [
      "9".repeat(400),
      `${"9".repeat(220)}e99`,
      `[1, ${"8".repeat(310)}]`,
      `[${"1,".repeat(99)}1${"0".repeat(309)}]`,
    ]) {
      expect(JSON.stringify(parseJson(text))).toContain("null");
      expect(JSON.stringify(JSON.parse(text))).toContain("null");
      expect([parseJson(text)].flat()).not.toContain(Number.POSITIVE_INFINITY);
    }
  });

  it("yields whole characters only: half ones would be one and the same in the database", () => {
    expect(asString("\ud800x")).toBe("\ufffdx");
    expect(asString("😀")).toBe("😀");
  });
});

describe("a command's payload", () => {
  it.each(['{"value":"LOCK","at":{"toString":1}}', '{"value":"LOCK","at":[]}', '{"value":"LOCK","at":2026}'])(
    "%s has no time",
    (text) => {
      expect(readPayload(Buffer.from(text)).unreadable).toContain("at");
    },
  );
});

describe("problems", () => {
  it.each(["__proto__", "constructor", "toString"])("of the type %s have words too", (type) => {
    const report = {
      state: "ERROR",
      type,
      code: null,
      message: null,
      action: null,
      url: null,
      at: 1,
      signals: [],
    } as const;
    expect(applyReport(new Map(), report, "webhook")?.raised?.message).toContain(type);
  });
});

describe("the signing key", () => {
  const key = "the-management-token";
  const receiver = () => {
    const accepted: unknown[] = [];
    const intake = {
      accept: (delivery: unknown) => {
        accepted.push(delivery);
        return Promise.resolve("stored" as const);
      },
    };
    const clock = new FakeClock();
    return { accepted, receiver: new WebhookReceiver({ keys: [key], intake, clock, log: new FakeLog() }) };
  };

  it("signs no text for a stranger that would then pass as a delivery", async () => {
    for (const challenge of ["123", "null", "challenge-1", "1.5e3"]) {
      const { receiver: ours, accepted } = receiver();
      const asked = await ours.receive(
        Buffer.from(JSON.stringify({ eventType: "VERIFY", data: { challenge } })),
        undefined,
      );
      const { challenge: signature } = asked.body as { challenge: string };
      expect(signature).toBe(sign(key, challenge));
      expect((await ours.receive(Buffer.from(challenge), signature)).status).toBe(401);
      expect(accepted).toEqual([]);
    }
  });

  it("is compared in the same time wherever a signature differs, and at any length", () => {
    const body = Buffer.from("{}");
    const right = sign(key, body);
    expect(isSignedBy([key], body, right)).toBe(true);
    for (let length = 0; length < 200; length++) {
      if (length !== 64) expect(isSignedBy([key], body, right.repeat(4).slice(0, length))).toBe(false);
    }
    for (let at = 0; at < 64; at++) {
      const other = right[at] === "0" ? "1" : "0";
      expect(isSignedBy([key], body, right.slice(0, at) + other + right.slice(at + 1))).toBe(false);
    }
  });

  it.each(["smartcar/signature.ts", "http/access.ts"])("%s compares nothing secret with ===", (file) => {
    const source = readFileSync(new URL(`../../../src/${file}`, import.meta.url), "utf8");
    expect(source).toContain("timingSafeEqual(");
    expect(source).not.toMatch(/(signature|digest|hash|password)[^\n]{0,20}(===|!==) *(given|sign|digest|this\.#hash)/);
  });
});

describe("secrets", () => {
  it("are masked at any length and in any letters, in JSON, URLs and forms", () => {
    for (const secret of ["[".repeat(20_000), "half \ud800 character", 'a "b" \\c/%+ü', "four"]) {
      const redactor = new Redactor();
      redactor.add(secret);
      const form = new URLSearchParams({ x: secret }).toString();
      for (const text of [
        secret,
        JSON.stringify({ secret }),
        form,
        `?x=${encodeURIComponent(secret.toWellFormed())}`,
      ]) {
        expect(redactor.clean(text)).toContain("***");
        expect(redactor.clean(text)).not.toContain(secret);
      }
      redactor.remove(secret);
      expect(redactor.clean(form)).toBe(form);
    }
  });

  it.each([
    "mqt://me:pass-word@host",
    "me:pass-word@host:1883",
    "mqtt//me:pass-word@host",
    "mqtt://me:pass-word:1883",
    "https://me:pass-word@host",
  ])("in the address %s, which is wrong otherwise too, are not shown", (url) => {
    const problems = [
      ...problemsOf({ env: { ...REQUIRED, MQTT_URL: url } }),
      ...problemsOf({ env: { ...REQUIRED, SMARTCAR_IAM_URL: url } }),
    ];
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join("\n")).not.toContain("pass-word");
  });

  it("are not shown where a key, a list or a mapping stands in a wrong place", () => {
    const problems = problemsOf({
      yaml: "mqtt:\n  client_id: [pass-word]\n  version: {a: pass-word}\n  url pass-word: 1\n",
    });
    expect(problems.length).toBeGreaterThanOrEqual(3);
    expect(problems.join("\n")).not.toContain("pass-word");
  });
});

describe("configurations nobody means", () => {
  it("are refused in a line: nested without end, words that every object has, times without end", () => {
    expect(problemsOf({ yaml: "[".repeat(2_000) }).join()).toContain("nested too deeply");
    expect(problemsOf({ env: { ...REQUIRED, HOMEASSISTANT_ENABLED: "constructor" } }).join()).toContain(
      "true or false",
    );
    expect(problemsOf({ env: { ...REQUIRED, POLLING_IDLE_INTERVAL: "100000000d" } }).join()).toContain("too long");
    expect(load({ env: REQUIRED, yaml: `${"x".repeat(200_000)}: 1` }).ok).toBe(false);
  });
});

describe("a place", () => {
  const exact = "50.110922, 8.682126";
  const at = (code: string, body: object) => observation({ code: signalCode(code), body: body as never });

  it("is not told by a signal nobody knew, nor by a text", () => {
    const told = [
      privateObservation(at("location-future", { value: exact, at: [8.682126, 50.110922] }), "rounded"),
      privateObservation(at("trip-start", { value: exact }), "rounded"),
      privateObservation(at("trip-start", { value: exact }), "off"),
    ];
    expect(JSON.stringify(told)).not.toMatch(/110922|682126/);
  });

  it.each(["rounded", "off"] as const)("is not kept with a body that is set aside (%s)", (level) => {
    const bodies = [
      { signals: [{ code: "location-future", body: { value: exact } }] },
      { signals: [{ group: "Location", name: "Future", body: { value: "POINT (8.682126 50.110922)" } }] },
      { signals: { "Location.Future": { body: { value: exact, x: 50.110922 } } } },
      { data: { note: exact } },
    ];
    for (const body of bodies) expect(privateText(JSON.stringify(body), level)).not.toMatch(/110922|682126/);
  });

  it("leaves other numbers and texts as they are", () => {
    const body = { value: 12.3456, text: "1.2345", list: [50.110922] };
    expect(privateObservation(at("odometer-traveleddistance", body), "rounded")?.body).toEqual(body);
  });
});

describe("what Smartcar says of a fault", () => {
  it("is passed on without the car's number", () => {
    expect(messageOf({ detail: "vehicle WVWZZZ1KZAW000001 is asleep" })).toBe("vehicle (VIN) is asleep");
    expect(words("request 01HQ2W8ZZZZZZZZZZZZZZZZZZZ of AAAAAAAAAAAAAAAAA")).toContain("01HQ2W8ZZZZZZZZZZZZZZZZZZZ");
  });
});
