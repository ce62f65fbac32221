import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HttpClient, type HttpRequest } from "../../../src/smartcar/http.ts";
import { CallError } from "../../../src/vehicle/call-error.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { failureOf, httpClient, recordingLog, ScriptedServer, TEST_LIMITS } from "./support.ts";

let server: ScriptedServer;
let client: HttpClient;

beforeEach(async () => {
  server = await new ScriptedServer().start();
  client = httpClient();
});

afterEach(async () => {
  await client.stop();
  await server.stop();
});

const get = (path: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  method: "GET",
  url: new URL(`${server.url}${path}`),
  kind: "read",
  ...more,
});

describe("HttpClient", () => {
  it("hands back any answer whole, with its request id", async () => {
    server.on("GET /x", { status: 430, headers: { "SC-Request-Id": "req-1" }, body: { a: "ü" } });
    const answer = await client.send(get("/x"));
    expect(answer).toMatchObject({ status: 430, text: '{"a":"ü"}', requestId: "req-1" });
    expect(answer.header("content-type")).toBe("application/json");
  });

  it("does not follow redirects", async () => {
    server.on("GET /x", { status: 302, headers: { location: `${server.url}/y` } });
    expect((await client.send(get("/x"))).status).toBe(302);
    expect(server.count("GET /y")).toBe(0);
  });

  it("breaks off an answer that is too large", async () => {
    server.on("GET /x", { headers: { "sc-request-id": "req-2" }, body: "x".repeat(TEST_LIMITS.bodyBytes + 1) });
    const error = await failureOf(client.send(get("/x")), CallError);
    expect(error).toMatchObject({ code: "SC_MALFORMED", requestId: "req-2" });
  });

  it("knows that a refused connection sent nothing", async () => {
    const gone = await new ScriptedServer().start();
    const url = new URL(gone.url);
    await gone.stop();
    expect(await failureOf(client.send(get("/x", { url })), CallError)).toMatchObject({
      code: "SC_UNREACHABLE",
      sent: false,
    });
  });

  it("knows that an unknown host was sent nothing", async () => {
    const url = new URL("http://no-such-host.invalid/x");
    expect(await failureOf(client.send(get("/x", { url })), CallError)).toMatchObject({
      code: "SC_UNREACHABLE",
      sent: false,
    });
  });

  it.each(["read", "command"] as const)("counts a connection cut before the answer as sent (%s)", async (kind) => {
    server.on("GET /x", (_request, response) => {
      response.socket?.destroy();
      return undefined;
    });
    const error = await failureOf(client.send(get("/x", { kind })), CallError);
    expect(error).toMatchObject({ code: "SC_CONNECTION_LOST", sent: true, status: null });
    // Never a second time by itself.
    expect(server.count("GET /x")).toBe(1);
  });

  it("does not take half a body for a whole one", async () => {
    server.on("GET /x", (_request, response) => {
      response.writeHead(202, { "content-type": "application/json" });
      response.write('{"data":');
      setImmediate(() => response.socket?.destroy());
      return undefined;
    });
    expect(await failureOf(client.send(get("/x")), CallError)).toMatchObject({ code: "SC_CONNECTION_LOST" });
  });

  it("gives up when the headers do not come", async () => {
    const impatient = httpClient(new FakeClock(), { ...TEST_LIMITS, readMs: 50 });
    server.on("GET /x", () => undefined);
    expect(await failureOf(impatient.send(get("/x")), CallError)).toMatchObject({ code: "SC_TIMEOUT", sent: true });
    await impatient.stop();
  });

  it("gives up on a body that drips for ever", async () => {
    const clock = new FakeClock();
    const patient = httpClient(clock);
    server.on("GET /x", (_request, response) => {
      response.writeHead(200).write("a");
      return undefined;
    });
    const arrived = server.next();
    const failed = failureOf(patient.send(get("/x")), CallError);
    await arrived;
    await clock.advance(TEST_LIMITS.totalReadMs);
    expect(await failed).toMatchObject({ code: "SC_TIMEOUT" });
    expect(clock.pending).toBe(0);
    await patient.stop();
  });

  it("ends at the caller's signal, and when it is stopped", async () => {
    server.on("GET /x", () => undefined);
    const abort = new AbortController();
    const first = server.next();
    const aborted = failureOf(client.send(get("/x", { signal: abort.signal })), CallError);
    await first;
    abort.abort();
    expect(await aborted).toMatchObject({ code: "SC_ABORTED" });
    const second = server.next();
    const stopped = failureOf(client.send(get("/x")), CallError);
    await second;
    await client.stop();
    expect(await stopped).toMatchObject({ code: "SC_ABORTED", sent: true });
    expect(await failureOf(client.send(get("/x")), CallError)).toMatchObject({ code: "SC_ABORTED", sent: false });
  });

  it("refuses an answer that is no HTTP", async () => {
    const odd = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end("nonsense\r\n\r\n"));
    }).listen(0, "127.0.0.1");
    await once(odd, "listening");
    const url = new URL(`http://127.0.0.1:${(odd.address() as AddressInfo).port}/`);
    expect(await failureOf(client.send(get("/x", { url })), CallError)).toMatchObject({ sent: true });
    odd.close();
  });

  it("logs path, status and request id, never query or headers", async () => {
    const { log, lines } = recordingLog();
    const logged = new HttpClient(new FakeClock(), log, TEST_LIMITS);
    server.on("GET /x", { headers: { "sc-request-id": "req-3" }, body: {} });
    await logged.send(get("/x?secret=1", { headers: { authorization: "Bearer tok-secret" } }));
    expect(lines).toMatchObject([{ fields: { method: "GET", path: "/x", status: 200, requestId: "req-3" } }]);
    expect(JSON.stringify(lines)).not.toMatch(/secret/);
    await logged.stop();
  });
});
