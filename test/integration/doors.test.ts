import { createHmac, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasMosquitto } from "../support/brokers.ts";
import { type Bench, startBench } from "../support/e2e-bench.ts";
import { type RawClient, rawClient, statuses } from "../support/raw-client.ts";
import { residentMb } from "../support/resident.ts";

const PATH = "/webhooks/smartcar";
/** How long a client may take for its headers, and for a whole request. */
const HEADERS_MS = 15_000;
const REQUEST_MS = 30_000;
/** Whether one is overdue is looked at once a second; and the test's clock begins a moment apart. */
const EARLY_MS = 1_000;
const SOC = "tractionbattery-stateofcharge";

interface EventOptions {
  readonly eventId?: string;
  readonly at?: number;
}

/** A delivery as Smartcar makes it. */
function event(value: number, { eventId = randomUUID(), at = Date.now() }: EventOptions = {}): Buffer<ArrayBuffer> {
  return Buffer.from(
    JSON.stringify({
      eventId,
      eventType: "VEHICLE_STATE",
      data: {
        vehicle: { id: "vehicle-a" },
        signals: [
          {
            code: SOC,
            name: "StateOfCharge",
            group: "TractionBattery",
            body: { value, unit: "percent" },
            status: { value: "SUCCESS" },
            meta: { oemUpdatedAt: at, retrievedAt: at },
          },
        ],
      },
      meta: { version: "4.0", mode: "LIVE", deliveredAt: at },
    }),
  );
}

class Door {
  readonly bench: Bench;
  readonly #clients: RawClient[] = [];

  constructor(bench: Bench) {
    this.bench = bench;
  }

  get url(): string {
    return this.bench.program.publicUrl;
  }

  sign(body: Buffer | string): string {
    return createHmac("sha256", this.bench.environment["SMARTCAR_MANAGEMENT_TOKEN"] ?? "")
      .update(body)
      .digest("hex");
  }

  async post(body: Buffer<ArrayBuffer> | string, headers: Record<string, string> = {}): Promise<Response> {
    const answer = await fetch(`${this.url}${PATH}`, { method: "POST", body, headers });
    await answer.clone().arrayBuffer();
    return answer;
  }

