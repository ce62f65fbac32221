import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { minutes, seconds } from "../../../src/lib/duration.ts";
import { faultSchema } from "../../../src/simulator/fault.ts";
import { Replay, type ReplayOptions } from "../../../src/simulator/replay.ts";
import { faultOf, listedCars, listedSignals, webhookChoice } from "../../../src/simulator/replay-answers.ts";
import { MAX_RECORDING_BYTES, RecordingError, readRecording } from "../../../src/simulator/replay-file.ts";
import { ReplayTimes } from "../../../src/simulator/replay-times.ts";
import { startCallback } from "../../support/simulator-callback.ts";
import { startSimulator } from "../../support/simulator-harness.ts";

const FROM = Date.UTC(2026, 5, 1, 12);
const iso = (afterMs: number) => new Date(FROM + afterMs).toISOString();
const SOC = "tractionbattery-stateofcharge";

const HEADER = {
  format: "smartcar2mqtt-recording",
  version: 1,
  program: "0.1.0",
  from: iso(0),
  to: iso(minutes(5)),
  settings: { units: "metric" },
  entries: 0,
  left_out: 0,
};
const CAR = {
  kind: "car",
  vehicle: {
    id: "veh-1",
    user_id: "user-1",
    make: "POLESTAR",
    model: "2",
    year: 2022,
    powertrain: "BEV",
    mode: "live",
    permissions: ["read_battery"],
    connected: true,
  },
  signals: [
    {
      code: SOC,
      status: "SUCCESS",
      error: null,
      body: { value: 40, unit: "percent" },
      oem_updated_at: FROM - minutes(10),
      retrieved_at: null,
    },
    {
      code: "wheel-tires",
      status: "ERROR",
      error: { type: "PERMISSION", code: null },
      body: null,
      oem_updated_at: null,
      retrieved_at: null,
    },
  ],
};
const call = (afterMs: number, path: string, more: object = {}) => ({
  kind: "call",
  at: iso(afterMs),
  method: "GET",
  path,
  status: 200,
  error: null,
  request_id: null,
  retry_after: null,
  duration_ms: 10,
  body: null,
  ...more,
});
const delivery = (afterMs: number, body: unknown, outcome = "accepted", cause: string | null = null) => ({
  kind: "delivery",
  at: iso(afterMs),
  outcome,
  cause,
  event_id: null,
  vehicle_id: null,
  bytes: 1,
  body,
});
const connection = (vehicleId: string) => ({
  id: "c",
  attributes: { permissions: ["read_battery", "read_charge"], vehicle: { make: "POLESTAR", model: "2", year: 2022 } },
  relationships: { vehicle: { data: { id: vehicleId } }, user: { data: { id: "user-1" } } },
});
const signal = (value: number, oemUpdatedAt: string) => ({
  id: SOC,
  attributes: { code: SOC, status: { value: "SUCCESS" }, body: { value, unit: "percent" } },
  meta: { oemUpdatedAt },
});

const text = (...entries: object[]) => [HEADER, ...entries].map((line) => `${JSON.stringify(line)}\n`).join("");

const replays: Replay[] = [];
afterEach(async () => {
  for (const replay of replays.splice(0)) await replay.stop();
});

/** A simulator with a recording in it, not begun. */
async function bench(entries: readonly object[], options: Partial<ReplayOptions> = {}) {
  const harness = await startSimulator({ quiet: true });
  const { simulator, clock } = harness;
  const recording = readRecording(text(...entries));
  const replay = new Replay({ simulator, recording, clock, speed: 1, ...options });
  replays.unshift(replay);
  const soc = async () => {
    const { body } = await harness.asOwner("GET", "veh-1", "/signals");
    return body.data?.find(({ id }: { id: string }) => id === SOC);
  };
  return { harness, simulator, clock, replay, soc };
}

