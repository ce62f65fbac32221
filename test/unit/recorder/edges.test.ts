import { describe, expect, it } from "vitest";
import { Edges } from "../../../src/recorder/edges.ts";
import type { CallFacts } from "../../../src/recorder/entries.ts";
import type { Entry } from "../../../src/recorder/format.ts";
import { Pseudonyms } from "../../../src/recorder/pseudonyms.ts";
import { Redaction } from "../../../src/recorder/redaction.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const names = new Pseudonyms(Buffer.alloc(32));

function bench(on = true) {
  const written: Entry[] = [];
  const clock = new FakeClock();
  const redaction = new Redaction(names, { callbackUrl: null, places: "moved" });
  const edges = new Edges({ on, write: (entry) => written.push(entry) }, redaction, clock);
  return { edges, written, at: new Date(clock.now()).toISOString(), now: clock.now() };
}

const DELIVERY = { outcome: "accepted", cause: null, eventId: "e-1", vehicleId: "v-1", bytes: 70 };
const CALL: CallFacts = {
  method: "GET",
  path: "/v3/vehicles/v-1/signals",
  status: 200,
  code: null,
  requestId: "0a1b2c3d-1111-4222-8333-444455556666",
  durationMs: 12,
};
const answer = (text: string, headers: Record<string, string> = {}) => ({
  text,
  header: (name: string) => headers[name],
});

/** Everything that can come by, once. */
function all(edges: Edges): void {
  edges.delivery({ at: 0, ...DELIVERY }, "{}");
  edges.call(CALL, answer("{}"));
  edges.command("v-1", "lock", { payload: Buffer.from("LOCK"), retain: false });
  edges.request("refresh", Buffer.from("{}"));
  edges.result("v-1", {
    command: "lock",
    status: "succeeded",
    confirmed: false,
    error: null,
    duration_ms: 1,
    calls: 1,
  });
  edges.mqtt("connected");
}

describe("an edge", () => {
  it("writes while the recorder is on, and does nothing while it is off", () => {
    const on = bench();
    all(on.edges);
    expect(on.written.map(({ kind }) => kind)).toEqual(["delivery", "call", "command", "request", "result", "mqtt"]);
    const off = bench(false);
    all(off.edges);
    expect(off.written).toEqual([]);
  });

  it("tells of a delivery with what became of it", () => {
    const { edges, written, at, now } = bench();
    edges.delivery({ at: now, ...DELIVERY }, '\ufeff{"vehicleId":"v-1","data":{"signals":[]}}');
    expect(written).toEqual([
      {
        kind: "delivery",
        at,
        outcome: "accepted",
        cause: null,
        event_id: names.id("e-1"),
        vehicle_id: names.id("v-1"),
        bytes: 70,
        body: { vehicleId: names.id("v-1"), data: { signals: [] } },
      },
    ]);
  });

  it("keeps nothing of what a stranger sent, nor of what is no JSON", () => {
    const { edges, written } = bench();
    edges.delivery({ at: 0, ...DELIVERY, outcome: "refused", cause: "signature missing", eventId: null }, null);
    edges.delivery({ at: 0, ...DELIVERY, outcome: "quarantined", cause: "unknown type Anna\u0000" }, "Anna");
    edges.delivery({ at: 0, ...DELIVERY, outcome: "failed", cause: "could not be stored; Smartcar tries again" }, "{}");
    expect(written).toMatchObject([
      { cause: "signature missing", event_id: null, body: null },
      { cause: expect.stringMatching(/^text-/), body: null },
      { cause: "could not be stored; Smartcar tries again", body: {} },
    ]);
  });

  it("tells of a call, with the answer where that tells of cars or says what was wrong", () => {
    const { edges, written, at } = bench();
    edges.call(CALL, answer('{"data":[]}'));
    edges.call({ ...CALL, path: "/oauth2/token" }, answer('{"access_token":"a-token"}'));
    edges.call(
      { ...CALL, path: "/oauth2/token", status: 401 },
      answer('{"error":"invalid_client","error_description":"no a-token"}'),
    );
    edges.call({ ...CALL, path: "/v3/vehicles/v-1/commands/security/lock", method: "POST" }, answer('{"data":{}}'));
    edges.call({ ...CALL, status: 429, requestId: "odd" }, answer("<html>", { "retry-after": "30" }));
    edges.call({ ...CALL, status: null, code: "SC_TIMEOUT", requestId: null }, null);
    const told = {
      kind: "call",
      at,
      method: "GET",
      path: `/v3/vehicles/${names.id("v-1")}/signals`,
      error: null,
      retry_after: null,
      duration_ms: 12,
    };
    expect(written).toEqual([
      { ...told, status: 200, request_id: CALL.requestId, body: { data: [] } },
      { ...told, path: "/oauth2/token", status: 200, request_id: CALL.requestId, body: null },
      {
        ...told,
        path: "/oauth2/token",
        status: 401,
        request_id: CALL.requestId,
        body: { error: "invalid_client", error_description: names.text("no a-token") },
      },
      {
        ...told,
        method: "POST",
        path: `/v3/vehicles/${names.id("v-1")}/commands/security/lock`,
        status: 200,
        request_id: CALL.requestId,
        body: null,
      },
      { ...told, status: 429, retry_after: "30", request_id: names.id("odd"), body: null },
      { ...told, status: null, error: "SC_TIMEOUT", request_id: null, body: null },
    ]);
  });

  it("tells of a command and its result without the words of either", () => {
    const { edges, written, at } = bench();
    edges.command(null, "Annas lock!", { payload: Buffer.from('{"value":"LOCK","id":"anna"}'), retain: true });
    edges.result("v-1", {
      command: "lock",
      status: "failed",
      confirmed: false,
      error: { type: "VEHICLE_STATE", code: "ASLEEP" },
      duration_ms: 70,
      calls: 1,
    });
    expect(written).toEqual([
      {
        kind: "command",
        at,
        vehicle_id: null,
        command: names.text("Annas lock!"),
        payload: { value: "LOCK", id: names.id("anna") },
        retained: true,
      },
      {
        kind: "result",
        at,
        vehicle_id: names.id("v-1"),
        command: "lock",
        status: "failed",
        confirmed: false,
        error: { type: "VEHICLE_STATE", code: "ASLEEP" },
        duration_ms: 70,
        calls: 1,
      },
    ]);
  });
});