  deliver(body: Buffer<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Response> {
    return this.post(body, { "sc-signature": this.sign(body), ...headers });
  }

  verify(challenge: unknown): Promise<Response> {
    return this.post(JSON.stringify({ eventType: "VERIFY", data: { challenge } }));
  }

  async client(text: string, url = this.url): Promise<RawClient> {
    const client = await rawClient(url, text);
    this.#clients.push(client);
    return client;
  }

  /** Smartcar comes by, on a connection of its own, and is answered before any slow one is cut off, not because of it. */
  async expectUnharmed(): Promise<void> {
    const body = event(50);
    const head = [`POST ${PATH} HTTP/1.1`, "host: x", "connection: close", `content-length: ${body.length}`];
    const smartcar = await this.client(`${head.join("\r\n")}\r\nsc-signature: ${this.sign(body)}\r\n\r\n${body}`);
    const { text, ms } = await smartcar.closed;
    expect(statuses(text)).toEqual([200]);
    expect(ms).toBeLessThan(HEADERS_MS);
    const health = await fetch(`${this.bench.program.privateUrl}/healthz`);
    expect(health.status).toBe(200);
  }

  async battery(value: number): Promise<void> {
    await this.bench.seen.until(({ topic, payload }) => topic === "smartcar/test-a/battery" && payload === `${value}`);
  }

  async close(): Promise<void> {
    for (const { socket } of this.#clients.splice(0)) socket.destroy();
    await this.bench.close();
  }
}

async function openDoor(env: Record<string, string> = {}): Promise<Door> {
  const bench = await startBench({ env: { POLLING_MODE: "never", ...env } });
  await bench.shown();
  return new Door(bench);
}

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

describe.skipIf(!hasMosquitto())("the private port of the running program", () => {
  let door: Door;
  beforeAll(async () => {
    door = await openDoor({ HTTP_PASSWORD: "open-sesame-for-tests" });
  });
  afterAll(() => door.close());

  const ask = async (path: string, lines: readonly string[] = [], method = "GET", host = "localhost") => {
    const head = [`${method} ${path} HTTP/1.1`, `host: ${host}`, "connection: close", "content-length: 0", ...lines];
    const client = await door.client(`${head.join("\r\n")}\r\n\r\n`, door.bench.program.privateUrl);
    const { text } = await client.closed;
    return { status: statuses(text)[0], text };
  };
  const basic = (password: string) => `authorization: Basic ${Buffer.from(`me:${password}`).toString("base64")}`;

  it("sends what keeps other pages out with every answer", async () => {
    for (const path of ["/healthz", "/readyz", "/", "/nothing", "/api/vehicles"]) {
      const { text } = await ask(path);
      for (const header of [
        /content-security-policy: .*default-src 'self'.*frame-ancestors 'self'/,
        /x-content-type-options: nosniff/,
        /x-frame-options: SAMEORIGIN/,
        /referrer-policy: no-referrer/,
        /cross-origin-resource-policy: same-origin/,
      ]) {
        expect(text, path).toMatch(header);
      }
      expect(text).not.toMatch(/^server:|x-powered-by/im);
    }
  });

  it("lets pages elsewhere change nothing", async () => {
    const foreign = [
      { lines: ["origin: https://evil.example"] },
      { lines: ["origin: null"] },
      { host: "evil.example", lines: [] },
      { host: "evil.example", lines: ["origin: http://evil.example"] },
      { host: "localhost", lines: ["origin: http://localhost:81"] },
      { host: "evil.example#localhost", lines: [] },
    ];
    for (const { host = "localhost", lines } of foreign) {
      for (const path of ["/api/login", "/api/vehicles/vehicle-a/commands", "/api/nothing"]) {
        for (const method of ["POST", "PUT", "DELETE"]) {
          const { status } = await ask(path, lines, method, host);
          expect(status, `${method} ${path} ${host} ${lines}`).toBe(403);
        }
      }
    }
  });

  it("asks for the password, compares it safely and loses patience with guesses", async () => {
    expect((await ask("/api/vehicles")).status).toBe(401);
    expect((await ask("/api/vehicles", [basic("open-sesame-for-tests")])).status).toBe(200);
    for (const open of ["/healthz", "/metrics"]) expect((await ask(open)).status).toBe(200);
    const guesses = ["", "open-sesame", "open-sesame-for-tests ", "x".repeat(5_000)];
    for (const guess of guesses) expect((await ask("/api/vehicles", [basic(guess)])).status).toBe(401);
    const more = [];
    for (let i = 0; i < 20; i++) more.push(await ask("/api/vehicles", [basic(`guess-${i}`)]));
    const limited = more.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThan(10);
    for (const { text } of limited) expect(text).toMatch(/retry-after: [1-9]\d*/);
  });
});

describe.skipIf(!hasMosquitto())("the private port without a password", () => {
  it("tells nothing of cars to a name that somebody else made point here", async () => {
    const door = await openDoor();
    try {
      const { privateUrl } = door.bench.program;
      const ask = async (host: string, path: string) => {
        const client = await door.client(
          `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`,
          privateUrl,
        );
        return statuses((await client.closed).text)[0];
      };
      for (const path of ["/api/vehicles", "/api/report", "/api/events", "/api/chain", "/api/setup"]) {
        expect(await ask("evil.example", path), path).toBe(403);
      }
      for (const host of ["localhost:8080", "192.168.1.4", "[::1]", "smartcar2mqtt", "home.local"]) {
        expect(await ask(host, "/api/vehicles"), host).toBe(200);
      }
      expect(await ask("evil.example", "/healthz")).toBe(200);
    } finally {
      await door.close();
    }
  });
});