describe("a recording", () => {
  it.each<[string, string, RegExp]>([
    ["nothing", "", /no recording/],
    ["something else", "hello\nworld\n", /no recording/],
    ["other JSON", `${JSON.stringify({ format: "har", version: 1 })}\n`, /no recording/],
    [
      "another version",
      `${JSON.stringify({ ...HEADER, version: 2 })}\n`,
      /version 2, and this program reads version 1/,
    ],
    ["a header without its times", `${JSON.stringify({ ...HEADER, from: "yesterday" })}\n`, /line 1 .* from/],
    ["a line cut short", text(CAR).slice(0, -20), /line 2 .* no JSON/],
    ["an entry nobody knows", text({ kind: "dream", at: iso(0) }), /line 2 .* kind/],
    ["an entry without its time", text(CAR, { ...delivery(0, {}), at: undefined }), /line 3 .* at/],
    ["far too much", text() + "x".repeat(MAX_RECORDING_BYTES), /larger than 16 MiB/],
  ])("is refused with the reason: %s", (_, recording, reason) => {
    expect(() => readRecording(recording)).toThrow(reason);
    expect(() => readRecording(recording)).toThrow(RecordingError);
  });

  it("of any kind is read or refused, never more", () => {
    const line = fc.oneof(
      fc.string(),
      fc.json(),
      fc.constantFrom(...[CAR, delivery(0, {}), call(0, "/x")].map((one) => JSON.stringify(one))),
    );
    fc.assert(
      fc.property(fc.boolean(), fc.array(line), (hasHeader, lines) => {
        try {
          readRecording((hasHeader ? text() : "") + lines.join("\n"));
        } catch (error) {
          expect(error).toBeInstanceOf(RecordingError);
        }
      }),
    );
  });

  it("may hold any answer", () => {
    const path = fc.constantFrom("/v3/connections", "/v3/vehicles/veh-1/signals", "/v3/webhooks", "/oauth2/token", "x");
    const body = fc.oneof(
      fc.jsonValue(),
      fc.record({ data: fc.array(fc.jsonValue()) }),
      fc.record({ errors: fc.array(fc.jsonValue()) }),
    );
    fc.assert(
      fc.property(path, fc.integer({ min: 100, max: 700 }), body, (where, status, found) => {
        const [one] = readRecording(text(call(0, where, { status, body: found }))).calls;
        if (one === undefined) throw new Error("the call was not read");
        for (const read of [listedCars, listedSignals, webhookChoice]) expect(() => read(one)).not.toThrow();
        const fault = faultOf(one);
        if (fault !== null) expect(() => faultSchema.parse(fault)).not.toThrow();
      }),
    );
  });

  it("may come with another system's line ends", () => {
    const { cars, deliveries } = readRecording(text(CAR, delivery(0, {})).replaceAll("\n", "\r\n"));
    expect([cars.length, deliveries.length]).toEqual([1, 1]);
  });
});

describe("times", () => {
  const times = new ReplayTimes(FROM, FROM + minutes(60), 10);

  it("from before keep their age, those within run faster", () => {
    expect(times.at(FROM - minutes(10))).toBe(FROM + minutes(50));
    expect(times.at(FROM + minutes(10))).toBe(FROM + minutes(61));
  });

  it("are moved in the form they had, and only times", () => {
    const moved = times.moved({
      meta: { oemUpdatedAt: FROM, retrievedAt: FROM / 1_000, deliveredAt: iso(0), ingestedAt: 0, fetchedAt: "soon" },
      body: { value: FROM, startTime: iso(0) },
    });
    expect(moved).toEqual({
      meta: {
        oemUpdatedAt: FROM + minutes(60),
        retrievedAt: (FROM + minutes(60)) / 1_000,
        deliveredAt: iso(minutes(60)),
        ingestedAt: 0,
        fetchedAt: "soon",
      },
      body: { value: FROM, startTime: iso(0) },
    });
  });
});

