import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CommandCall } from "../../../src/smartcar/gateway.ts";
import { userId, vehicleId } from "../../../src/vehicle/ids.ts";
import { gatewayTo, type Reply, ScriptedServer, TEST_LIMITS, TOKEN } from "./support.ts";

const LOCK = "POST /v3/vehicles/veh-1/commands/security/lock";
const lock: CommandCall = {
  vehicleId: vehicleId("veh-1"),
  userId: userId("user-1"),
  method: "POST",
  path: "commands/security/lock",
};
const SUCCESS = {
  data: {
    id: "exec-1",
    type: "command-execution",
    attributes: { status: { value: "SUCCESS" }, executionMode: "sync" },
  },
};
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

const error = (status: number, type: string, code: string | null = null, headers = {}): Reply => ({
  status,
  headers: { "sc-request-id": "req-1", ...headers },
  body: { errors: [{ status: String(status), type, code, detail: "because" }] },
});

describe("a command", () => {
  it("without attributes is sent without a body, in the owner's name", async () => {
    server.on(LOCK, { headers: { "sc-request-id": "req-1" }, body: SUCCESS });
    const { gateway, admission } = setup();
    expect(await gateway.send(lock)).toEqual({ outcome: "succeeded", requestId: "req-1" });
    const request = server.requests.at(-1);
    expect(request?.headers).toMatchObject({ "sc-user-id": "user-1", authorization: `Bearer ${TOKEN.access_token}` });
    expect(request?.headers["content-type"]).toBeUndefined();
    expect(request?.body).toBe("");
    expect(admission.taken).toBe(1);
  });

  it("with attributes wraps them", async () => {
    server.on("POST /v3/vehicles/veh-1/commands/charge/set-limit", { body: SUCCESS });
    await setup().gateway.send({ ...lock, path: "commands/charge/set-limit", body: { percent: 80 } });
    expect(server.requests.at(-1)?.headers["content-type"]).toBe("application/json");
    expect(JSON.parse(server.requests.at(-1)?.body ?? "")).toEqual({ data: { attributes: { percent: 80 } } });
  });

  it("may delete", async () => {
    server.on("DELETE /v3/vehicles/veh-1/charge-schedules/sched-1", { status: 204, body: "" });
    const call = { ...lock, method: "DELETE", path: "charge-schedules/sched-1" } as const;
    expect(await setup().gateway.send(call)).toMatchObject({ outcome: "succeeded" });
  });

  it.each(["../veh-2/commands/security/unlock", "a/../b", "a?b", "a#b", "", "/a", "a//b", "a%2fb", "a b"])(
    "never leaves its vehicle: %j",
    async (path) => {
      expect(await setup().gateway.send({ ...lock, path })).toMatchObject({
        outcome: "failed",
        error: { sent: false },
      });
      expect(server.requests).toEqual([]);
    },
  );
});

