import { afterEach, describe, expect, it } from "vitest";
import { comesFrom, ingressPath, mayChange } from "../../../src/http/host-guard.ts";
import { type PrivateServerOptions, privateServer, type Readiness } from "../../../src/http/private-server.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { raw, silentLog, urlOf } from "./support.ts";

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function start(options: Partial<PrivateServerOptions> = {}) {
  const server = privateServer({
    host: "127.0.0.1",
    port: 0,
    readiness: () => ({ ready: true, parts: {} }),
    clock: systemClock,
    log: silentLog,
    ...options,
  });
  await server.start();
  stops.push(() => server.stop());
  return { server, url: urlOf(server.address) };
}

describe("the private server", () => {
  it("says that the process is alive, with security headers", async () => {
    const { url } = await start();
    const answer = await fetch(`${url}/healthz`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: "ok" });
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("content-security-policy")).toContain("frame-ancestors 'self'");
    expect(answer.headers.get("server")).toBeNull();
    expect((await fetch(`${url}/healthz`, { method: "HEAD" })).status).toBe(200);
  });

  it("says whether it is ready, part by part", async () => {
    let state: Readiness = { ready: true, parts: { mqtt: { ok: true, detail: null } } };
    const { url } = await start({ readiness: () => state });
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual(state);
    state = { ready: false, parts: { mqtt: { ok: false, detail: "no connection" } } };
    const degraded = await fetch(`${url}/readyz`);
    expect(degraded.status).toBe(503);
    expect(await degraded.json()).toEqual(state);
  });

  it("knows no other address, and hides what went wrong inside", async () => {
    const register: PrivateServerOptions["register"] = (app) => {
      app.get("/broken", async () => {
        throw new Error("inner detail");
      });
    };
    const { url } = await start({ register });
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
    const broken = await fetch(`${url}/broken`);
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toContain("inner");
  });

  it("lets only its own pages change anything", async () => {
    let changed = 0;
    const register: PrivateServerOptions["register"] = (app) => {
      app.post("/api/change", async () => ({ changed: ++changed }));
    };
    const { server, url } = await start({ register });
    const post = (headers: Record<string, string>) => fetch(`${url}/api/change`, { method: "POST", headers });
    expect((await post({})).status).toBe(200);
    expect((await post({ origin: url })).status).toBe(200);
    expect((await post({ origin: "https://evil.example" })).status).toBe(403);
    expect((await post({ origin: "null" })).status).toBe(403);
    const rebound = "POST /api/change HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n";
    expect(await raw(server.address, rebound)).toMatch(/^HTTP\/1\.1 403 /);
    expect(changed).toBe(2);
  });

  it.each(["/api/cars", "/%61pi/cars", "/api/cars?all", "/%61pi/%63ars/x"])(
    "tells of no car under a name that is not its own: %s",
    async (path) => {
      const register: PrivateServerOptions["register"] = (app) => {
        app.get("/api/cars", async () => "a car");
        app.get("/api/cars/:id", async () => "a car");
      };
      const { server } = await start({ register });
      const asked = (host: string) => `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`;
      const rebound = await raw(server.address, asked("evil.example"));
      expect(rebound).toMatch(/^HTTP\/1\.1 403 /);
      expect(rebound).not.toContain("a car");
      expect(await raw(server.address, asked("localhost"))).toContain("a car");
    },
  );

  it("names its own key when the port is busy", async () => {
    const { server } = await start();
    await expect(start({ port: server.address?.port ?? 0 })).rejects.toMatchObject({
      code: "PORT_BUSY",
      message: expect.stringContaining("http.port"),
    });
  });
});

describe("mayChange", () => {
  it.each([
    ["localhost:8080", undefined, true],
    ["127.0.0.1:8080", "http://127.0.0.1:8080", true],
    ["[::1]:8080", "http://[::1]:8080", true],
    ["192.168.1.5", "http://192.168.1.5", true],
    ["smartcar2mqtt:8080", undefined, true],
    ["homeassistant.local:8123", "http://homeassistant.local:8123", true],
    ["home.example", "https://home.example", true],
    ["HOME.example", "https://home.EXAMPLE", true],
    ["127.0.0.1:8080", "https://home.example", true],
    ["other.example", "https://home.example", false],
    ["home.example:8443", "https://home.example:8443", true],
    ["other.example", "https://other.example", false],
    ["other.example", undefined, false],
    ["localhost:8080", "http://localhost:9090", false],
    ["localhost:8080", "https://evil.example", false],
    ["localhost:8080", "null", false],
    ["evil.example/localhost", undefined, false],
    ["evil@localhost", undefined, false],
    ["", undefined, false],
    [undefined, undefined, false],
  ])("host %s, origin %s → %s", (host, origin, expected) => {
    expect(mayChange(host, origin, ["home.example"])).toBe(expected);
  });
});

describe("comesFrom", () => {
  it.each([
    ["172.30.32.2", "172.30.32.2", true],
    ["::ffff:172.30.32.2", "172.30.32.2", true],
    ["FD00::2", "fd00::2", true],
    ["172.30.32.20", "172.30.32.2", false],
    ["172.30.32.2", undefined, false],
    [undefined, "172.30.32.2", false],
  ])("%s, believed %s → %s", (remote, address, expected) => {
    expect(comesFrom(remote, address)).toBe(expected);
  });
});

describe("ingressPath", () => {
  const PROXY = "172.30.32.2";
  it.each([
    [PROXY, "/api/hassio_ingress/Ab-3_x", "/api/hassio_ingress/Ab-3_x"],
    ["172.30.32.3", "/api/hassio_ingress/Ab-3_x", null],
    [PROXY, undefined, null],
    [PROXY, "/x; Domain=evil.example", null],
    [PROXY, "/", null],
    [PROXY, "//evil.example", null],
  ])("from %s with %s → %s", (remoteAddress, path, expected) => {
    const headers = path === undefined ? {} : { "x-ingress-path": path };
    expect(ingressPath({ socket: { remoteAddress }, headers }, PROXY)).toBe(expected);
  });
});
