import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasMosquitto } from "../support/brokers.ts";
import { type Door, event, HEADERS_MS, openDoor, PATH } from "../support/door.ts";
import { type RawClient, statuses } from "../support/raw-client.ts";
import { residentMb } from "../support/resident.ts";

/** How long a client may take for a whole request. */
const REQUEST_MS = 30_000;
/** Whether one is overdue is looked at once a second; and the test's clock begins a moment apart. */
const EARLY_MS = 1_000;

describe.skipIf(!hasMosquitto())("the public port of the running program", () => {
  let door: Door;
  let slowHeaders: RawClient[];
  let slowBodies: RawClient[];

  beforeAll(async () => {
    door = await openDoor();
    // They drip on while everything below happens; at the end they must be gone.
    slowHeaders = await Promise.all(
      Array.from({ length: 40 }, () => door.client(`POST ${PATH} HTTP/1.1\r\nhost: x\r\nx-slow: `)),
    );
    slowBodies = await Promise.all(
      Array.from({ length: 40 }, () =>
        door.client(`POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{`),
      ),
    );
    const drip = setInterval(() => {
      for (const { socket } of [...slowHeaders, ...slowBodies]) if (socket.writable) socket.write("x");
    }, 1_000);
    return () => clearInterval(drip);
  });
  afterAll(() => door.close());

  it("takes good deliveries while slow clients are there", async () => {
    await door.expectUnharmed();
  });

  it("takes the bytes of any content type", async () => {
    for (const type of ["application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/x", "none"]) {
      expect((await door.deliver(event(50), { "content-type": type })).status, type).toBe(200);
    }
  });

  it("checks the bytes as they came: what was packed on the way has another signature", async () => {
    const body = event(11);
    const packed = gzipSync(body);
    const byProxy = { "sc-signature": door.sign(body), "content-encoding": "gzip" };
    expect((await door.post(packed, byProxy)).status).toBe(401);
    // Signed as packed it is known for Smartcar's, but nothing that can be read.
    expect((await door.deliver(packed, { "content-encoding": "gzip" })).status).toBe(200);
    await door.deliver(event(51));
    await door.battery(51);
    expect(door.bench.seen.messages.some(({ topic, payload }) => topic.endsWith("/battery") && payload === "11")).toBe(
      false,
    );
  });

  it("refuses what is too large, announced or not, and headers without end", async () => {
    const large = Buffer.alloc(256 * 1024 + 1, "x");
    expect((await door.deliver(large)).status).toBe(413);
    const chunked = await door.client(`POST ${PATH} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`);
    chunked.socket.write(`${large.length.toString(16)}\r\n`);
    chunked.socket.write(large);
    chunked.socket.write("\r\n0\r\n\r\n");
    expect(statuses(await chunked.until((text) => text.includes("\r\n\r\n")))).toEqual([413]);
    const headers = await door.client(`GET / HTTP/1.1\r\nhost: x\r\nx: ${"x".repeat(64 * 1024)}\r\n\r\n`);
    const { text } = await headers.closed;
    expect(text === "" || statuses(text)[0] === 431).toBe(true);
    const many = await door.client(`GET / HTTP/1.1\r\nhost: x\r\n${"x: y\r\n".repeat(20_000)}\r\n`);
    expect(statuses((await many.closed).text)[0] ?? 431).toBe(431);
    await door.expectUnharmed();
  });

  it("refuses requests that two readers could read in two ways", async () => {
    const both = `POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`;
    const twice = `POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello`;
    for (const text of [both, twice, "GET / HTTP/1.1\r\nhost : x\r\n\r\n", "\u0016\u0003\u0001\r\n\r\n"]) {
      const client = await door.client(text);
      expect(statuses((await client.closed).text), JSON.stringify(text)).toEqual([400]);
    }
  });

  it("knows two addresses, one method each, and nothing else", async () => {
    for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const answer = await fetch(`${door.url}${PATH}`, { method });
      expect(answer.status, method).toBe(405);
      expect(answer.headers.get("allow")).toBe("POST");
    }
    for (const path of [
      "/",
      "/healthz",
      "/readyz",
      "/metrics",
      "/api/vehicles",
      "/api/openapi.json",
      "/..%2f",
      "/%zz",
    ]) {
      const answer = await fetch(`${door.url}${path}`);
      expect(answer.status, path).toBe(404);
      expect(await answer.text()).toBe("");
      expect([...answer.headers.keys()].filter((name) => /server|powered|content-type/.test(name))).toEqual([]);
    }
  });

  it("answers what is piled onto one connection in order, and ends it after a thousand", async () => {
    const body = event(50);
    const good = `POST ${PATH} HTTP/1.1\r\nhost: x\r\nsc-signature: ${door.sign(body)}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const mixed = await door.client(
      `${"GET / HTTP/1.1\r\nhost: x\r\n\r\n".repeat(3)}${good}GET / HTTP/1.1\r\nhost: x\r\n\r\n`,
    );
    const text = await mixed.until((received) => statuses(received).length === 5);
    expect(statuses(text)).toEqual([404, 404, 404, 200, 404]);
    const endless = await door.client("GET / HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1_500));
    const answered = statuses(await endless.until((received) => statuses(received).length >= 1_000));
    expect(answered.filter((status) => status === 404).length).toBeLessThanOrEqual(1_000);
    await door.expectUnharmed();
  });

  it("lets nobody change anything with an old delivery", async () => {
    const before = Date.now();
    const old = event(61, { at: before });
    expect((await door.deliver(old)).status).toBe(200);
    const newer = event(72, { at: before + 1_000 });
    expect((await door.deliver(newer)).status).toBe(200);
    await door.battery(72);
    door.bench.seen.clear();
    // Somebody has written both down and sends them again; even under a new name old facts are old.
    for (const body of [old, newer, event(61, { at: before }), old])
      expect((await door.deliver(body)).status).toBe(200);
    await door.deliver(event(73, { at: before + 2_000 }));
    await door.battery(73);
    const batteries = door.bench.seen.messages.filter(({ topic }) => topic === "smartcar/test-a/battery");
    expect(batteries.map(({ payload }) => payload)).toEqual(["73"]);
  });

  it("signs nothing for strangers that could be a delivery, and little of anything else", async () => {
    const forged = event(99).toString();
    const refused = [forged, "{}", "[1]", '"x"', "", " ", "a b", "x".repeat(257), "ü", "a\n", 7, null, true, ["a"], {}];
    for (const challenge of refused) {
      const answer = await door.verify(challenge);
      expect(answer.status, JSON.stringify(challenge)).toBe(400);
      expect(await answer.text()).toBe("");
    }
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => door.verify(`challenge-${i}`)));
    const answered = answers.filter(({ status }) => status === 200);
    const limited = answers.filter(({ status }) => status === 429);
    expect(answered.length).toBeGreaterThanOrEqual(5);
    expect(answered.length + limited.length).toBe(40);
    expect(limited.length).toBeGreaterThan(20);
    for (const { headers } of limited) expect(headers.get("retry-after")).toMatch(/^[1-9]\d?$/);
  });

  it("does not take for Smartcar's what it has signed itself", async () => {
    const challenge = "123";
    const signature = door.sign(challenge);
    const { status } = await door.post(challenge, { "sc-signature": signature });
    expect(status).toBe(401);
  });

  it("refuses wrong signatures of every form", async () => {
    const body = event(99);
    const right = door.sign(body);
    for (const signature of [
      right.toUpperCase(),
      right.slice(1),
      `${right}0`,
      ` ${right.slice(0, 63)}x`,
      "0".repeat(64),
    ]) {
      expect((await door.post(body, { "sc-signature": signature })).status).toBe(401);
    }
    expect((await door.post(body)).status).toBe(401);
    const twice = await door.client(
      `POST ${PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nsc-signature: ${right}\r\nsc-signature: ${right}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    expect(statuses((await twice.closed).text)).toEqual([401]);
  });

  it("cuts off the slow ones, each in its time", async () => {
    for (const { ms } of await Promise.all(slowHeaders.map(({ closed }) => closed))) {
      expect(ms).toBeGreaterThan(HEADERS_MS - EARLY_MS);
      expect(ms).toBeLessThan(REQUEST_MS - EARLY_MS);
    }
    for (const { ms } of await Promise.all(slowBodies.map(({ closed }) => closed))) {
      expect(ms).toBeGreaterThan(REQUEST_MS - EARLY_MS);
    }
    await door.expectUnharmed();
  });
});

