import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { seconds } from "../../../src/lib/duration.ts";
import { CallError } from "../../../src/vehicle/call-error.ts";
import { userId, vehicleId } from "../../../src/vehicle/ids.ts";
import { failureOf, fixture, gatewayTo, type Reply, ScriptedServer, TOKEN } from "./support.ts";

const SIGNALS = "GET /v3/vehicles/veh-1/signals";
const target = { vehicleId: vehicleId("veh-1"), userId: userId("user-1") };
let server: ScriptedServer;
const stops: (() => Promise<void>)[] = [];

beforeEach(async () => {
  server = await new ScriptedServer().start();
  server.on("POST /oauth2/token", { body: TOKEN });
});

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  await server.stop();
});

function setup(options: Parameters<typeof gatewayTo>[1] = {}) {
  const made = gatewayTo(server, options);
  stops.push(() => made.gateway.stop());
  return made;
}

const v3Error = (status: number, type: string, code: string | null): Reply => ({
  status,
  headers: { "sc-request-id": "req-1" },
  body: { errors: [{ status: String(status), type, code, detail: "because" }] },
});

describe("readSignals", () => {
  it("makes a batch of them, asking in the owner's name", async () => {
    server.on(SIGNALS, { body: fixture("signals.json").toString() });
    const { gateway, clock, admission } = setup();
    const batch = await gateway.readSignals(target);
    expect(batch).toMatchObject({ vehicleId: "veh-1", source: "poll", receivedAt: clock.now(), problems: [] });
    expect(batch.observations.map(({ code, status }) => `${code} ${status}`)).toEqual([
      "tractionbattery-stateofcharge SUCCESS",
      "wheel-tires ERROR",
      "closure-islocked SUCCESS",
    ]);
    expect(batch.observations[0]).toMatchObject({ sequence: null, toldAt: clock.now(), source: "poll" });
    expect(server.requests[1]?.headers).toMatchObject({ "sc-user-id": "user-1", "sc-unit-system": "metric" });
    expect(admission.taken).toBe(1);
  });

  it("follows pages if there are any", async () => {
    const page = (code: string, next: string | null): Reply => ({
      body: { data: [{ attributes: { code, body: { value: 1 } } }], links: { next }, meta: { totalCount: 2 } },
    });
    server.on(SIGNALS, page("a-b", "?page=2"), page("c-d", null));
    const { gateway } = setup();
    const codes = async (mayGoOn?: () => boolean) =>
      (await gateway.readSignals(target, undefined, mayGoOn)).observations.map(({ code }) => code);
    expect(await codes()).toEqual(["a-b", "c-d"]);
    server.on(SIGNALS, page("a-b", "?page=2"), page("c-d", "?page=3"), page("e-f", null));
    const asked: number[] = [];
    expect(await codes(() => asked.push(server.count(SIGNALS)) === 1)).toEqual(["a-b", "c-d"]);
    expect(asked).toEqual([3, 4]);
  });

  it.each([
    ["an empty list", { body: { data: [], meta: { totalCount: 0 } } }],
    ["404 for the list", v3Error(404, "RESOURCE_NOT_FOUND", "SIGNAL_NOT_FOUND")],
    ["404 without a code", v3Error(404, "RESOURCE_NOT_FOUND", null)],
    ["a bare 404", { status: 404, body: "" }],
  ])("makes an empty batch of %s", async (_name, reply) => {
    server.on(SIGNALS, reply);
    expect(await setup().gateway.readSignals(target)).toMatchObject({ observations: [], source: "poll" });
  });

  it("does not take a missing car or a wrong address for an empty store", async () => {
    server.on(SIGNALS, v3Error(404, "RESOURCE_NOT_FOUND", "VEHICLE_NOT_FOUND"));
    expect(await failureOf(setup().gateway.readSignals(target), CallError)).toMatchObject({ code: "SC_NOT_FOUND" });
    server.on(SIGNALS, v3Error(404, "RESOURCE_NOT_FOUND", "INVALID_PATH"));
    expect(await failureOf(setup().gateway.readSignals(target), CallError)).toMatchObject({ code: "SC_INVALID_PATH" });
  });

  it("carries the request id and what to do in its errors", async () => {
    server.on(SIGNALS, v3Error(403, "PERMISSION", null));
    expect(await failureOf(setup().gateway.readSignals(target), CallError)).toMatchObject({
      code: "SC_PERMISSION",
      requestId: "req-1",
      message: "because",
      disposition: "re-authorise",
    });
  });

  it("does not ask again by itself when Smartcar fails", async () => {
    server.on(SIGNALS, { status: 502, body: "<html>" });
    expect(await failureOf(setup().gateway.readSignals(target), CallError)).toMatchObject({ disposition: "retry" });
    expect(server.count(SIGNALS)).toBe(1);
  });

  it("encodes a strange vehicle id", async () => {
    server.on("GET /v3/vehicles/a%2Fb%3Fc/signals", { body: { data: [] } });
    await setup().gateway.readSignals({ ...target, vehicleId: vehicleId("a/b?c") });
    expect(server.count("GET /v3/vehicles/a%2Fb%3Fc/signals")).toBe(1);
  });
});

