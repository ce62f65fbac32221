import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { seconds } from "../../../src/lib/duration.ts";
import type { FaultInput } from "../../../src/simulator/fault.ts";
import { type Loose, type SimulatorHarness, startSimulator } from "../../support/simulator-harness.ts";

const ID = "veh-1";
const CAR = { vehicleId: ID, signals: { "closure-islocked": { value: true } } };

async function struckBy(...faults: FaultInput[]) {
  const harness = await startSimulator({ cars: [CAR] });
  for (const fault of faults) harness.simulator.addFault(fault);
  return harness;
}

const lock = (harness: SimulatorHarness) => harness.asOwner("POST", ID, "/commands/security/unlock");

describe("faults", () => {
  test.each([
    [401, "AUTHENTICATION", "UNAUTHORIZED"],
    [409, "VEHICLE_STATE", "ASLEEP"],
    [429, "RATE_LIMIT", "VEHICLE"],
    [430, "BILLING", "VEHICLE_REQUEST_LIMIT"],
    [500, "SERVER", "INTERNAL"],
    [501, "COMPATIBILITY", "VEHICLE_NOT_CAPABLE"],
    [502, "UPSTREAM", "NO_RESPONSE"],
  ])("answer %i with the usual words, once", async (status, type, code) => {
    const harness = await struckBy({ kind: "error", status });
    const reply = await harness.get("/v3/connections");
    expect(reply.status).toBe(status);
    expect(reply.body.errors[0]).toMatchObject({ status: String(status), type, code });
    expect(reply.headers.has("retry-after")).toBe(false);
    expect((await harness.get("/v3/connections")).status).toBe(200);
  });

  test("answer with chosen words, in every form", async () => {
    const words = { type: "VEHICLE_STATE", code: "UNREACHABLE", detail: "No answer." };
    const harness = await struckBy(
      { kind: "error", status: 409, ...words, form: "flat" },
      { kind: "error", status: 409, ...words, form: "wrapped" },
      { kind: "error", status: 401, code: "invalid_client", form: "oauth" },
    );
    expect((await harness.get("/v3/connections")).body).toMatchObject({ type: "VEHICLE_STATE", statusCode: 409 });
    expect((await harness.get("/v3/connections")).body.error).toMatchObject({ code: "UNREACHABLE" });
    expect((await harness.get("/v3/connections")).body).toMatchObject({ error: "invalid_client" });
  });

  test.each([
    [30, "30"],
    ["Sat, 21 Nov 2026 12:01:00 GMT", "Sat, 21 Nov 2026 12:01:00 GMT"],
    [null, null],
  ])("send retry-after %j", async (retryAfter, header) => {
    const harness = await struckBy({ kind: "error", status: 429, retryAfter });
    expect((await harness.get("/v3/connections")).headers.get("retry-after")).toBe(header);
  });

  test("strike by method and path, after some requests and so often", async () => {
    const harness = await struckBy({
      kind: "error",
      status: 503,
      method: "get",
      path: "/v3/vehicles/*/signals",
      skip: 1,
      times: 2,
    });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await harness.asOwner("GET", ID, "/signals")).status);
    expect(statuses).toEqual([200, 503, 503, 200]);
    expect((await harness.get("/v3/connections")).status).toBe(200);
  });

  test("strike for ever until cleared", async () => {
    const harness = await struckBy({ kind: "error", status: 500, times: null });
    for (let i = 0; i < 3; i++) expect((await harness.get("/v3/connections")).status).toBe(500);
    expect(harness.simulator.faults()).toMatchObject([{ left: null }]);
    harness.simulator.clearFaults();
    expect((await harness.get("/v3/connections")).status).toBe(200);
  });

  test("hold an answer back, the token's too", async () => {
    const harness = await struckBy({ kind: "latency", path: "/oauth2/token", delayMs: seconds(20) });
    const arrived = harness.next("arrived");
    let renewed = false;
    const renewal = harness.renewToken().then(() => (renewed = true));
    await arrived;
    await harness.clock.advance(seconds(19));
    expect(renewed).toBe(false);
    await harness.clock.advance(seconds(1));
    await renewal;
  });

  test("send a proxy's page", async () => {
    const harness = await struckBy({ kind: "html", status: 504 });
    const reply = await harness.get("/v3/connections");
    expect(reply.status).toBe(504);
    expect(reply.headers.get("content-type")).toContain("text/html");
    expect(reply.body).toContain("<h1>");
  });

  test("send JSON that breaks off inside a complete answer", async () => {
    const harness = await struckBy({ kind: "malformed" });
    const reply = await harness.get("/v3/connections");
    expect(reply.status).toBe(200);
    expect(typeof reply.body).toBe("string");
    expect(reply.body).toMatch(/^\{"data"/);
  });

  test.each([{ kind: "truncated" }, { kind: "drop", when: "after-headers" }] as const)(
    "break the connection in the body: %j",
    async (fault) => {
      const harness = await struckBy(fault);
      await expect(harness.get("/v3/connections")).rejects.toThrow();
      const record = harness.simulator.requests().at(-1);
      expect(record).toMatchObject({ status: 200, fault: fault.kind });
    },
  );

  test("send the head before they drop", async () => {
    const harness = await struckBy({ kind: "drop", when: "after-headers" });
    const text = await rawRequest(harness.simulator.url, "GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(text).toMatch(/\r\n\r\n$/);
  });

  test("drop before the head, and nothing was done", async () => {
    const harness = await struckBy({ kind: "drop" });
    await expect(lock(harness)).rejects.toThrow();
    expect(harness.simulator.requests().at(-1)).toMatchObject({ status: null, billed: false, fault: "drop" });
    expect(harness.clock.pending).toBe(0);
  });

  test.each([{ kind: "drop", executed: true }, { kind: "truncated" }, { kind: "html", executed: true }] as const)(
    "lose the answer of a command that was done all the same: %j",
    async (fault) => {
      const harness = await struckBy(fault);
      await lock(harness).catch(() => undefined);
      await harness.clock.advance(seconds(2));
      expect(harness.bodyOf(ID, "closure-islocked")).toEqual({ value: false });
    },
  );
});