describe("a replay", () => {
  it("serves the cars as they were known", async () => {
    const { harness, clock, replay, soc } = await bench([CAR]);
    await replay.start();
    const { body } = await harness.get("/v3/connections");
    expect(body.data).toHaveLength(1);
    expect(body.data[0].attributes).toMatchObject({
      permissions: ["read_battery"],
      vehicle: { make: "POLESTAR", model: "2", year: 2022, powertrainType: "BEV" },
    });
    expect((await soc()).attributes.body).toEqual({ value: 40, unit: "percent" });
    expect((await soc()).meta).toEqual({ oemUpdatedAt: clock.now() - minutes(10) });
    const { body: all } = await harness.asOwner("GET", "veh-1", "/signals");
    expect(all.data[1].attributes.status).toMatchObject({ value: "ERROR", error: { type: "PERMISSION" } });
  });

  it("without a webhook begins when the connections are asked for", async () => {
    const read = call(seconds(30), "/v3/vehicles/veh-1/signals", { body: { data: [signal(55, iso(seconds(20)))] } });
    let ended = false;
    const { harness, clock, replay, soc } = await bench([CAR, read], { speed: 10, onEnded: () => (ended = true) });
    await replay.start();
    await clock.advance(minutes(10));
    expect((await soc()).attributes.body.value).toBe(40);
    await harness.get("/v3/connections");
    const beganAt = clock.now();
    await clock.advance(seconds(2));
    expect((await soc()).attributes.body.value).toBe(40);
    await clock.advance(seconds(1));
    expect((await soc()).attributes.body.value).toBe(55);
    expect((await soc()).meta).toEqual({ oemUpdatedAt: new Date(beganAt + seconds(2)).toISOString() });
    expect(ended).toBe(true);
  });

  it("delivers what was delivered, signed anew, and what was refused as badly as then", async () => {
    const callback = await startCallback();
    const body = (eventId: string) => ({ eventId, eventType: "VEHICLE_STATE", meta: { deliveredAt: FROM } });
    const { simulator, clock, replay } = await bench(
      [
        CAR,
        delivery(seconds(1), null, "verified"),
        delivery(seconds(2), body("one")),
        delivery(seconds(3), body("one"), "duplicate"),
        delivery(seconds(4), null, "refused", "signature missing"),
        delivery(seconds(5), null, "refused", "wrong key"),
        delivery(seconds(6), null, "quarantined", "malformed: no JSON object"),
      ],
      { webhookUrl: callback.url },
    );
    await replay.start();
    await simulator.setWebhook({ callbackUrl: callback.url, subscribe: "all" });
    const beganAt = clock.now();
    // A delivery is sent when the one before was answered, which may take more than a moment.
    while (callback.received.length < 5) await clock.advance(seconds(1));
    const received = callback.received.map(({ raw, headers }) => [raw, headers["sc-signature"]?.length ?? 0]);
    const first = JSON.stringify({ ...body("one"), meta: { deliveredAt: beganAt } });
    expect(received).toEqual([
      [first, 64],
      [first, 64],
      ["{}", 0],
      ["{}", 64],
      ["not recorded", 64],
    ]);
    const signatures = callback.received.map(({ headers }) => headers["sc-signature"]);
    expect(new Set(signatures).size).toBe(4);
  });

  it("has the next call fail as the recorded one did, one failure of a kind at a time", async () => {
    const path = "/v3/vehicles/veh-1/signals";
    const limited = { status: 429, retry_after: "30", body: { errors: [{ type: "RATE_LIMIT", code: "VEHICLE" }] } };
    const { harness, simulator, clock, replay } = await bench([
      CAR,
      call(seconds(1), path, limited),
      call(seconds(2), path, limited),
      call(seconds(3), "/oauth2/token", { method: "POST", status: 401, body: { error: "invalid_client" } }),
      call(seconds(4), "/v3/webhooks", { status: null, error: "SC_CONNECTION_LOST" }),
      call(seconds(5), "/v3/webhooks", { status: null, error: "SC_ABORTED" }),
      call(seconds(6), "/v3/subscriptions", { status: 502 }),
    ]);
    await replay.start();
    await harness.get("/v3/connections");
    await clock.advance(seconds(6));
    expect(simulator.faults().map(({ fault }) => [fault.kind, fault.path])).toEqual([
      ["error", path],
      ["error", "/oauth2/token"],
      ["drop", "/v3/webhooks"],
      ["html", "/v3/subscriptions"],
    ]);
    const refused = await harness.asOwner("GET", "veh-1", "/signals");
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "30"]);
    expect(refused.body.errors[0]).toMatchObject({ type: "RATE_LIMIT", code: "VEHICLE" });
    expect((await harness.asOwner("GET", "veh-1", "/signals")).status).toBe(200);
  });

  it("connects and disconnects cars as the recorded lists did", async () => {
    const list = (afterMs: number, ...ids: string[]) =>
      call(afterMs, "/v3/connections", { body: { data: ids.map(connection), meta: { totalCount: ids.length } } });
    const { harness, clock, replay } = await bench([
      CAR,
      list(seconds(1), "veh-1"),
      list(seconds(10), "veh-1", "veh-2"),
      list(seconds(20), "veh-2"),
    ]);
    await replay.start();
    const listed = async () => {
      const { body } = await harness.get("/v3/connections");
      return body.data.map(({ relationships }: ReturnType<typeof connection>) => relationships.vehicle.data.id).sort();
    };
    expect(await listed()).toEqual(["veh-1"]);
    await clock.advance(seconds(10));
    expect(await listed()).toEqual(["veh-1", "veh-2"]);
    await clock.advance(seconds(10));
    expect(await listed()).toEqual(["veh-2"]);
  });

  it("gives the webhook the choice of signals it had", async () => {
    const callback = await startCallback();
    const choice = (callbackUri: string, codes: string[]) => ({
      id: "w",
      attributes: {
        callbackUri,
        isEnabled: true,
        autoSubscribe: true,
        triggers: [{ code: SOC }],
        data: codes.map((code) => ({ code })),
      },
    });
    const webhooks = call(seconds(1), "/v3/webhooks", {
      body: {
        data: [choice("https://1234abcd.invalid/", []), choice("https://ours.invalid/", [SOC, "closure-islocked"])],
      },
    });
    const { simulator, replay } = await bench([CAR, webhooks], { webhookUrl: callback.url });
    await replay.start();
    expect(simulator.webhooks()).toMatchObject([
      { callbackUrl: callback.url, autoSubscribe: true, triggers: [SOC], data: [SOC, "closure-islocked"] },
    ]);
  });
});