describe("a refused token", () => {
  it("is replaced and the read repeated, once", async () => {
    server.on(
      "POST /oauth2/token",
      { body: { access_token: "stale-token" } },
      { body: { access_token: "fresh-token" } },
    );
    server.on(SIGNALS, (request) =>
      request.headers["authorization"] === "Bearer fresh-token"
        ? { body: { data: [] } }
        : v3ErrorBody(401, "AUTHENTICATION", null),
    );
    const { gateway, admission } = setup();
    await gateway.readSignals(target);
    expect(server.count(SIGNALS)).toBe(2);
    expect(admission.taken).toBe(2);
    await gateway.readSignals(target);
    expect(server.count("POST /oauth2/token")).toBe(2);
  });

  it("that stays refused is the configuration's fault", async () => {
    server.on(SIGNALS, v3Error(401, "AUTHENTICATION", null));
    expect(await failureOf(setup().gateway.readSignals(target), CallError)).toMatchObject({
      code: "SC_AUTH",
      disposition: "fix-config",
      scope: "application",
    });
    expect(server.count(SIGNALS)).toBe(2);
  });
});

const v3ErrorBody = (status: number, type: string, code: string | null) => ({
  status,
  body: { errors: [{ status: String(status), type, code }] },
});

describe("the application's limits", () => {
  it("a call not admitted is not made", async () => {
    const { gateway, admission } = setup();
    admission.refusal = new Error("full");
    await expect(gateway.readSignals(target)).rejects.toThrow("full");
    expect(server.count(SIGNALS)).toBe(0);
  });

  it("a 429 of the application pauses all calls, one of the car does not", async () => {
    server.on(
      SIGNALS,
      { status: 429, headers: { "retry-after": "30" }, body: { type: "RATE_LIMIT", code: "VEHICLE" } },
      { status: 429, headers: { "retry-after": "40" }, body: { type: "RATE_LIMIT", code: "SMARTCAR_API" } },
    );
    const { gateway, admission, clock } = setup();
    const ofCar = await failureOf(gateway.readSignals(target), CallError);
    expect(ofCar).toMatchObject({ scope: "vehicle", retryAt: clock.now() + seconds(30) });
    expect(admission.pauses).toEqual([]);
    const ofAll = await failureOf(gateway.readSignals(target), CallError);
    expect(ofAll).toMatchObject({ scope: "application", retryAt: clock.now() + seconds(40) });
    expect(admission.pauses).toEqual([clock.now() + seconds(40)]);
  });

  it("waits longer each time it is limited without a time, and starts over after a success", async () => {
    const limited = v3Error(429, "RATE_LIMIT", "SMARTCAR_API");
    server.on(SIGNALS, limited, limited, limited, { body: { data: [] } }, limited);
    const { gateway, clock } = setup();
    const waits: number[] = [];
    for (let call = 0; call < 5; call++) {
      if (call === 3) await gateway.readSignals(target);
      else {
        const error = await failureOf(gateway.readSignals(target), CallError);
        waits.push(((error.retryAt ?? 0) - clock.now()) / 1_000);
        clock.jump(waits.at(-1) ?? 0);
        clock.jump((error.retryAt ?? 0) - clock.now());
      }
    }
    expect(waits).toEqual([60, 120, 240, 60]);
  });
});