describe("its outcome", () => {
  it.each([
    ["200 with SUCCESS", { body: SUCCESS }],
    ["202 with SUCCESS", { status: 202, body: SUCCESS }],
    ["the old form", { body: { status: "success", message: "Successfully sent request to vehicle" } }],
    ["a schedule's", { body: { data: { attributes: { action: "create", status: "SUCCESS" } } } }],
  ])("succeeded: %s", async (_name, reply) => {
    server.on(LOCK, reply);
    expect(await setup().gateway.send(lock)).toMatchObject({ outcome: "succeeded" });
  });

  it.each([
    ["400", error(400, "VALIDATION"), "SC_VALIDATION"],
    ["403", error(403, "PERMISSION"), "SC_PERMISSION"],
    ["404", error(404, "RESOURCE_NOT_FOUND", "VEHICLE_NOT_FOUND"), "SC_NOT_FOUND"],
    ["409", error(409, "VEHICLE_STATE", "IN_MOTION"), "SC_VEHICLE_STATE"],
    ["429", error(429, "RATE_LIMIT", "VEHICLE", { "retry-after": "9" }), "SC_RATE_LIMITED"],
    ["429 with an empty body", { status: 429, body: "" }, "SC_RATE_LIMITED"],
    ["430", error(430, "BILLING", "VEHICLE_REQUEST_LIMIT"), "SC_BILLING"],
    ["430 with a page", { status: 430, body: "<html>" }, "SC_BILLING"],
    ["500", error(500, "SERVER", "INTERNAL"), "SC_SERVER"],
    ["501", error(501, "COMPATIBILITY", "VEHICLE_NOT_CAPABLE"), "SC_NOT_CAPABLE"],
    ["502", error(502, "UPSTREAM", "NO_RESPONSE"), "SC_UPSTREAM"],
    [
      "an error under 202, flat",
      { status: 202, body: { type: "VEHICLE_STATE", code: "ASLEEP", statusCode: 409 } },
      "SC_VEHICLE_OFFLINE",
    ],
    [
      "an error under 202, wrapped",
      { status: 202, body: { error: { type: "UPSTREAM", code: "NO_RESPONSE", statusCode: 502 } } },
      "SC_UPSTREAM",
    ],
    [
      "an error under 202, a list",
      { status: 202, body: { errors: [{ status: "409", type: "VEHICLE_STATE", code: "DOOR_OPEN" }] } },
      "SC_VEHICLE_STATE",
    ],
    [
      "an execution in error",
      {
        body: {
          data: { attributes: { status: { value: "ERROR", error: { type: "VEHICLE_STATE", code: "FULLY_CHARGED" } } } },
        },
      },
      "SC_VEHICLE_STATE",
    ],
  ])("failed: %s, and it is not sent again", async (_name, reply, code) => {
    server.on(LOCK, reply);
    expect(await setup().gateway.send(lock)).toMatchObject({ outcome: "failed", error: { code, sent: true } });
    expect(server.count(LOCK)).toBe(1);
  });

  it.each([
    ["503 with an error", error(503, "SERVER", "INTERNAL")],
    ["504 with an error", error(504, "UPSTREAM", "NO_RESPONSE")],
    ["a 504 told under 202", { status: 202, body: { errors: [{ status: "504", type: "UPSTREAM", code: null }] } }],
    ["502 with a page", { status: 502, body: "<html>" }],
    ["500 with nothing", { status: 500, body: "" }],
    ["200 with nothing", { status: 200, body: "" }],
    ["202 with half an answer", { status: 202, body: '{"data":{"attributes":' }],
    ["202 still under way", { status: 202, body: { data: { attributes: { status: { value: "PENDING" } } } } }],
    ["200 with a page", { status: 200, body: "<html>" }],
    ["a redirect", { status: 307, headers: { location: "/elsewhere" }, body: "" }],
    ["an answer too large", { status: 200, body: "x".repeat(TEST_LIMITS.bodyBytes + 1) }],
    [
      "a cut connection",
      (_request, response) => {
        response.socket?.destroy();
        return undefined;
      },
    ],
    [
      "a 202 cut short",
      (_request, response) => {
        response.writeHead(202).write('{"data":{"attributes":{"status":{"value":"SUCCESS"}}}');
        setImmediate(() => response.socket?.destroy());
        return undefined;
      },
    ],
  ] as [string, Reply][])("unknown: %s, and it is not sent again", async (_name, reply) => {
    server.on(LOCK, reply);
    expect(await setup().gateway.send(lock)).toMatchObject({ outcome: "unknown", error: { sent: true } });
    expect(server.count(LOCK)).toBe(1);
  });

  it("is read to the end of a 202 that streams", async () => {
    server.on(LOCK, (_request, response) => {
      response.writeHead(202, { "content-type": "application/json" });
      const [first, second] = [JSON.stringify(SUCCESS).slice(0, 20), JSON.stringify(SUCCESS).slice(20)];
      response.write(" ");
      response.write(first);
      setImmediate(() => response.end(second));
      return undefined;
    });
    expect(await setup().gateway.send(lock)).toMatchObject({ outcome: "succeeded" });
  });

  it("is unknown when the program stops meanwhile", async () => {
    server.on(LOCK, () => undefined);
    const { gateway } = setup();
    const arrived = server.next().then(() => server.next());
    const outcome = gateway.send(lock);
    await arrived;
    await gateway.stop();
    expect(await outcome).toMatchObject({ outcome: "unknown", error: { code: "SC_ABORTED" } });
  });

  it("is unknown when the answer never comes", async () => {
    server.on(LOCK, () => undefined);
    const { gateway, clock } = setup();
    const arrived = server.next().then(() => server.next());
    const outcome = gateway.send(lock);
    await arrived;
    await clock.advance(TEST_LIMITS.totalCommandMs);
    expect(await outcome).toMatchObject({ outcome: "unknown", error: { code: "SC_TIMEOUT" } });
  });
});