/** Ours, and whatever else a process needs. */
const SPARE_HANDLES = 500;
const WANTED = 10_000;

function possibleConnections(): number {
  const [, soft = ""] = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  const most = Math.min(WANTED, Number(soft) - SPARE_HANDLES);
  if (most < WANTED) {
    process.stderr.write(
      `\n*** only ${most} idle connections instead of ${WANTED}: raise the limit of open files ***\n\n`,
    );
  }
  return most;
}

describe.skipIf(!hasMosquitto())("a crowd before the public port", () => {
  it("of ten thousand silent connections keeps nobody out", async () => {
    const door = await openDoor();
    try {
      const crowd = possibleConnections();
      for (let came = 0; came < crowd; came += 500) {
        await Promise.all(Array.from({ length: 500 }, () => door.client("")));
        if (came % 2_500 === 0) await door.expectUnharmed();
      }
      await door.expectUnharmed();
      // And of those who begin to speak and fall silent.
      for (let came = 0; came < 1_500; came += 500) {
        await Promise.all(
          Array.from({ length: 500 }, () =>
            door.client(`POST ${PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{`),
          ),
        );
        await door.expectUnharmed();
      }
      expect(residentMb(door.bench.program.pid)).toBeLessThan(400);
    } finally {
      await door.close();
    }
  });
});