describe("the management API", () => {
  it("lists webhooks", async () => {
    server.on("GET /v3/webhooks", {
      body: {
        data: [
          {
            id: "wh-1",
            attributes: {
              name: "bridge",
              callbackUri: "https://a.example/webhooks/smartcar",
              isEnabled: true,
              autoSubscribe: false,
              triggers: [{ group: "Charge", name: "IsCharging" }],
              data: [{ code: "tractionbattery-stateofcharge" }, "Closure.IsLocked", 7],
            },
          },
          { attributes: {} },
        ],
      },
    });
    expect(await setup().gateway.listWebhooks()).toEqual([
      {
        id: "wh-1",
        name: "bridge",
        callbackUri: "https://a.example/webhooks/smartcar",
        errorCallbackUri: null,
        isEnabled: true,
        autoSubscribe: false,
        triggers: ["charge-ischarging"],
        signals: ["tractionbattery-stateofcharge", "closure-islocked"],
      },
    ]);
  });

  it("lists subscriptions, reading ids only", async () => {
    const related = (id: string) => ({ data: { id, type: "webhook" } });
    server.on("GET /v3/subscriptions", {
      body: {
        data: [
          {
            id: "sub-1",
            relationships: { webhook: related("wh-1"), user: related("user-1"), vehicle: related("veh-1") },
          },
        ],
      },
    });
    const { gateway } = setup();
    expect(await gateway.listSubscriptions({ vehicleId: target.vehicleId })).toEqual([
      { id: "sub-1", webhookId: "wh-1", vehicleId: "veh-1", userId: "user-1" },
    ]);
    expect(server.requests[1]?.query.get("filter[vehicleId]")).toBe("veh-1");
  });

  it.each([202, 201, 409])("subscribes: %i is success", async (status) => {
    server.on("POST /v3/subscriptions", { status, body: { meta: { message: "ok" } } });
    await setup().gateway.subscribe("wh-1", target);
    expect(JSON.parse(server.requests[1]?.body ?? "")).toEqual({
      data: { attributes: { webhookId: "wh-1", userId: "user-1", vehicleId: "veh-1" } },
    });
  });

  it("says when it cannot subscribe", async () => {
    server.on("POST /v3/subscriptions", v3Error(404, "RESOURCE_NOT_FOUND", "INVALID_PATH"));
    expect(await failureOf(setup().gateway.subscribe("wh-1", target), CallError)).toMatchObject({
      code: "SC_INVALID_PATH",
    });
  });
});

describe("life", () => {
  it("fetches the token in the background and leaves no timer behind", async () => {
    const { gateway, clock } = setup();
    gateway.start();
    expect(gateway.tokenStatus()).toEqual({ valid: false, expiresAt: null, error: null });
    const asked = server.next();
    await clock.advance(0);
    await asked;
    while (!gateway.tokenStatus().valid) await new Promise((resolve) => setImmediate(resolve));
    await gateway.stop();
    expect(clock.pending).toBe(0);
  });

  it("starts without Smartcar and says why it is not ready", async () => {
    server.on("POST /oauth2/token", { status: 401, body: { error: "invalid_client" } });
    const { gateway } = setup();
    await failureOf(gateway.listConnections(), CallError);
    expect(gateway.tokenStatus()).toMatchObject({ valid: false, error: { code: "SC_CREDENTIALS" } });
  });
});
