import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { DEFAULT_LISTENER_LIMITS } from "../../../src/http/listener.ts";
import { type PublicAnswer, type PublicServerOptions, publicServer } from "../../../src/http/public-server.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { AppError } from "../../../src/lib/errors.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { QUICK, raw, silentLog, urlOf } from "./support.ts";

const PATH = "/webhooks/smartcar";
const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

interface Received {
  readonly body: Buffer;
  readonly signature: string | undefined;
  readonly encoding: string | undefined;
}

async function start(options: Partial<PublicServerOptions> = {}, answer: PublicAnswer = { status: 200 }) {
  const received: Received[] = [];
  const server = publicServer({
    host: "127.0.0.1",
    port: 0,
    clock: systemClock,
    log: silentLog,
    webhook: {
      receive: async (body, signature, encoding) => {
        received.push({ body, signature, encoding });
        return answer;
      },
    },
    ...options,
  });
  await server.start();
  stops.push(() => server.stop());
  const url = urlOf(server.address);
  const post = (body: Buffer | string | ReadableStream | null, headers: Record<string, string> = {}) =>
    fetch(`${url}${PATH}`, { method: "POST", body, headers, duplex: "half" } as RequestInit);
  return { server, url, post, received };
}

describe("the webhook's address", () => {
  it.each([
    ["JSON", "application/json"],
    ["another type", "text/plain; charset=latin1"],
    ["a type that is none", "nonsense"],
    ["an empty type", ""],
  ])("hands over the raw bytes of %s", async (_name, type) => {
    const { post, received } = await start();
    const body = Buffer.from([0x7b, 0x00, 0xff, 0xc3, 0x28, 0x7d]);
    const answer = await post(body, { "content-type": type, "SC-Signature": "abc" });
    expect(answer.status).toBe(200);
    expect(received).toEqual([{ body, signature: "abc", encoding: undefined }]);
  });

  it("takes bodies without a type, in pieces, and none at all", async () => {
    const { server, post, received } = await start();
    const piecewise = new ReadableStream({
      start(controller) {
        for (const piece of ["{", "}"]) controller.enqueue(Buffer.from(piece));
        controller.close();
      },
    });
    await post(piecewise);
    await raw(server.address, `POST ${PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n[]`);
    await raw(server.address, `POST ${PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(received.map(({ body }) => body.toString())).toEqual(["{}", "[]", ""]);
  });

  it("does not unpack what a proxy packed, but tells of it", async () => {
    const { post, received } = await start();
    await post(Buffer.from("zipped"), { "content-encoding": "gzip" });
    expect(received).toMatchObject([{ body: Buffer.from("zipped"), encoding: "gzip" }]);
  });

  it("answers what the receiver says", async () => {
    const { post } = await start({}, { status: 429, body: { challenge: "c" }, headers: { "retry-after": "6" } });
    const answer = await post("x");
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("6");
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(await answer.json()).toEqual({ challenge: "c" });
  });

  it("may be called with a query", async () => {
    const { url } = await start();
    expect((await fetch(`${url}${PATH}?from=proxy`, { method: "POST" })).status).toBe(200);
  });

  it.each(["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"])("answers %s with 405", async (method) => {
    const { url } = await start();
    const answer = await fetch(`${url}${PATH}`, { method });
    expect(answer.status).toBe(405);
    expect(answer.headers.get("allow")).toBe("POST");
    expect(await answer.text()).toBe("");
  });

  it("takes 256 KiB and refuses more with 413, announced or not", async () => {
    const { post, received } = await start();
    const largest = Buffer.alloc(256 * 1024, "x");
    expect((await post(largest)).status).toBe(200);
    const tooLarge = Buffer.concat([largest, Buffer.from("x")]);
    expect((await post(tooLarge)).status).toBe(413);
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(tooLarge);
        controller.close();
      },
    });
    const unannounced = await post(stream);
    expect(unannounced.status).toBe(413);
    expect(await unannounced.text()).toBe("");
    expect(received).toHaveLength(1);
  });

  it("says 503 when the receiver fails, so that Smartcar tries again", async () => {
    const receive = async () => {
      throw new Error("unexpected");
    };
    const { post } = await start({ webhook: { receive } });
    const answer = await post("x");
    expect(answer.status).toBe(503);
    expect(await answer.text()).toBe("");
  });
});

describe("every other address", () => {
  it.each(["/", "/webhooks", `${PATH}/`, "/healthz", "/api/vehicles", "/webhooks/SMARTCAR", "/..%2f", "/%zz"])(
    "%s is a bare 404",
    async (path) => {
      const { url } = await start();
      for (const method of ["GET", "POST"]) {
        const answer = await fetch(`${url}${path}`, { method, body: method === "POST" ? "{}" : null });
        expect(answer.status).toBe(404);
        expect(await answer.text()).toBe("");
        expect(answer.headers.get("server")).toBeNull();
        expect(answer.headers.get("content-type")).toBeNull();
      }
    },
  );

  it("but the pages that were added", async () => {
    const page = {
      path: "/connect/callback",
      get: async (query: URLSearchParams) => ({ status: 200, body: `<p>${query.get("state")}</p>` }),
    };
    const { url } = await start({ pages: [page] });
    const answer = await fetch(`${url}/connect/callback?state=abc`);
    expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await answer.text()).toBe("<p>abc</p>");
    const odd = await fetch(`${url}/connect/callback?error=why?&state=abc`);
    expect(await odd.text()).toBe("<p>abc</p>");
    expect((await fetch(`${url}/connect/callback`, { method: "POST" })).headers.get("allow")).toBe("GET");
  });
});

describe("slow and odd clients", () => {
  it("lose the connection when the headers do not come", async () => {
    const { server, received } = await start({ limits: QUICK });
    expect(await raw(server.address, `POST ${PATH} HTTP/1.1\r\nhost: x\r\n`)).toMatch(/^HTTP\/1\.1 408 /);
    expect(await raw(server.address, "")).toMatch(/^(HTTP\/1\.1 408 |$)/);
    expect(received).toEqual([]);
  });

  it("lose it when the body does not come", async () => {
    const { server, received } = await start({ limits: QUICK });
    const head = `POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{`;
    expect(await raw(server.address, head)).not.toMatch(/ 200 /);
    expect(received).toEqual([]);
  });

  it.each([
    ["too many headers", `POST ${PATH} HTTP/1.1\r\nhost: x\r\nx: ${"x".repeat(20_000)}\r\n\r\n`, 431],
    ["no HTTP", "HELLO\r\n\r\n", 400],
  ])("get a bare refusal for %s", async (_name, text, status) => {
    const { server } = await start();
    const answer = await raw(server.address, text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer.split("\r\n\r\n")[1]).toBe("");
  });

  it("have 15 s for the headers and 30 s for all unless told otherwise", () => {
    expect(DEFAULT_LISTENER_LIMITS).toMatchObject({ headersMs: 15_000, requestMs: 30_000, checkEveryMs: 1_000 });
  });
});

describe("life", () => {
  it("names host, port and key when the port is busy", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const port = (other.address() as AddressInfo).port;
    const error = await start({ port }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(AppError);
    expect(error).toMatchObject({ code: "PORT_BUSY", disposition: "fix-config" });
    expect((error as AppError).message).toMatch(new RegExp(`http\\.public_port.*${port}.*127\\.0\\.0\\.1`));
    other.close();
  });

  it("names the key when the host is none of this machine", async () => {
    await expect(start({ host: "192.0.2.1" })).rejects.toMatchObject({
      code: "HOST_UNAVAILABLE",
      message: expect.stringContaining("http.public_host"),
    });
  });

  it("does not take a start that failed for one that listens", async () => {
    const { server: other } = await start();
    const port = other.address?.port ?? 0;
    const webhook = { receive: async () => ({ status: 200 }) };
    const server = publicServer({ host: "127.0.0.1", port, clock: systemClock, log: silentLog, webhook });
    await expect(server.start()).rejects.toMatchObject({ code: "PORT_BUSY" });
    await expect(server.start()).rejects.toMatchObject({ code: "PORT_BUSY" });
    expect(server.address).toBeNull();
  });

  it("has an address between start and stop, and can start again", async () => {
    const { server } = await start();
    expect(server.address?.port).toBeGreaterThan(0);
    await server.stop();
    await server.stop();
    expect(server.address).toBeNull();
    await server.start();
    expect((await fetch(`${urlOf(server.address)}${PATH}`, { method: "POST" })).status).toBe(200);
  });

  it("finishes a running request before it stops", async () => {
    let arrived: () => void = () => {};
    let finish: (answer: PublicAnswer) => void = () => {};
    const running = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const receive = () => {
      arrived();
      return new Promise<PublicAnswer>((resolve) => {
        finish = resolve;
      });
    };
    const { server, post } = await start({ webhook: { receive } });
    const answer = post("{}");
    await running;
    const stopped = server.stop();
    finish({ status: 200 });
    expect((await answer).status).toBe(200);
    await stopped;
  });

  it("cuts a request that does not end within the limit", async () => {
    const clock = new FakeClock();
    let arrived: () => void = () => {};
    const running = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const receive = () => {
      arrived();
      return new Promise<PublicAnswer>(() => {});
    };
    const { server, post } = await start({ clock, webhook: { receive } });
    const failed = post("{}").then(
      () => "answered",
      () => "cut",
    );
    await running;
    const stopped = server.stop();
    await clock.advance(DEFAULT_LISTENER_LIMITS.stopMs);
    await stopped;
    expect(await failed).toBe("cut");
    expect(clock.pending).toBe(0);
  });
});