describe("before it is sent", () => {
  it("can wait for the login, which may fail", async () => {
    const { gateway } = setup();
    await gateway.ready();
    await gateway.send(lock);
    expect(server.count("POST /oauth2/token")).toBe(1);
    server.on("POST /oauth2/token", { status: 500, body: "" });
    await expect(setup().gateway.ready()).resolves.toBeUndefined();
  });

  it("fails without a token", async () => {
    server.on("POST /oauth2/token", { status: 401, body: { error: "invalid_client" } });
    expect(await setup().gateway.send(lock)).toMatchObject({
      outcome: "failed",
      error: { code: "SC_CREDENTIALS", sent: false },
    });
    expect(server.count(LOCK)).toBe(0);
  });

  it("fails without a connection", async () => {
    const gone = await new ScriptedServer().start();
    const vehicleApiUrl = `${gone.url}/v3`;
    await gone.stop();
    expect(await setup({ vehicleApiUrl }).gateway.send(lock)).toMatchObject({
      outcome: "failed",
      error: { code: "SC_UNREACHABLE", sent: false },
    });
  });
});

describe("a 401", () => {
  it("says that nothing was done: it is sent once more with a new token", async () => {
    server.on(
      "POST /oauth2/token",
      { body: { access_token: "stale-token" } },
      { body: { access_token: "fresh-token" } },
    );
    server.on(LOCK, error(401, "AUTHENTICATION"), { body: SUCCESS });
    expect(await setup().gateway.send(lock)).toMatchObject({ outcome: "succeeded" });
    const sent = server.requests.filter(({ path }) => path.endsWith("/lock"));
    expect(sent.map(({ headers }) => headers["authorization"])).toEqual(["Bearer stale-token", "Bearer fresh-token"]);
  });

  it("is final when the new token came too late", async () => {
    const { gateway, clock } = setup();
    const late: Reply = (_request, response) => {
      void clock.advance(2).then(() => response.end(JSON.stringify({ access_token: "fresh-token" })));
      return undefined;
    };
    server.on("POST /oauth2/token", { body: { access_token: "stale-token" } }, late);
    server.on(LOCK, error(401, "AUTHENTICATION"));
    const outcome = await gateway.send({ ...lock, notAfter: clock.now() + 1 });
    expect(outcome).toMatchObject({ outcome: "failed", error: { code: "SC_AUTH" } });
    expect(server.count(LOCK)).toBe(1);
  });

  it("twice is a failure, whatever its body", async () => {
    server.on(LOCK, { status: 401, body: "" });
    expect(await setup().gateway.send(lock)).toMatchObject({ outcome: "failed", error: { code: "SC_AUTH" } });
    expect(server.count(LOCK)).toBe(2);
  });

  it("followed by a cut connection is unknown", async () => {
    server.on(LOCK, error(401, "AUTHENTICATION"), (_request, response) => {
      response.socket?.destroy();
      return undefined;
    });
    expect(await setup().gateway.send(lock)).toMatchObject({ outcome: "unknown" });
    expect(server.count(LOCK)).toBe(2);
  });
});
