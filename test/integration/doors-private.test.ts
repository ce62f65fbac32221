import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasMosquitto } from "../support/brokers.ts";
import { type Door, openDoor } from "../support/door.ts";
import { statuses } from "../support/raw-client.ts";

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