describe("202 streams", () => {
  async function open(fault: Omit<Extract<FaultInput, { kind: "stream" }>, "kind">) {
    const path = "/v3/vehicles/**";
    const harness = await struckBy({ kind: "stream", path, bodyAfterMs: seconds(170), ...fault });
    const car = harness.simulator.cars()[0];
    const token = await tokenOf(harness);
    const response = await fetch(`${harness.simulator.url}/v3/vehicles/${ID}/commands/security/unlock`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "sc-user-id": car?.userId ?? "" },
    });
    expect(response.status).toBe(202);
    expect(response.headers.has("content-length")).toBe(false);
    const text = response.text();
    // A handler from the start: a dropped stream must not count as unhandled while the clock moves.
    text.catch(() => undefined);
    await harness.clock.advance(seconds(170));
    return { harness, text };
  }

  test("bring success later", async () => {
    const { harness, text } = await open({ outcome: "success" });
    expect(JSON.parse(await text).data.attributes.status.value).toBe("SUCCESS");
    await harness.clock.advance(seconds(2));
    expect(harness.bodyOf(ID, "closure-islocked")).toEqual({ value: false });
  });

  test.each([
    ["list", (body: Loose): Loose => body.errors[0]],
    ["wrapped", (body: Loose): Loose => body.error],
    ["flat", (body: Loose): Loose => body],
  ] as const)("bring an error later, as %s", async (form, read) => {
    const { harness, text } = await open({
      outcome: "error",
      form,
      status: 409,
      type: "VEHICLE_STATE",
      code: "ASLEEP",
    });
    expect(read(JSON.parse(await text))).toMatchObject({ type: "VEHICLE_STATE", code: "ASLEEP" });
    await harness.clock.advance(seconds(2));
    expect(harness.bodyOf(ID, "closure-islocked")).toEqual({ value: true });
  });

  test("break off", async () => {
    const { text } = await open({ outcome: "drop" });
    await expect(text).rejects.toThrow();
  });

  test("do the command even when the caller has hung up", async () => {
    const harness = await struckBy({ kind: "stream", path: "/v3/vehicles/**", bodyAfterMs: seconds(170) });
    const token = await tokenOf(harness);
    const hangUp = new AbortController();
    const response = await fetch(`${harness.simulator.url}/v3/vehicles/${ID}/commands/security/unlock`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "sc-user-id": harness.simulator.cars()[0]?.userId ?? "" },
      signal: hangUp.signal,
    });
    hangUp.abort();
    await expect(response.text()).rejects.toThrow();
    const answered = harness.next("request");
    await harness.clock.advance(seconds(170));
    expect(await answered).toMatchObject({ status: 202, billed: true, fault: "stream" });
    await harness.clock.advance(seconds(2));
    expect(harness.bodyOf(ID, "closure-islocked")).toEqual({ value: false });
  });

  test("end in half a body", async () => {
    const { text } = await open({ outcome: "malformed" });
    const body = await text;
    expect(() => JSON.parse(body)).toThrow();
  });
});

async function tokenOf(harness: SimulatorHarness): Promise<string> {
  const reply = await fetch(`${harness.simulator.url}/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: "client_simulator",
      client_secret: "simulator-secret",
    }),
  });
  return ((await reply.json()) as { access_token: string }).access_token;
}

function rawRequest(url: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(request));
    socket.on("data", (chunk) => (text += chunk.toString()));
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
  });
}
