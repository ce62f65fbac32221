import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { WebhookReceiver } from "../../../src/smartcar/webhook.ts";
import type { Acceptance, Delivery } from "../../../src/vehicle/delivery.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { fixture, recordingLog } from "./support.ts";

const KEY = "management-token-1";
const OLD_KEY = "management-token-0";
const hmac = (data: Buffer | string, key = KEY) => createHmac("sha256", key).update(data).digest("hex");

function receiver(options: { keys?: string[]; accept?: (delivery: Delivery) => Promise<Acceptance> } = {}) {
  const clock = new FakeClock();
  const { log, lines } = recordingLog();
  const deliveries: Delivery[] = [];
  const accept =
    options.accept ??
    (async (delivery: Delivery): Promise<Acceptance> => {
      deliveries.push(delivery);
      return delivery.batch === null ? "quarantined" : "stored";
    });
  const webhook = new WebhookReceiver({ keys: options.keys ?? [KEY, OLD_KEY], intake: { accept }, clock, log });
  return { webhook, clock, deliveries, lines };
}

const verifyBody = (challenge: unknown) => Buffer.from(JSON.stringify({ eventType: "VERIFY", data: { challenge } }));

describe("signed events", () => {
  it("are handed to the intake and answered with 200 once it is done", async () => {
    let finish: (acceptance: Acceptance) => void = () => {};
    const { webhook } = receiver({ accept: () => new Promise((resolve) => (finish = resolve)) });
    const body = fixture("state-b.json");
    let answered = false;
    const answer = webhook.receive(body, hmac(body)).then((result) => {
      answered = true;
      return result;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    finish("stored");
    expect(await answer).toEqual({ status: 200 });
  });

  it("carry the batch and the raw text", async () => {
    const { webhook, deliveries, clock } = receiver();
    const body = fixture("state-b.json");
    await webhook.receive(body, hmac(body));
    expect(deliveries).toMatchObject([
      { eventId: "ev-b", eventType: "VEHICLE_STATE", receivedAt: clock.now(), unusable: null, raw: body.toString() },
    ]);
    expect(deliveries[0]?.batch?.observations).toHaveLength(4);
  });

  it.each([
    ["signed with the older key", OLD_KEY],
    ["signed with the newer key", KEY],
  ])("%s are believed", async (_name, key) => {
    const { webhook } = receiver();
    const body = fixture("state-a.json");
    expect(await webhook.receive(body, hmac(body, key))).toEqual({ status: 200 });
  });

  it.each([
    ["a duplicate", fixture("state-a.json"), "duplicate"],
    ["one of a car to be left alone", fixture("state-a.json"), "ignored"],
    ["a test", fixture("test.json"), "quarantined"],
    ["an unknown type", Buffer.from('{"eventType":"NEW"}'), "quarantined"],
    ["no JSON", Buffer.from("certainly { not json"), "quarantined"],
    ["nothing", Buffer.alloc(0), "quarantined"],
    ["invalid UTF-8", Buffer.from([0xff, 0xfe, 0x00]), "quarantined"],
  ] as const)("%s gets 200", async (_name, body, acceptance) => {
    const { webhook } = receiver({ accept: async () => acceptance });
    expect(await webhook.receive(body, hmac(body))).toEqual({ status: 200 });
    expect(webhook.stats()).toMatchObject({ accepted: 1, rejectedWrong: 0 });
  });

  it("get 503 when they cannot be stored, and no body reaches the log", async () => {
    const { webhook, lines } = receiver({
      accept: async () => {
        throw new Error("disk full");
      },
    });
    const body = fixture("state-b.json");
    expect(await webhook.receive(body, hmac(body))).toEqual({ status: 503 });
    expect(webhook.stats().failed).toBe(1);
    expect(lines.some(({ level }) => level === "error")).toBe(true);
    expect(JSON.stringify(lines)).not.toContain("VIN0000000000TEST");
  });
});

describe("unsigned events", () => {
  const body = fixture("state-b.json");

  it.each([
    ["missing", undefined, undefined, "signature missing", { rejectedMissing: 1, rejectedWrong: 0 }],
    ["empty", "", undefined, "signature missing", { rejectedMissing: 1 }],
    ["of another key", hmac(body, "other"), undefined, "wrong key", { rejectedWrong: 1 }],
    ["in upper case", hmac(body).toUpperCase(), undefined, "signature malformed", { rejectedWrong: 1 }],
    ["with a blank", ` ${hmac(body)}`, undefined, "signature malformed", { rejectedWrong: 1 }],
    ["cut short", hmac(body).slice(0, 63), undefined, "signature malformed", { rejectedWrong: 1 }],
    ["twice", `${hmac(body)}, ${hmac(body)}`, undefined, "signature malformed", { rejectedWrong: 1 }],
    ["of a compressed body", hmac("x"), "gzip", "body encoded on the way", { rejectedWrong: 1 }],
  ])("get 401: signature %s", async (_name, signature, encoding, cause, counts) => {
    const { webhook, deliveries, clock } = receiver();
    expect(await webhook.receive(body, signature, encoding)).toEqual({ status: 401 });
    expect(deliveries).toEqual([]);
    expect(webhook.stats()).toMatchObject({ ...counts, lastRejection: cause, lastRejectedAt: clock.now() });
  });

  it("get 401 when the body was re-formatted or cut: the raw bytes are signed", async () => {
    const { webhook } = receiver();
    const compact = Buffer.from(JSON.stringify(JSON.parse(body.toString())));
    expect((await webhook.receive(compact, hmac(body))).status).toBe(401);
    expect(webhook.stats().lastRejection).toBe("wrong key");
    expect((await webhook.receive(body.subarray(0, 50), hmac(body))).status).toBe(401);
    expect(webhook.stats().lastRejection).toBe("body is not json");
  });

  it("are logged once an hour per reason, not once per request", async () => {
    const { webhook, lines, clock } = receiver();
    const knock = async () => {
      for (let i = 0; i < 50; i++) await webhook.receive(body, i % 2 === 0 ? undefined : "odd");
    };
    await knock();
    expect(lines).toHaveLength(2);
    await clock.advance(3_600_000);
    await knock();
    expect(lines).toHaveLength(4);
    expect(webhook.stats()).toMatchObject({ rejectedMissing: 50, rejectedWrong: 50 });
  });
});

describe("without a key", () => {
  it("everything gets 503 and the hint", async () => {
    const { webhook } = receiver({ keys: [] });
    const answer = await webhook.receive(fixture("verify-4.json"), undefined);
    expect(answer).toMatchObject({ status: 503, body: { error: expect.stringContaining("management_token") } });
  });
});

describe("VERIFY", () => {
  it.each([
    ["verify-4.json", "challenge-4.0"],
    ["verify-bare.json", "challenge-bare"],
    ["verify-2.json", "challenge-2.0"],
    ["verify-top.json", "challenge-top"],
  ])("%s is answered with the first key, unsigned and signed alike", async (file, challenge) => {
    const { webhook, deliveries } = receiver();
    const body = fixture(file);
    for (const signature of [undefined, hmac(body), hmac(body, OLD_KEY), "nonsense"]) {
      expect(await webhook.receive(body, signature)).toEqual({ status: 200, body: { challenge: hmac(challenge) } });
    }
    expect(deliveries).toEqual([]);
  });

  it.each([
    ["an event", '{"eventType":"VEHICLE_STATE"}'],
    ["blanks", "a b"],
    ["empty", ""],
    ["too long", "a".repeat(257)],
    ["a newline at the end", "abc\n"],
    ["other letters", "chällenge"],
    ["a number", 5],
    ["an object", { a: 1 }],
    ["missing", undefined],
  ])("is never an oracle: a challenge that is %s gets 400, even signed", async (_name, challenge) => {
    const { webhook } = receiver();
    const body = verifyBody(challenge);
    expect(await webhook.receive(body, undefined)).toEqual({ status: 400 });
    expect(await webhook.receive(body, hmac(body))).toEqual({ status: 400 });
    expect(webhook.stats()).toMatchObject({ verifyRefused: 2, verified: 0 });
  });

  it("takes a challenge of 256 characters", async () => {
    const { webhook } = receiver();
    expect((await webhook.receive(verifyBody("A-z_0.".repeat(42).padEnd(256, "x")), undefined)).status).toBe(200);
  });

  it("does not parse large strangers", async () => {
    const { webhook } = receiver();
    const padded = Buffer.from(
      JSON.stringify({ eventType: "VERIFY", data: { challenge: "c" }, pad: "x".repeat(9_000) }),
    );
    expect((await webhook.receive(padded, undefined)).status).toBe(401);
  });

  it("is limited: at least five a minute, then 429 until there is room again", async () => {
    const { webhook, clock } = receiver();
    const body = verifyBody("c");
    const burst = [];
    for (let i = 0; i < 30; i++) burst.push((await webhook.receive(body, undefined)).status);
    expect(burst.slice(0, 5)).toEqual([200, 200, 200, 200, 200]);
    const refused = await webhook.receive(body, undefined);
    expect(refused.status).toBe(429);
    const waitS = Number(refused.headers?.["retry-after"]);
    expect(waitS).toBeGreaterThan(0);
    await clock.advance(waitS * 1_000);
    expect((await webhook.receive(body, undefined)).status).toBe(200);
    for (let minute = 0; minute < 3; minute++) {
      await clock.advance(60_000);
      let answered = 0;
      for (let i = 0; i < 5; i++) answered += (await webhook.receive(body, undefined)).status === 200 ? 1 : 0;
      expect(answered).toBe(5);
    }
  });
});
